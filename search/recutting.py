"""Cutting documents anew when a domain word came or went: found by their characters, a few at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from core import database, jobs
from search import engines
from search.document import DocumentKey
from search.engines.base import Engine, EngineUnavailable, WritingBusy
from search.lexicon.changing import RECUT
from search.sources import bring
from search.ticking import ticking

MOST_DOCUMENTS = 1_000_000
WORDS_AT_ONCE = 20
CHUNK = 50
LEASE_WAIT_SECONDS = 10.0
BUSY_PAUSE, MISSING_PAUSE = timedelta(seconds=2), timedelta(seconds=30)


def handler() -> jobs.Handler:
    return jobs.Handler(RECUT, _recut, batch=WORDS_AT_ONCE, label="按新词更新索引", lane="slow")


def _recut(payloads: Sequence[jobs.Payload], at: datetime) -> None:
    """Between chunks the right to write is given back, so that what is published meanwhile goes first.

    Without an index it waits for one: a rebuild that has begun may have cut some documents already.
    """
    clock = ticking(at)
    engine = engines.engine()
    try:
        keys = _touched(engine, {word for payload in payloads for word in payload["words"]})
        for chunk in _chunks(keys):
            with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
                bring(writer, session, chunk, at=clock())
    except WritingBusy as error:
        raise jobs.TryLater(BUSY_PAUSE) from error
    except EngineUnavailable as error:
        raise jobs.TryLater(MISSING_PAUSE) from error


def _touched(engine: Engine, words: Iterable[str]) -> list[DocumentKey]:
    """Return each document once, however many of the words it contains."""
    return sorted({key for word in sorted(words) for key in engine.containing(word, MOST_DOCUMENTS)})


def _chunks(keys: Sequence[DocumentKey]) -> Iterable[list[DocumentKey]]:
    """Yield a few of one source at a time."""
    for _, of_source in groupby(keys, attrgetter("source")):
        theirs = list(of_source)
        for start in range(0, len(theirs), CHUNK):
            yield theirs[start : start + CHUNK]
