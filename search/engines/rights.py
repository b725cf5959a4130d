"""Who may write the index and who may rebuild it: one at a time, by a lock that dies with its process."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from search.engines.base import RebuildRunning, WritingBusy

POLL_SECONDS = 0.01


class Rights(Protocol):
    def writing(self, wait: float) -> AbstractContextManager[None]:
        """
        :raises WritingBusy: if somebody else keeps the right for longer
        """
        ...

    def rebuilding(self) -> AbstractContextManager[None]:
        """
        :raises RebuildRunning: if somebody is at it
        """
        ...


class FileRights:
    """For processes of one machine. The locks lie beside the index, so that they outlive its deletion."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def writing(self, wait: float) -> Iterator[None]:
        with self._held("writing", wait) as got:
            if not got:
                raise WritingBusy
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        with self._held("rebuilding", 0) as got:
            if not got:
                raise RebuildRunning
            yield

    @contextmanager
    def _held(self, what: str, wait: float) -> Iterator[bool]:
        path = self._root.with_name(f"{self._root.name}.{what}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            yield _tried(lambda: _lock(file), wait)


class DatabaseRights:
    """For processes of many machines that share a PostgreSQL: advisory locks of a session of its own."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name

    @contextmanager
    def writing(self, wait: float) -> Iterator[None]:
        with self._held("writing", wait) as got:
            if not got:
                raise WritingBusy
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        with self._held("rebuilding", 0) as got:
            if not got:
                raise RebuildRunning
            yield

    @contextmanager
    def _held(self, what: str, wait: float) -> Iterator[bool]:
        key = int.from_bytes(blake2b(f"{self._name}/{what}".encode(), digest_size=8).digest(), signed=True)
        connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield _tried(lambda: _advise(connection, key), wait)
        finally:
            connection.invalidate()  # the session ends, and its locks with it, whatever state it is in
            connection.close()


def _tried(take: Callable[[], bool], wait: float) -> bool:
    """Try until it works or the time is over."""
    deadline = time.monotonic() + wait
    got = take()
    while not got and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        got = take()
    return got


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _advise(connection: Connection, key: int) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
