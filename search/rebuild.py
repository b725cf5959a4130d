"""Rebuilding the index beside the one in use: fill, check, switch while people search."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlmodel import Session

from core import database
from core.errors import Conflict
from search import engines
from search.document import DocumentKey
from search.engines.base import Engine, Writer
from search.lexicon import current
from search.lexicon.changing import schedule_recut
from search.sources import bring, introduced
from search.ticking import ticking

BATCH = 500
LEASE_WAIT_SECONDS = 120.0


class RebuildIncomplete(Conflict):
    message = "新索引与数据库的条数对不上，没有切换，旧索引照常使用。请稍后重新执行重建。"


Progress = Callable[[int, int], None]
Clock = Callable[[], datetime]


def untold(_done: int, _total: int) -> None:
    """Tell nobody."""


def rebuild(at: datetime, progress: Progress = untold) -> int:
    """Build a new generation from the sources and switch to it; return how many documents it has.

    :raises RebuildRunning: if another one is under way
    :raises RebuildIncomplete: if its parts do not agree in the end; the old index stays in use
    """
    engine, clock = engines.engine(), ticking(at)
    words = current.refresh().words
    with engine.rebuilding():
        with engine.writing(wait=LEASE_WAIT_SECONDS) as writer:
            generation = writer.begin()
        _fill(engine, generation, clock, progress)
        with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
            _settle(writer, session, generation, clock)
            writer.switch(generation)
        _have_recut(words, clock)
        return engine.status().documents


def _fill(engine: Engine, generation: str, clock: Clock, progress: Progress) -> None:
    """Give way between batches, so that what is published meanwhile need not wait."""
    with database.reading() as session:
        keys = _wanted(session)
    for start, batch in _batches(keys):
        with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
            bring(writer, session, batch, at=clock(), only=generation)
        progress(start + len(batch), len(keys))


def _settle(writer: Writer, session: Session, generation: str, clock: Clock) -> None:
    """While nobody else writes, mend what came and went during the filling, and check."""
    wanted, present = _wanted(session), writer.keys(generation)
    for _, batch in _batches([key for key in wanted if key not in present]):
        bring(writer, session, batch, at=clock(), only=generation)
    writer.remove(present.difference(wanted), only=generation)
    if not writer.is_sound(generation):
        raise RebuildIncomplete


def _have_recut(words: frozenset[str], clock: Clock) -> None:
    """If words came or went meanwhile, the first batches do not know them, and may be new to the index."""
    changed = words ^ current.refresh().words
    if changed:
        with database.unit_of_work() as session:
            schedule_recut(session, changed, at=clock())


def _wanted(session: Session) -> list[DocumentKey]:
    return [DocumentKey(name, id_) for name, source in introduced().items() for id_ in source.ids(session)]


def _batches(keys: Sequence[DocumentKey]) -> Iterator[tuple[int, list[DocumentKey]]]:
    """Yield batches of one source each, and where they begin."""
    start = 0
    for _, of_source in groupby(keys, attrgetter("source")):
        theirs = list(of_source)
        for begin in range(0, len(theirs), BATCH):
            yield start + begin, theirs[begin : begin + BATCH]
        start += len(theirs)
