"""What a list returns: one page of it, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import func
from sqlmodel import Session, select

T = TypeVar("T")
PAGE_SIZE = 20
LAST_PAGE = 10_000


@dataclass(frozen=True)
class Page(Generic[T]):
    rows: tuple[T, ...]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def count(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.count else None

    def of(self, rows: Sequence[Any]) -> "Page[Any]":
        """Return the same page with its rows shown in another form."""
        return Page(tuple(rows), self.number, self.total, self.size)


def page_of(session: Session, statement: Any, number: int, *, size: int = PAGE_SIZE) -> Page[Any]:
    """Return page `number` (from 1; beyond the end means the last) of an ordered select."""
    total = session.exec(select(func.count()).select_from(statement.order_by(None).subquery())).one()
    last = max(1, -(-total // size))
    number = min(max(1, number), last, LAST_PAGE)
    rows = session.exec(statement.offset((number - 1) * size).limit(size)).all()
    return Page(tuple(rows), number, total, size)
