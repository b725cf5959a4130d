"""The stream by which a browser hears that there is something new for whoever is signed in to it."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from core import database, news
from core.errors import DomainError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25  # between two looks at what other processes tell; what this one tells wakes it at once
BEAT_SECONDS = 15.0  # a proxy closes a connection on which nothing is said
RECONNECT = "retry: 1000\n\n"
BEAT = ": beat\n\n"
OVER = "event: over\ndata:\n\n"


@dataclass(eq=False)
class Listener:
    """One open stream. `stirred` is set whenever there is news for its person."""

    staff_id: UUID
    loop: asyncio.AbstractEventLoop
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = -1

    def told(self, number: int) -> bool:
        """Wake the stream if the number is a new one; return whether it still listens."""
        if number == self.number:
            return True
        self.number = number
        try:
            self.loop.call_soon_threadsafe(self.stirred.set)
        except RuntimeError:  # its server has stopped
            return False
        return True


class Watch:
    """One thread of a process looks for all streams of it, and only while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None

    def add(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="zhida-news", daemon=True)
                self._thread.start()

    def remove(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def _look(self) -> None:
        while listeners := self._present():
            try:
                with database.reading() as session:
                    numbers = news.numbers(session, {one.staff_id for one in listeners})
            except (DomainError, SQLAlchemyError):
                log.exception("nobody could look for news")
                numbers = {}
            for one in listeners:
                if not one.told(numbers.get(one.staff_id, one.number)):
                    self.remove(one)
            news.wake.wait(LOOK_SECONDS)
            news.wake.clear()

    def _present(self) -> list[Listener]:
        with self._lock:
            if not self._listeners:
                self._thread = None
            return list(self._listeners)


watch = Watch()


@dataclass(frozen=True)
class Present:
    """What there is now, and the number of the news that led to it."""

    number: int
    html: str


async def stream(
    staff_id: UUID, last: int | None, look: Callable[[int | None], Present | None]
) -> AsyncIterator[str]:
    """Yield what there is now, and again whenever it has changed.

    `look` gets the number that the browser has already and returns what is new since, with its number;
    it raises `SessionOver` once the person is signed out. `last` is the browser's Last-Event-ID.
    """
    listener = Listener(staff_id, asyncio.get_running_loop())
    watch.add(listener)
    try:
        yield RECONNECT
        while True:
            listener.stirred.clear()
            try:
                present = await run_in_threadpool(look, last)
            except SessionOver:
                yield OVER
                return
            if present is not None:
                last = present.number
                yield message(present)
            try:
                await asyncio.wait_for(listener.stirred.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield BEAT
    finally:
        watch.remove(listener)


class SessionOver(Exception):
    """Whoever opened the stream is signed out, or somebody else is signed in."""


def message(present: Present) -> str:
    """Return it as the stream carries it; a carriage return would end a line of it too early."""
    lines = "".join(f"data: {line}\n" for line in present.html.replace("\r", "").split("\n"))
    return f"id: {present.number}\nevent: calls\n{lines}\n"
