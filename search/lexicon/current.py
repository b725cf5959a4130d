"""The lexicon in force, as every process sees it within a second."""

from collections.abc import Iterator

from sqlmodel import Session, col, func, select

from search.lexicon.compiling import lexicon_of
from search.lexicon.models import LexiconChange, LexiconEntry
from search.lexicon.shipped import shipped
from search.lexicon.snapshot import Lexicon
from search.lexicon.wording import Wording, wording_of
from search.live import Live

_AT_ONCE = 2_000


def current() -> Lexicon:
    """Return what this process reads queries and documents with now."""
    return _live.latest()


def refresh() -> Lexicon:
    """Return what holds at this moment, whenever this process last looked."""
    return _live.refresh()


def entries(session: Session) -> Iterator[Wording]:
    """Yield every entry, in an order that does not change."""
    in_order = select(LexiconEntry).order_by(col(LexiconEntry.changed_in), col(LexiconEntry.signature))
    return map(wording_of, session.exec(in_order.execution_options(yield_per=_AT_ONCE)))


def _load(session: Session) -> Lexicon:
    """Before the shipped entries were put in, what is shipped holds."""
    begun = session.exec(select(LexiconChange.number).limit(1)).first() is not None
    return (lexicon_of(entries(session)) if begun else shipped()).prepared()


def _version(session: Session) -> object:
    """On PostgreSQL a lower number may be committed after a higher one, so they are counted too."""
    return tuple(session.exec(select(func.max(LexiconChange.number), func.count())).one())


_live = Live(_version, _load)

