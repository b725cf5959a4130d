"""Changing the lexicon: every change is logged with who and when, and can be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import Session, col, delete

from core import audit, jobs
from core.errors import Conflict, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from search.lexicon.clashing import Rivals
from search.lexicon.models import Act, LexiconChange, LexiconEntry, LexiconMove
from search.lexicon.wording import BETWEEN, Wording, wording_of, words_in

RECUT = "search.recut"
NAMED_IN_AUDIT = 20
WORDS_PER_JOB = 1_000
AT_ONCE = 500


class EntryGone(NotFound):
    message = "这一条已被删除。请返回词库列表刷新后再操作。"


class EntryChangedSince(Conflict):
    message = "这一条刚被别人改过。请返回列表核对最新内容后再改。"


class NothingChanged(Conflict):
    message = "内容没有变化，不用保存。"


@dataclass(frozen=True)
class Move:
    """One entry's way through a change; without `before` it is new, without `after` it goes."""

    entry_id: UUID
    before: Wording | None
    after: Wording | None

    @property
    def shown(self) -> str:
        return " ↦ ".join(one.shown for one in (self.before, self.after) if one)


def find(session: Session, entry_id: UUID) -> LexiconEntry:
    """
    :raises EntryGone: if there is no such entry
    """
    entry = session.get(LexiconEntry, entry_id)
    if entry is None:
        raise EntryGone
    return entry


def propose(session: Session, wording: Wording, entry: LexiconEntry | None = None) -> Move:
    """Return what keeping this would do: a new entry, or another wording of this one.

    :raises EntryClashes: if another entry stands against it
    :raises NothingChanged: if it says what it said
    """
    before = wording_of(entry) if entry else None
    if wording == before:
        raise NothingChanged
    Rivals(session, [wording]).refuse(wording, entry.id if entry else None)
    return Move(entry.id if entry else uuid4(), before, wording)


def add(session: Session, wording: Wording, *, actor: Actor, at: datetime) -> int:
    """Return the number of the change.

    :raises EntryClashes: if another entry stands against it
    """
    require(actor, Permission.KEEP_LEXICON)
    return record(session, Act.ADDED, [propose(session, wording)], actor=actor, at=at)


def change(
    session: Session, entry_id: UUID, wording: Wording, *, seen: int, actor: Actor, at: datetime
) -> int:
    """`seen` is the number of the change after which the editor saw the entry.

    :raises EntryGone: if there is no such entry
    :raises EntryChangedSince: if somebody changed it meanwhile
    :raises EntryClashes: if another entry stands against it
    :raises NothingChanged: if it says what it said
    """
    require(actor, Permission.KEEP_LEXICON)
    entry = _as_seen(session, entry_id, seen)
    return record(session, Act.CHANGED, [propose(session, wording, entry)], actor=actor, at=at)


def remove(session: Session, entry_id: UUID, *, seen: int, actor: Actor, at: datetime) -> int:
    """
    :raises EntryGone: if there is no such entry
    :raises EntryChangedSince: if somebody changed it meanwhile
    """
    require(actor, Permission.KEEP_LEXICON)
    entry = _as_seen(session, entry_id, seen)
    return record(session, Act.REMOVED, [Move(entry.id, wording_of(entry), None)], actor=actor, at=at)


def keep_all(session: Session, moves: Sequence[Move], *, actor: Actor, at: datetime) -> int:
    """Keep what a file brought as one change, which is undone as one."""
    require(actor, Permission.KEEP_LEXICON)
    return record(session, Act.IMPORTED, moves, actor=actor, at=at)


def record(
    session: Session,
    act: Act,
    moves: Sequence[Move],
    *,
    actor: Actor,
    at: datetime,
    undoes: int | None = None,
) -> int:
    """Carry out moves that clash with nothing, and log them as one change; return its number."""
    change = LexiconChange(
        act=act,
        entries=len(moves),
        staff_id=actor.staff_id,
        staff_name=actor.name,
        at=at,
        undoes=undoes,
    )
    session.add(change)
    session.flush()
    number = change.number or 0
    _apply(session, moves, {"changed_in": number, "staff_id": actor.staff_id, "at": at})
    if number > 1 or act is not Act.SHIPPED:  # an index that never saw a lexicon was cut by what is shipped
        _have_recut(session, moves, at=at)
    session.execute(insert(LexiconMove), [_logged(move, number) for move in moves])
    if act is not Act.SHIPPED:
        named = [move.shown for move in moves[:NAMED_IN_AUDIT]]
        details = {"entries": named, "count": len(moves)} | ({"undoes": undoes} if undoes else {})
        audit.record(
            session, actor=actor, action=f"search.lexicon.{act}", subject_id=number, at=at, details=details
        )
    return number


def _have_recut(session: Session, moves: Iterable[Move], *, at: datetime) -> None:
    """Have the documents cut anew that contain a word which is now known, or no longer."""
    before, after = set[str](), set[str]()
    for move in moves:
        before.update(words_in([move.before]))
        after.update(words_in([move.after]))
    schedule_recut(session, before ^ after, at=at)


def schedule_recut(session: Session, words: Iterable[str], *, at: datetime) -> None:
    """Have documents with these words cut anew, a thousand words in one job: a file may bring many."""
    listed = sorted(words)
    for start in range(0, len(listed), WORDS_PER_JOB):
        payload = {"words": listed[start : start + WORDS_PER_JOB]}
        jobs.enqueue(session, RECUT, payload, at=at, priority=jobs.BACKGROUND)


def _apply(session: Session, moves: Sequence[Move], stamp: dict[str, Any]) -> None:
    """What goes, goes first: another entry may take its signature in the same change."""
    gone = [move.entry_id for move in moves if move.before and not move.after]
    for start in range(0, len(gone), AT_ONCE):
        some = gone[start : start + AT_ONCE]
        session.exec(delete(LexiconEntry).where(col(LexiconEntry.id).in_(some)))
    for move in moves:
        if move.before and move.after:
            find(session, move.entry_id).sqlmodel_update(_columns(move.after) | stamp)
    session.flush()
    new = [
        {"id": move.entry_id, "created_at": stamp["at"], **_columns(move.after), **stamp}
        for move in moves
        if move.after and not move.before
    ]
    if new:
        session.execute(insert(LexiconEntry), new)


def _columns(wording: Wording) -> dict[str, Any]:
    return {
        "kind": wording.kind.value,
        "said": wording.said,
        "meant": BETWEEN.join(wording.meant),
        "direction": wording.direction.value if wording.direction else "",
        "is_whole": wording.is_whole,
        "is_promotion": wording.is_promotion,
        "source": wording.key.source if wording.key else "",
        "document_id": wording.key.id if wording.key else "",
        "until": wording.until,
        "signature": wording.signature,
    }


def _logged(move: Move, number: int) -> dict[str, Any]:
    spoken_of = move.after or move.before
    return {
        "change": number,
        "entry_id": move.entry_id,
        "before": move.before.as_json() if move.before else None,
        "after": move.after.as_json() if move.after else None,
        "signature": spoken_of.signature if spoken_of else "",
    }


def _as_seen(session: Session, entry_id: UUID, seen: int) -> LexiconEntry:
    entry = find(session, entry_id)
    if entry.changed_in != seen:
        raise EntryChangedSince
    return entry
