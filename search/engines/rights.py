"""Who may write the index and who may rebuild it: one at a time, by a lock that dies with its process."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from search.engines.base import RebuildRunning, WritingBusy

POLL_SECONDS = 0.01


class Rights:
    """`held` keeps a lock of that name, if it can be had in so many seconds, and tells whether it could."""

    def __init__(self, held: Callable[[str, float], AbstractContextManager[bool]]) -> None:
        self._held = held

    @contextmanager
    def writing(self, wait: float) -> Iterator[None]:
        """
        :raises WritingBusy: if somebody else keeps the right for longer
        """
        with self._held("writing", wait) as got:
            if not got:
                raise WritingBusy
            yield

    @contextmanager
    def encoding(self, share: int, *, wait: float = 0) -> Iterator[bool]:
        """Keep a share of the texts that wait for a vector to oneself; tell whether it was to be had."""
        with self._held(f"encoding-{share}", wait) as got:
            yield got

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """
        :raises RebuildRunning: if somebody is at it
        """
        with self._held("rebuilding", 0) as got:
            if not got:
                raise RebuildRunning
            yield


def file_rights(root: Path) -> Rights:
    """For processes of one machine. The locks lie beside the index, so that they outlive its deletion."""

    @contextmanager
    def held(what: str, wait: float) -> Iterator[bool]:
        path = root.with_name(f"{root.name}.{what}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            yield _tried(lambda: _lock(file), wait)

    return Rights(held)


def database_rights(database: Database, name: str) -> Rights:
    """For processes of many machines that share a PostgreSQL: advisory locks of a session of its own."""

    @contextmanager
    def held(what: str, wait: float) -> Iterator[bool]:
        key = int.from_bytes(blake2b(f"{name}/{what}".encode(), digest_size=8).digest(), signed=True)
        connection = database.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield _tried(lambda: _advise(connection, key), wait)
        finally:
            connection.invalidate()  # the session ends, and its locks with it, whatever state it is in
            connection.close()

    return Rights(held)


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
