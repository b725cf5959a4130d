"""The tables that files are read into: one for each entity, its columns as they will be merged."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, String, Table
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from subscribers.entities import ENTITIES, Entity
from subscribers.models import Copied

ACCEPTED, SUPERSEDED, PUT_ASIDE = 0, 1, 2


def _table_of(entity: Entity) -> Table:
    """Build it: a reference is the key of its parent, and an empty cell says that the file said nothing.

    `unknown` and `cleared` have a bit for each field of the entity; `verdict` tells what is merged.
    """
    return Table(
        f"subscribers_staged_{entity.name}",
        SQLModel.metadata,
        Column("load_id", Integer, primary_key=True, autoincrement=False),
        Column("row_number", BigInteger, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),  # of the row in the file, in bytes
        Column("verdict", SmallInteger, nullable=False),
        Column("op", String, nullable=False),
        Column("key", String, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("changed_at", UTCDateTime()),
        Column("digest", BigInteger, nullable=False),
        Column("bucket", Integer, nullable=False),
        Column("unknown", BigInteger, nullable=False),
        Column("cleared", BigInteger, nullable=False),
        *(Column(name, kind) for name, kind in _own(entity).items()),
        sqlite_with_rowid=False,
    )


def _own(entity: Entity) -> dict[str, TypeEngine[Any]]:
    target = SQLModel.metadata.tables[str(entity.table.__tablename__)]
    copied = set(Copied.model_fields)
    return {
        staged_name(column.name) if column.foreign_keys else column.name: (
            String() if column.foreign_keys else column.type
        )
        for column in target.columns
        if column.name not in copied
    }


def nothing_of(column: Column[Any]) -> str | int:
    """Return what a column that cannot be empty holds when nothing is known."""
    return "" if isinstance(column.type, AutoString) else 0


def staged_name(reference: str) -> str:
    """Return the column that holds the key of a parent: `customer_id` is staged as `customer_key`."""
    return reference.removesuffix("_id") + "_key"


STAGED: dict[str, Table] = {name: _table_of(entity) for name, entity in ENTITIES.items()}
OWN_COLUMNS: dict[str, tuple[str, ...]] = {name: tuple(_own(entity)) for name, entity in ENTITIES.items()}
