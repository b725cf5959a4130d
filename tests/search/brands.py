"""A source of documents for the tests: brands, which have a table of their own and can be retired."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core import database
from core.scope import Brand
from search import indexing
from search.document import DocumentKey, SearchDocument
from tests.conftest import MONDAY_MORNING

SOURCE = "brands"


class Brands:
    """`while_reading` is called each time somebody reads documents."""

    def __init__(self) -> None:
        self.while_reading: Callable[[], None] = lambda: None

    def ids(self, session: Session) -> Iterator[str]:
        yield from session.exec(select(Brand.code).order_by(col(Brand.code)))

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        living = select(Brand).where(col(Brand.code).in_(ids), col(Brand.retired).is_(False))
        found = {brand.code: _document(brand) for brand in session.exec(living)}
        self.while_reading()
        return found


def _document(brand: Brand) -> SearchDocument:
    return SearchDocument(DocumentKey(SOURCE, brand.code), title=brand.name)


def offer(code: str, name: str, *, at: datetime = MONDAY_MORNING, run_at: datetime | None = None) -> None:
    """Add or rename a brand and have the index look at it."""
    with database.unit_of_work() as session:
        session.merge(Brand(code=code, name=name))
        indexing.schedule(session, DocumentKey(SOURCE, code), at=at, run_at=run_at)


def retire(code: str) -> None:
    with database.unit_of_work() as session:
        session.get_one(Brand, code).retired = True
        indexing.schedule(session, DocumentKey(SOURCE, code), at=MONDAY_MORNING)
