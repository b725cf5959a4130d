"""The engine, sessions, and where a transaction begins and ends."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, create_engine

from core.errors import Unavailable
from core.settings import settings

BUSY_SECONDS = 5
_ASKS_FOR = 0.02  # in one go: after 1, 3, 8 and 18 ms, and then anew
_PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    "cache_size=-65536",
    "mmap_size=2147418112",  # as much as SQLite can: all connections and processes then share what is read
)


class DatabaseBusy(Unavailable):
    message = "数据库正忙，刚才的操作没有保存。请稍等几秒再提交。"


@cache
def engine() -> Engine:
    url = settings().database
    if url.startswith("sqlite"):
        return _sqlite(url)
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)


def _sqlite(url: str) -> Engine:
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    how = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # The last one used is the next one used: what it read is still at hand.
    made = create_engine(url, connect_args=how, pool_size=40, pool_use_lifo=True)
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: _begin_sqlite does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # SQLite refuses at once, without waiting, a reader that turns writer half-way: ask for the lock first.
    if connection.get_execution_options().get("writes", False):
        _await_turn(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _await_turn(connection: Connection) -> None:
    """Ask for the lock every few milliseconds: left to itself SQLite soon asks ten times a second only.

    So the short breath between two transactions of a load is enough for everybody who waits.
    """
    until = monotonic() + BUSY_SECONDS
    _wait_at_most(connection, _ASKS_FOR)
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if "database is locked" not in str(error.orig) or monotonic() > until:
                    raise
            else:
                return
    finally:
        _wait_at_most(connection, BUSY_SECONDS)


def _wait_at_most(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(seconds * 1000)}")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Commit when the block ends, roll back when it raises. Nothing else in the application commits.

    :raises DatabaseBusy: if another writer holds the database for longer than `BUSY_SECONDS`
    """
    with (
        busy_is_said(),
        Session(engine().execution_options(writes=True), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session whose changes are never kept."""
    with busy_is_said(), Session(engine(), expire_on_commit=False) as session:
        yield session


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Do something outside the database once the change is certain, such as waking a waiting thread."""

    def once(_session: object) -> None:
        act()

    event.listen(session, "after_commit", once, once=True)


@contextmanager
def busy_is_said() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if "database is locked" in str(error.orig) or "lock timeout" in str(error.orig):
            raise DatabaseBusy from error
        raise
