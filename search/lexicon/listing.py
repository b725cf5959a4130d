"""The entries of one kind, as a list that can be narrowed."""

from typing import Any

from sqlmodel import Session, col, func, or_, select

from search.lexicon.models import Kind, LexiconEntry
from search.text import normalise

LONGEST_FILTER = 40


def listed(kind: Kind, text: str = "") -> Any:
    """Return the select of the entries that contain the text, for `paging.page_of`."""
    of_kind = select(LexiconEntry).where(LexiconEntry.kind == kind)
    wanted = normalise(text[:LONGEST_FILTER]).strip()
    if wanted:
        either = (col(LexiconEntry.said), col(LexiconEntry.meant))
        of_kind = of_kind.where(or_(*(column.contains(wanted, autoescape=True) for column in either)))
    return of_kind.order_by(col(LexiconEntry.said), col(LexiconEntry.signature))


def counts(session: Session) -> dict[Kind, int]:
    by_kind = select(LexiconEntry.kind, func.count()).group_by(col(LexiconEntry.kind))
    found = dict(session.exec(by_kind).all())
    return {kind: found.get(kind, 0) for kind in Kind}
