"""Carrying rows from one database to another: in bulk, a table at a time, and compared by what they say."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Dialect, Row, Table, func, select
from sqlmodel import Integer

AT_ONCE = 1000  # rows in memory
_SPACE = 2**256


@dataclass(frozen=True)
class Content:
    """How many rows, and a sum over what each of them says: the same in whatever order they come."""

    rows: int = 0
    checksum: int = 0

    def plus(self, rows: Sequence[Row[Any]]) -> "Content":
        added = sum(int.from_bytes(sha256(_said(row)).digest()) for row in rows)
        return Content(self.rows + len(rows), (self.checksum + added) % _SPACE)


def copy(
    table: Table, source: Connection, target: Connection, progress: Callable[[int], None] = lambda _rows: None
) -> Content:
    """Write every row of the source to the PostgreSQL target; return what was read."""
    read = Content()
    writers = [_writer(column.type, target.dialect) for column in table.columns]
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(one.name) for one in table.columns)
    )
    with _driver(target).cursor() as cursor, cursor.copy(into) as stream:
        for rows in _in_parts(table, source):
            for row in rows:
                stream.write_row([write(value) for write, value in zip(writers, row, strict=True)])
            read = read.plus(rows)
            progress(len(rows))
    return read


def content(table: Table, where: Connection, progress: Callable[[int], None] = lambda _rows: None) -> Content:
    """Read the whole table, as the program would."""
    read = Content()
    for rows in _in_parts(table, where):
        read = read.plus(rows)
        progress(len(rows))
    return read


def count(table: Table, where: Connection) -> int:
    return where.execute(select(func.count()).select_from(table)).scalar_one()


def set_sequences(table: Table, target: Connection) -> None:
    """Let the next number that PostgreSQL gives by itself follow the largest one that was copied."""
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer):
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            target.execute(select(func.setval(sequence, func.max(column))).having(func.max(column) > 0))


def _in_parts(table: Table, where: Connection) -> Iterator[Sequence[Row[Any]]]:
    with where.execute(select(table).execution_options(yield_per=AT_ONCE)) as rows:
        yield from rows.partitions()


def _writer(kind: Any, dialect: Dialect) -> Callable[[Any], Any]:
    """Return what SQLAlchemy itself would do to a value before it hands it to the driver."""
    return kind.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)


def _driver(target: Connection) -> psycopg.Connection[Any]:
    return cast(psycopg.Connection[Any], target.connection.driver_connection)


def _said(row: Row[Any]) -> bytes:
    return json.dumps(list(row), default=_typed, sort_keys=True).encode()


def _typed(value: object) -> list[str]:
    """Say a value that JSON does not know, with its type: a day is not the text of a day."""
    if isinstance(value, datetime):
        return ["moment", value.astimezone(UTC).isoformat()]
    if isinstance(value, date):
        return ["day", value.isoformat()]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, UUID):
        return ["id", value.hex]
    raise TypeError(f"{type(value).__name__} in a table: say how it is compared")
