"""The lexicon in force, as every process sees it within a second."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from search.lexicon.changing import Move
from search.lexicon.compiling import lexicon_of
from search.lexicon.models import LexiconChange, LexiconEntry
from search.lexicon.shipped import shipped
from search.lexicon.snapshot import Lexicon
from search.lexicon.wording import Wording, wording_of
from search.live import Live

_AT_ONCE = 2_000
_COLUMNS: tuple[Any, ...] = (
    LexiconEntry.id,
    LexiconEntry.kind,
    LexiconEntry.said,
    LexiconEntry.meant,
    LexiconEntry.direction,
    LexiconEntry.is_whole,
    LexiconEntry.is_promotion,
    LexiconEntry.source,
    LexiconEntry.document_id,
    LexiconEntry.until,
)


def current() -> Lexicon:
    """Return what this process reads queries and documents with now."""
    return _live.latest()


def refresh() -> Lexicon:
    """Return what holds at this moment, whenever this process last looked."""
    return _live.refresh()


def entries(session: Session) -> Iterator[tuple[UUID, Wording]]:
    """Yield every entry with its id, in an order that does not change."""
    in_order = select_columns(*_COLUMNS).order_by(col(LexiconEntry.changed_in), col(LexiconEntry.signature))
    for row in session.execute(in_order.execution_options(yield_per=_AT_ONCE)):
        yield row.id, wording_of(row)


def lexicon_after(session: Session, moves: Iterable[Move]) -> Lexicon:
    """Return the lexicon as it would be if these moves were kept."""
    held = dict(entries(session))
    for move in moves:
        held.pop(move.entry_id, None)
        if move.after:
            held[move.entry_id] = move.after
    return lexicon_of(held.values())


def _load(session: Session) -> Lexicon:
    """Before the shipped entries were put in, what is shipped holds."""
    begun = session.exec(select(LexiconChange.number).limit(1)).first() is not None
    return (lexicon_of(wording for _, wording in entries(session)) if begun else shipped()).prepared()


def _version(session: Session) -> object:
    """On PostgreSQL a lower number may be committed after a higher one, so they are counted too."""
    return tuple(session.exec(select(func.max(LexiconChange.number), func.count())).one())


_live = Live(_version, _load)
tend = _live.tend
