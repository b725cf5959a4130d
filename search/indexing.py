"""Keeping the index in step: look again at what changed, and make the vectors that are still missing."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from sqlmodel import Session

from core import database, jobs
from search import embeddings, engines, reasking
from search.document import DocumentKey
from search.engines.base import EngineStatus, EngineUnavailable, RebuildRunning, WritingBusy
from search.rebuild import rebuild
from search.sources import bring, introduce
from search.ticking import ticking

__all__ = [
    "catch_up",
    "ensure",
    "handlers",
    "introduce",
    "needs_rebuild",
    "schedule",
    "schedule_rebuild",
    "status",
]

log = logging.getLogger(__name__)

LOOK_AGAIN, REBUILD = "search.look_again", "search.rebuild"
BATCH = 200
LEASE_WAIT_SECONDS = 10.0
BUSY_PAUSE, REBUILD_PAUSE = timedelta(seconds=2), timedelta(minutes=1)
ENCODED_AT_ONCE = 8


def schedule(session: Session, key: DocumentKey, *, at: datetime, run_at: datetime | None = None) -> None:
    """Have the index look at this document again, once the caller's transaction has committed."""
    payload = {"source": key.source, "id": key.id}
    jobs.enqueue(session, LOOK_AGAIN, payload, at=at, run_at=run_at, priority=jobs.URGENT)


def schedule_rebuild(session: Session, *, at: datetime) -> None:
    """Have the whole index built anew beside the one in use; nothing is added while one already waits."""
    jobs.enqueue(session, REBUILD, {}, at=at, only_once_key=REBUILD)


def handlers() -> tuple[jobs.Handler, ...]:
    return (
        jobs.Handler(LOOK_AGAIN, _look_again, batch=BATCH, label="更新检索索引"),
        jobs.Handler(REBUILD, _rebuild, label="重建检索索引", lane="slow"),
    )


def catch_up() -> int:
    """Encode a few of the texts that wait for a vector; return how many (0: there are none).

    :raises MeaningUnavailable: if the encoder does not work
    :raises EngineUnavailable: if there is no index
    """
    encoder = embeddings.passage_encoder()
    return engines.engine().encode_pending(encoder, ENCODED_AT_ONCE) if encoder else 0


def needs_rebuild() -> bool:
    """Tell whether the index is missing, cannot be used, or has another model's vectors."""
    try:
        return status().recipe_differs
    except EngineUnavailable as error:
        log.warning("the search index cannot be used: %s", type(error).__name__)
        return True


def ensure(*, at: datetime) -> None:
    """Schedule a rebuild if one is needed."""
    if needs_rebuild():
        with database.unit_of_work() as session:
            schedule_rebuild(session, at=at)


def status() -> EngineStatus:
    """
    :raises EngineUnavailable: if there is no index
    """
    return engines.engine().status()


def _look_again(payloads: Sequence[jobs.Payload], at: datetime) -> None:
    """Bring documents up to date in every generation: what is gone is removed, the rest replaced.

    They are read while the right to write is held: whoever writes later has also read later, so that
    neither a rebuild nor another job can put an older text over a newer one.
    """
    clock = ticking(at)
    keys = sorted({DocumentKey(payload["source"], payload["id"]) for payload in payloads})
    try:
        with engines.engine().writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
            for _, theirs in groupby(keys, attrgetter("source")):
                bring(writer, session, list(theirs), at=clock())
        reasking.schedule(keys, at=clock())
    except WritingBusy as error:
        raise jobs.TryLater(BUSY_PAUSE) from error
    except EngineUnavailable:
        ensure(at=at)  # the rebuild will read these documents too


def _rebuild(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    try:
        rebuild(at)
        reasking.schedule_all(at=at)
    except (RebuildRunning, WritingBusy) as error:
        raise jobs.TryLater(REBUILD_PAUSE) from error
