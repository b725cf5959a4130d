"""Rows into a table the fastest way that each database has: COPY, or executemany in the transaction."""

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Table
from sqlmodel import Session

from subscribers.loading.preparing import Prepared


def insert(session: Session, table: Table, columns: Sequence[str], rows: Sequence[Prepared]) -> None:
    """Insert prepared rows: text, whole numbers and None, days and moments as text in UTC."""
    connection = session.connection()
    driver = cast(Any, connection.connection.driver_connection)
    if connection.dialect.name == "postgresql":
        _copy(driver, table, columns, rows)
    else:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(f'"{name}"' for name in columns)
        driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608


def _copy(
    driver: psycopg.Connection[Any], table: Table, columns: Sequence[str], rows: Sequence[Prepared]
) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")  # moments come without their zone
        with cursor.copy(into) as stream:
            for row in rows:
                stream.write_row(row)
