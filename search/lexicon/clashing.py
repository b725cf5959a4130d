"""What an entry must not contradict: others that say the same, or the opposite."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from core.errors import Conflict
from search.lexicon.models import Kind, LexiconEntry
from search.lexicon.wording import Wording, signature_of, wording_of

_ASKED_AT_ONCE = 500


class EntryClashes(Conflict):
    """It names the entry that has it already; `entry_id` is that entry's."""

    def __init__(self, message: str, entry_id: UUID) -> None:
        super().__init__(message)
        self.entry_id = entry_id


@dataclass(frozen=True)
class _Held:
    entry_id: UUID
    wording: Wording


class Rivals:
    """The entries that these wordings could clash with, and those taken since; a few questions for all."""

    def __init__(self, session: Session, wordings: Sequence[Wording]) -> None:
        self._by_signature: dict[str, _Held] = {}
        self._by_right: dict[str, dict[UUID, _Held]] = {}
        self._by_id: dict[UUID, _Held] = {}
        signatures = {signature for one in wordings for signature in _looked_for(one)}
        wrong = {one.said for one in wordings if one.kind is Kind.CONFUSABLE}
        for some in _batches(signatures):
            self._keep(session, col(LexiconEntry.signature).in_(some))
        for some in _batches(wrong):
            self._keep(
                session, (col(LexiconEntry.kind) == Kind.CONFUSABLE) & col(LexiconEntry.meant).in_(some)
            )

    def twin_of(self, wording: Wording) -> tuple[UUID, Wording] | None:
        """Return the entry of the same signature."""
        held = self._by_signature.get(wording.signature)
        return (held.entry_id, held.wording) if held else None

    def refuse(self, wording: Wording, own: UUID | None = None) -> None:
        """
        :raises EntryClashes: if another entry than its own stands against it
        """
        self._refuse(wording.signature, own, "已有这一条：{shown}。要改动请直接修改它。")
        if wording.kind is Kind.WORD:
            self._refuse(_filler(wording.said), own, "“{said}”已是语气词，查询时会被去掉。请先删除那一条。")
            self._refuse(_wrong(wording.said), own, "“{said}”已是易混词的误写（{shown}）。请先删除那一条。")
        elif wording.kind is Kind.FILLER:
            self._refuse(_word(wording.said), own, "“{said}”已是专业词，不能当语气词去掉。请先删除那一条。")
        elif wording.kind is Kind.CONFUSABLE:
            self._refuse_confusable(wording, own)

    def take(self, wording: Wording, entry_id: UUID) -> None:
        """Let what follows clash with this one too."""
        self.drop(entry_id)
        self._hold(_Held(entry_id, wording))

    def drop(self, entry_id: UUID) -> None:
        """Let nothing clash with this one any more."""
        held = self._by_id.pop(entry_id, None)
        if held:
            self._by_signature.pop(held.wording.signature, None)
            self._by_right.get("".join(held.wording.meant), {}).pop(entry_id, None)

    def _refuse_confusable(self, wording: Wording, own: UUID | None) -> None:
        """A chain of corrections would lead in a circle, or stop half-way."""
        right = wording.meant[0]
        self._refuse(_word(wording.said), own, "“{said}”是登记过的专业词，不是误写。请先删除那一条。")
        self._refuse(_wrong(right), own, "“{said}”本身登记为误写（{shown}），会改来改去。请直接写最终的词。")
        for held in self._by_right.get(wording.said, {}).values():
            if held.entry_id != own:
                shown = held.wording.shown
                raise EntryClashes(
                    f"“{wording.said}”已是另一条的正写（{shown}），会改来改去。请先修改那一条。",
                    held.entry_id,
                )

    def _refuse(self, signature: str, own: UUID | None, message: str) -> None:
        held = self._by_signature.get(signature)
        if held and held.entry_id != own:
            said, shown = held.wording.said, held.wording.shown
            raise EntryClashes(message.format(said=said, shown=shown), held.entry_id)

    def _keep(self, session: Session, condition: ColumnElement[bool]) -> None:
        for entry in session.exec(select(LexiconEntry).where(condition)):
            self._hold(_Held(entry.id, wording_of(entry)))

    def _hold(self, held: _Held) -> None:
        self._by_id[held.entry_id] = held
        self._by_signature[held.wording.signature] = held
        if held.wording.kind is Kind.CONFUSABLE:
            self._by_right.setdefault(held.wording.meant[0], {})[held.entry_id] = held


def _looked_for(wording: Wording) -> Iterator[str]:
    yield wording.signature
    if wording.kind in {Kind.WORD, Kind.FILLER, Kind.CONFUSABLE}:
        yield _word(wording.said)
        yield _filler(wording.said)
        yield _wrong(wording.said)
    if wording.kind is Kind.CONFUSABLE:
        yield _wrong(wording.meant[0])


def _word(said: str) -> str:
    return signature_of(Kind.WORD, said)


def _filler(said: str) -> str:
    return signature_of(Kind.FILLER, said)


def _wrong(said: str) -> str:
    return signature_of(Kind.CONFUSABLE, said)


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield a few at a time: a statement takes only so many."""
    waiting = iter(sorted(values))
    while some := list(islice(waiting, _ASKED_AT_ONCE)):
        yield some
