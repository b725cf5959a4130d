"""Putting the sample centre's subscribers into the tables, once."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from sqlmodel import Session, select

from core import database, sealing
from core.clock import CENTRE_TIME, day_of
from operations.generating import making
from operations.generating.days import Days
from operations.generating.rows import SOURCES, Row
from operations.sample_centre import callers
from search.pinyin import initials, sound
from subscribers.entities import ENTITIES, Field, Shape, column_of
from subscribers.models import Copied, Customer

GENERATED = 400
MONTHS = 12


def load(at: datetime) -> int:
    """Add the callers and some hundred others, unless there is any customer; return how many customers."""
    days = Days(day_of(at), MONTHS)
    with database.unit_of_work() as session:
        if session.exec(select(Customer.id).limit(1)).first() is not None:
            return 0
        _Tables(session).add(rows(days))
    return len(callers.callers()) + GENERATED


def rows(days: Days) -> Iterator[Row]:
    yield from chain.from_iterable(callers.rows_of(caller, days) for caller in callers.callers())
    yield from chain.from_iterable(making.rows_of(number, days) for number in range(GENERATED))


class _Tables:
    """Adds rows, parents first, and remembers their numbers for the rows that refer to them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ids: dict[tuple[str, str], int | None] = {}

    def add(self, rows: Iterator[Row]) -> None:
        every = list(rows)
        for name in ENTITIES:
            made = {row.key: self._made(row) for row in every if row.entity == name}
            self.session.add_all(made.values())
            self.session.flush()
            self.ids |= {(name, key): one.id for key, one in made.items()}

    def _made(self, row: Row) -> Copied:
        entity = ENTITIES[row.entity]
        values: dict[str, Any] = {}
        for field, text in zip(entity.fields, row.values, strict=True):
            values |= self._kept(field, text) if text else {}
        if row.entity == "customer":
            values |= {"name_sound": sound(values["name"]), "name_initials": initials(values["name"])}
        return entity.table(
            key=row.key,
            source=SOURCES[row.entity],
            version=row.version,
            changed_at=_moment(row.changed),
            bucket=hashlib.blake2b(row.key.encode(), digest_size=1).digest()[0],
            **values,
        )

    def _kept(self, field: Field, text: str) -> dict[str, Any]:
        if field.shape is Shape.REFERENCE:
            return {column_of(field): self.ids[field.refers_to, text]}
        if field.shape is Shape.CERTIFICATE:
            sealed = sealing.seal(text, "certificate")
            return {"certificate_sealed": sealed, "certificate_hash": sealing.hash_now(text, "certificate")}
        kept = {field.name: _READ.get(field.shape, str)(text)}
        if field.name == "number":
            kept |= {"middle": text[3:], "backwards": text[::-1]}
        return kept


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRE_TIME).astimezone(UTC)


_READ: dict[Shape, Callable[[str], Any]] = {
    Shape.DATE: date.fromisoformat,
    Shape.MOMENT: _moment,
    Shape.MONTH: int,
    Shape.COUNT: int,
    Shape.MONEY: lambda text: round(float(text) * 100),
}
