"""What people change while the program runs, as every process sees it within a second."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from core import database

T = TypeVar("T")
LOOKS_EVERY_SECONDS = 0.5
TENDED_SECONDS = 2.0
_all: "list[Live[Any]]" = []
_made_of_it: list[Callable[[], None]] = []


def forget() -> None:
    """Read everything anew at its next use, as a process that has just been started does."""
    for one in _all:
        one.forget()
    for clear in _made_of_it:
        clear()


def also_forget(clear: Callable[[], None]) -> None:
    """Say how to drop what was made of live things."""
    _made_of_it.append(clear)


class Live(Generic[T]):
    """`version` is cheap and differs once something changed; then `load` reads everything anew.

    `rests`: after a load that took a second, how many seconds pass before the next may begin. It keeps what
    is costly in a large centre from being read anew at every small change.
    """

    def __init__(
        self, version: Callable[[Session], object], load: Callable[[Session], T], *, rests: float = 0.0
    ) -> None:
        self._version, self._load, self._rests = version, load, rests
        self._lock = threading.Lock()
        self._rested_at = float("-inf")
        self._looked_at = float("-inf")
        self._seen: object = None
        self._held: list[T] = []
        _all.append(self)

    def latest(self) -> T:
        """Return what holds; while one thread loads anew, the others take what was there before."""
        if time.monotonic() - self._looked_at < LOOKS_EVERY_SECONDS and self._held:
            return self._held[0]
        if self._lock.acquire(blocking=not self._held):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._held[0]

    def refresh(self) -> T:
        """Look now, and wait for what is being loaded."""
        with self._lock:
            self._look()
            return self._held[0]

    def tend(self) -> T:
        """Look now, as a worker that does so again and again: meanwhile nobody else looks, or has to load."""
        with self._lock:
            self._look()
            self._looked_at += TENDED_SECONDS
            return self._held[0]

    def forget(self) -> None:
        """Look again at the next use, whenever the last look was."""
        self._looked_at = self._rested_at = float("-inf")
        self._seen, self._held = None, []

    def _look(self) -> None:
        began = time.monotonic()
        with database.reading() as session:
            version = self._version(session)
            if not self._held or (version != self._seen and began >= self._rested_at):
                self._held, self._seen = [self._load(session)], version
                ended = time.monotonic()
                self._rested_at = ended + self._rests * (ended - began)
        self._looked_at = time.monotonic()
