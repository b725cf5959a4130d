"""The statements by which the staged rows of each entity become rows of the copy."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Insert,
    Select,
    Table,
    Update,
    and_,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from subscribers.entities import ENTITIES, Shape, column_of
from subscribers.loading.models import BeforeImage
from subscribers.loading.staged import ACCEPTED, STAGED, nothing_of, staged_name
from subscribers.models import Copied

Where = ColumnElement[bool]


@dataclass(frozen=True)
class Rows:
    """Those of one load from a row to a row, both included."""

    load_id: int
    first: int
    last: int


@cache
def tables(entity: str) -> tuple[Table, Table]:
    """Return the staged table and the one of the copy."""
    return STAGED[entity], SQLModel.metadata.tables[str(ENTITIES[entity].table.__tablename__)]


def accepted(entity: str, rows: Rows) -> Where:
    staged, _ = tables(entity)
    here = staged.c.row_number.between(rows.first, rows.last)
    return and_(staged.c.load_id == rows.load_id, here, staged.c.verdict == ACCEPTED)


def changes(entity: str) -> Where:
    """Tell whether a staged row, joined to the row of its key, changes it; an older version never does."""
    staged, target = tables(entity)
    newer = staged.c.version > target.c.version
    ends = and_(staged.c.op == "D", or_(newer, target.c.gone_at.is_(None)))
    differs = or_(newer, staged.c.digest != target.c.digest, target.c.gone_at.is_not(None))
    return and_(staged.c.version >= target.c.version, or_(ends, and_(staged.c.op != "D", differs)))


def keep_before(entity: str, rows: Rows, dialect: str) -> Insert:
    """Write down how the rows are that will change."""
    staged, target = tables(entity)
    chosen = (
        select(literal(rows.load_id), target.c.id, literal(entity), image(target, dialect))
        .select_from(staged.join(target, target.c.key == staged.c.key))
        .where(accepted(entity, rows), changes(entity))
    )
    return insert(BeforeImage).from_select(["load_id", "row_id", "entity", "before"], chosen)


def image(target: Table, dialect: str) -> ColumnElement[Any]:
    made = func.json_build_object if dialect == "postgresql" else func.json_object
    return made(*(part for column in target.columns for part in (literal(column.name), column)))


def update_changed(entity: str, rows: Rows) -> Update:
    """What the file did not say stays; what it said to be nothing becomes nothing."""
    staged, target = tables(entity)
    values: dict[str, Any] = {
        name: staged.c[name] for name in ("version", "changed_at", "digest", "bucket")
    } | {"load_id": rows.load_id, "absent_fulls": 0, "gone_at": null()}
    cleared = _bits(entity)
    for column in _own(target):
        said = func.coalesce(_staged_value(staged, column), column)
        bit = cleared.get(column.name)
        is_cleared = staged.c.cleared.op("&")(bit) != 0
        values[column.name] = case((is_cleared, null()), else_=said) if bit else said
    return _on_same_key(entity, rows).where(staged.c.op != "D").values(values)


def end_removed(entity: str, rows: Rows, at: datetime) -> Update:
    staged, _ = tables(entity)
    said = {"version": staged.c.version, "changed_at": staged.c.changed_at}
    ended = said | {"gone_at": at, "load_id": rows.load_id, "absent_fulls": 0}
    return _on_same_key(entity, rows).where(staged.c.op == "D").values(ended)


def _on_same_key(entity: str, rows: Rows) -> Update:
    staged, target = tables(entity)
    return update(target).where(target.c.key == staged.c.key, accepted(entity, rows), changes(entity))


def insert_new(entity: str, rows: Rows, source: str, dialect: str) -> Insert:
    """Insert the rows whose key is new; those that are there are left alone."""
    staged, target = tables(entity)
    values: dict[str, ColumnElement[Any]] = {
        "key": staged.c.key,
        "source": literal(source),
        "version": staged.c.version,
        "changed_at": staged.c.changed_at,
        "digest": staged.c.digest,
        "bucket": staged.c.bucket,
        "load_id": literal(rows.load_id),
        "first_load_id": literal(rows.load_id),
        "absent_fulls": literal(0),
    }
    required = {column_of(one) for one in ENTITIES[entity].fields if one.required}
    for column in _own(target):
        value = _staged_value(staged, column)
        nothing = literal(nothing_of(column))
        is_given = column.nullable or column.name in required
        values[column.name] = value if is_given else func.coalesce(value, nothing)
    chosen = select(*values.values()).where(accepted(entity, rows), staged.c.op != "D")
    ours = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = ours(target).from_select(list(values), chosen.order_by(staged.c.row_number))
    return statement.on_conflict_do_nothing(index_elements=["key"])


def count_stale(entity: str, rows: Rows) -> Select[int]:
    staged, target = tables(entity)
    older = staged.c.version < target.c.version
    joined = staged.join(target, target.c.key == staged.c.key)
    return select(func.count()).select_from(joined).where(accepted(entity, rows), older)


def count_accepted(entity: str, rows: Rows) -> Select[int]:
    return select(func.count()).select_from(tables(entity)[0]).where(accepted(entity, rows))


def _own(target: Table) -> list[Column[Any]]:
    return [column for column in target.columns if column.name not in Copied.model_fields]


def _staged_value(staged: Table, column: Column[Any]) -> ColumnElement[Any]:
    """Return what was staged for a column; for a reference, the number of the row of that key."""
    if not column.foreign_keys:
        return staged.c[column.name]
    (key,) = column.foreign_keys
    parent = key.column.table.alias(f"parent_{column.name}")
    same = parent.c.key == staged.c[staged_name(column.name)]
    return select(parent.c.id).where(same).correlate(staged).scalar_subquery()


def _bits(entity: str) -> dict[str, int]:
    """Return the bit of each field that can be nothing, by its column."""
    _, target = tables(entity)
    fields = enumerate(ENTITIES[entity].fields)
    can_be_nothing = {column.name for column in target.columns if column.nullable}
    return {
        column_of(one): 1 << place
        for place, one in fields
        if one.shape is not Shape.CERTIFICATE and column_of(one) in can_be_nothing
    }
