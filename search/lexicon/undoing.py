"""The history of the lexicon, and taking a change back that nothing later touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.errors import Conflict, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from search.lexicon.changing import Move, record
from search.lexicon.clashing import Rivals
from search.lexicon.models import Act, LexiconChange, LexiconEntry, LexiconMove
from search.lexicon.wording import from_json, wording_of

_NAMED = 3
_ASKED_AT_ONCE = 500


class NoSuchChange(NotFound):
    message = "没有这次改动。请刷新改动历史后再操作。"


class UndoneBefore(Conflict):
    message = "这次改动已经撤销过了。"


class CannotUndo(Conflict):
    pass


@dataclass(frozen=True)
class PastChange:
    """A change as the history shows it: the first few of its moves, and whether it was taken back."""

    number: int
    act: Act
    entries: int
    staff_name: str
    at: datetime
    moves: tuple[Move, ...]
    undoes: int | None
    undone_by: int | None

    @property
    def may_be_undone(self) -> bool:
        return self.undone_by is None and self.act not in {Act.UNDONE, Act.SHIPPED}


def history() -> Any:
    """Return the select of all changes, newest first, for `paging.page_of`."""
    return select(LexiconChange).order_by(col(LexiconChange.number).desc())


def told(session: Session, changes: Sequence[LexiconChange]) -> list[PastChange]:
    """Return these changes with the beginning of what they did."""
    numbers = [one.number or 0 for one in changes]
    undoing = select(LexiconChange.undoes, LexiconChange.number).where(col(LexiconChange.undoes).in_(numbers))
    undone_by = dict(session.exec(undoing).all())
    return [
        PastChange(
            number=one.number or 0,
            act=Act(one.act),
            entries=one.entries,
            staff_name=one.staff_name,
            at=one.at,
            moves=tuple(_moves(session, one.number or 0, limit=_NAMED)),
            undoes=one.undoes,
            undone_by=undone_by.get(one.number),
        )
        for one in changes
    ]


def undo(session: Session, number: int, *, actor: Actor, at: datetime) -> int:
    """Put every entry of a change back as it was before; return the number of the change that does it.

    :raises Conflict, NoSuchChange: as `moves_back`
    """
    moves = moves_back(session, number, actor=actor)
    return record(session, Act.UNDONE, moves, actor=actor, at=at, undoes=number)


def moves_back(session: Session, number: int, *, actor: Actor) -> list[Move]:
    """Return what undoing a change would do to each of its entries.

    :raises NoSuchChange: if there is none of this number
    :raises UndoneBefore: if it was undone
    :raises CannotUndo: if it is an undoing itself, or a later change touched an entry of it
    :raises EntryClashes: if what comes back stands against an entry that was added since
    """
    require(actor, Permission.KEEP_LEXICON)
    _refuse_finished(session, number)
    moves = [Move(move.entry_id, move.after, move.before) for move in _moves(session, number)]
    _refuse_touched(session, moves)
    back = [move.after for move in moves if move.after]
    rivals = Rivals(session, back)
    for move in moves:
        rivals.drop(move.entry_id)
    for move in moves:
        if move.after:
            rivals.refuse(move.after, move.entry_id)
            rivals.take(move.after, move.entry_id)
    return moves


def _refuse_finished(session: Session, number: int) -> None:
    change = session.get(LexiconChange, number)
    if change is None:
        raise NoSuchChange
    if change.act == Act.UNDONE:
        raise CannotUndo("这一条本身就是撤销。要恢复原来的改动，请重新填写一次。")
    if change.act == Act.SHIPPED:
        raise CannotUndo("随程序装入的词不能整批撤销。不需要的词请在列表里单独删除。")
    if session.exec(select(LexiconChange.number).where(LexiconChange.undoes == number)).first():
        raise UndoneBefore


def _refuse_touched(session: Session, moves: Sequence[Move]) -> None:
    """Later changes that were undone themselves have left everything as it was."""
    ids = [move.entry_id for move in moves]
    now = {
        entry.id: entry
        for start in range(0, len(ids), _ASKED_AT_ONCE)
        for entry in session.exec(
            select(LexiconEntry).where(col(LexiconEntry.id).in_(ids[start : start + _ASKED_AT_ONCE]))
        )
    }
    for move in moves:
        entry = now.get(move.entry_id)
        if (wording_of(entry) if entry else None) != move.before:
            later = _last_touch(session, move.entry_id)
            shown = (move.before or move.after or wording_of(now[move.entry_id])).shown
            raise CannotUndo(f"“{shown}”后来又在第 {later} 次改动里改过。请先撤销第 {later} 次改动。")


def _last_touch(session: Session, entry_id: UUID) -> int:
    """Return the number of the last change of this entry that still counts."""
    undone = select(LexiconChange.undoes).where(col(LexiconChange.undoes).is_not(None))
    touching = (
        select(LexiconMove.change)
        .join(LexiconChange, col(LexiconChange.number) == LexiconMove.change)
        .where(LexiconMove.entry_id == entry_id, col(LexiconChange.undoes).is_(None))
        .where(col(LexiconMove.change).not_in(undone))
    )
    return session.exec(touching.order_by(col(LexiconMove.change).desc()).limit(1)).one()


def _moves(session: Session, number: int, *, limit: int | None = None) -> list[Move]:
    of_change = select(LexiconMove).where(LexiconMove.change == number).order_by(col(LexiconMove.signature))
    return [
        Move(
            one.entry_id,
            from_json(one.before) if one.before else None,
            from_json(one.after) if one.after else None,
        )
        for one in session.exec(of_change.limit(limit))
    ]
