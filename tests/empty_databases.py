"""Databases with all tables and nothing in them, quickly: to make the tables takes longer than most tests."""

import os

import psycopg
from sqlalchemy import create_engine, make_url
from sqlmodel import SQLModel

from core.settings import through_psycopg
from operations import tables

POSTGRESQL = os.environ.get("ZHIDA_TEST_POSTGRESQL", "")  # noqa: TID251 - which machine, not which centre
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SHAPE = """
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname = 'public'),
parts AS (
    SELECT relname::text || relkind::text FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT attrelid::regclass::text || attname::text || atttypid::text || attnotnull::text
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace IN (SELECT oid FROM ours) AND attnum > 0
    UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
)
SELECT md5(string_agg(part, '|' ORDER BY part)) FROM parts AS told (part)
"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


def make_tables(address: str) -> None:
    tables.known()
    engine = create_engine(address)
    SQLModel.metadata.create_all(engine)
    engine.dispose()


class OnPostgresql:
    """A database of this test process's own, so that several can run side by side."""

    def __init__(self) -> None:
        self._name = f"zhida_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # noqa: TID251 - the runner's
        self.address = make_url(POSTGRESQL).set(database=self._name).render_as_string(hide_password=False)
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {self._name}".encode())
        self._make_anew()

    def empty(self) -> None:
        """Take out whatever a test left, and end whoever of it is still there."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(_OTHERS)
            if self._shape(connection) == self._made:
                self._delete_all(connection)
                return
        self._make_anew()  # it had migrated, or changed what it should have found

    def _delete_all(self, connection: psycopg.Connection) -> None:
        rows = "; ".join(f"DELETE FROM {table.name}" for table in SQLModel.metadata.sorted_tables)
        numbers = "".join(f"; ALTER SEQUENCE {name} RESTART" for (name,) in connection.execute(_SEQUENCES))
        connection.execute(f"SET session_replication_role = replica; {rows}{numbers}".encode())

    def _make_anew(self) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            make_tables(through_psycopg(self.address))
            self._made = self._shape(connection)

    @staticmethod
    def _shape(connection: psycopg.Connection) -> object:
        return connection.execute(_SHAPE).fetchone()
