"""What people change while the program runs, as every process sees it within a second."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from core import database

T = TypeVar("T")
LOOKS_EVERY_SECONDS = 0.5
TENDED_SECONDS = 2.0
WORKED_SECONDS, RESTED_SECONDS = 0.005, 0.015
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


@dataclass(frozen=True)
class Shelf(Generic[T]):
    """A file in which a value outlives its process, so that the next begins with it and not with a long load.

    What is on it may be old or lost. `written` makes JSON of the value.
    """

    file: Callable[[], Path]
    written: Callable[[T], object]
    read: Callable[[Any], T]

    def take(self) -> tuple[object, T] | None:
        try:
            version, value = json.loads(self.file().read_text("utf-8"))
            return version, self.read(value)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, version: object, value: T) -> None:
        new = self.file().with_suffix(f".{threading.get_native_id()}")
        new.write_text(json.dumps([version, self.written(value)], ensure_ascii=False), "utf-8")
        new.replace(self.file())


_is_unhurried: ContextVar[bool] = ContextVar("is_unhurried", default=False)


def unhurried(items: Iterable[T]) -> Iterator[T]:
    """Yield them; while a worker loads, leave the processor to queries most of the time."""
    began = time.monotonic()
    for item in items:
        yield item
        if _is_unhurried.get() and time.monotonic() - began > WORKED_SECONDS:
            time.sleep(RESTED_SECONDS)
            began = time.monotonic()


class Live(Generic[T]):
    """`version` is cheap and differs once something changed; then `load` reads everything anew.

    `rests`: after a load that worked for a second, how many seconds pass before the next may begin. It keeps
    what is costly in a large centre from being read anew at every small change. A `shelf` takes versions of
    JSON.
    """

    def __init__(
        self,
        version: Callable[[Session], object],
        load: Callable[[Session], T],
        *,
        rests: float = 0.0,
        shelf: Shelf[T] | None = None,
    ) -> None:
        self._version, self._load, self._rests, self._shelf = version, load, rests, shelf
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
                if self._held or not self._took_from_shelf():
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
            if not self._held:
                self._took_from_shelf()
            unhurried_now = _is_unhurried.set(True)
            try:
                self._look()
            finally:
                _is_unhurried.reset(unhurried_now)
            self._looked_at += TENDED_SECONDS
            return self._held[0]

    def forget(self) -> None:
        """Look again at the next use, whenever the last look was."""
        self._looked_at = self._rested_at = float("-inf")
        self._seen, self._held = None, []

    def _look(self) -> None:
        with database.reading() as session:
            version = self._version(session)
            if not self._held or (version != self._seen and time.monotonic() >= self._rested_at):
                began = time.thread_time()
                self._held, self._seen = [self._load(session)], version
                self._rested_at = time.monotonic() + self._rests * (time.thread_time() - began)
                if self._shelf:
                    self._shelf.put(version, self._held[0])
        self._looked_at = time.monotonic()

    def _took_from_shelf(self) -> bool:
        """Take what an earlier process kept; whoever looks next, sees whether it still holds."""
        taken = self._shelf.take() if self._shelf else None
        if taken is None:
            return False
        self._seen, self._held = taken[0], [taken[1]]
        return True
