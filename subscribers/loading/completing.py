"""Rows of which the file said only a part: the digest is of all that the source has said by now."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, Table, and_, or_, select, update
from sqlmodel import SQLModel

from core import database
from subscribers.entities import ENTITIES, Field, Shape, column_of
from subscribers.loading.models import Load
from subscribers.loading.preparing import digest
from subscribers.loading.progress import breathe
from subscribers.loading.staged import ACCEPTED, STAGED, nothing_of

AT_ONCE = 5_000


def complete(load: Load) -> None:
    """Give every row that says nothing of a field which the copy knows the digest of both together."""
    last = 0
    while rows := _page(load, last):
        staged = STAGED[load.entity]
        with database.unit_of_work() as session:
            for row in rows:
                mine = (staged.c.load_id == load.id) & (staged.c.row_number == row.row_number)
                session.execute(update(staged).where(mine).values(digest=_digest_of_both(load.entity, row)))
        last = rows[-1].row_number
        breathe()


def _page(load: Load, last: int) -> Sequence[Row[Any]]:
    with database.reading() as session:
        return session.execute(_partial(load, last)).all()


def _partial(load: Load, last: int) -> Select[Any]:
    """Select each such row with both sides of every field, named `new_…` and `old_…`."""
    staged, target = STAGED[load.entity], _target(load.entity)
    entity = ENTITIES[load.entity]
    joined: Any = staged.join(target, target.c.key == staged.c.key)
    columns: list[ColumnElement[Any]] = [staged.c.row_number, staged.c.key, staged.c.unknown]
    known_here = []
    for place, one in enumerate(entity.fields):
        old: Column[Any] = target.c[_compared(one)]
        new = staged.c[_compared(one, is_staged=True)]
        is_unsaid = staged.c.unknown.op("&")(1 << place) != 0
        if not one.required:  # what is required is always said
            known_here.append(and_(is_unsaid, _is_something(old)))
        kept: ColumnElement[Any] = old
        if one.shape is Shape.REFERENCE:
            parent = _target(one.refers_to).alias(f"parent_{one.name}")
            joined = joined.outerjoin(parent, parent.c.id == target.c[column_of(one)])
            kept = parent.c.key
        columns += [new.label(f"new_{one.name}"), kept.label(f"old_{one.name}")]
    mine = and_(staged.c.load_id == load.id, staged.c.verdict == ACCEPTED, staged.c.row_number > last)
    partial = and_(mine, staged.c.op != "D", staged.c.unknown != 0, or_(*known_here))
    return select(*columns).select_from(joined).where(partial).order_by(staged.c.row_number).limit(AT_ONCE)


def _is_something(column: Column[Any]) -> ColumnElement[bool]:
    if column.nullable or column.foreign_keys:
        return column.is_not(None)
    return column != nothing_of(column)


def _digest_of_both(entity: str, row: Row[Any]) -> int:
    said = {}
    for place, one in enumerate(ENTITIES[entity].fields):
        side = "old" if row.unknown >> place & 1 else "new"
        said[one.name] = _written(getattr(row, f"{side}_{one.name}"))
    return digest(ENTITIES[entity], row.key, said)


def _written(value: Any) -> Any:
    """Return a value of the database as it was prepared."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    return value.isoformat() if isinstance(value, date) else value


def _compared(one: Field, *, is_staged: bool = False) -> str:
    if one.shape is Shape.CERTIFICATE:
        return "certificate_hash"
    if one.shape is Shape.REFERENCE:
        return f"{one.refers_to}_key" if is_staged else column_of(one)
    return one.name


def _target(entity: str) -> Table:
    return SQLModel.metadata.tables[str(ENTITIES[entity].table.__tablename__)]
