"""Keeping the index in step: look again at what changed, and make the vectors that are still missing."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from sqlmodel import Session

from core import database, jobs
from core.settings import settings
from search import embeddings, engines, meaning, models, reasking, rebuilds
from search.document import DocumentKey
from search.embeddings import MeaningUnavailable
from search.engines.base import (
    EngineDown,
    EngineStatus,
    EngineUnavailable,
    Preparing,
    RebuildRunning,
    WritingBusy,
)
from search.models import ModelUnusable
from search.rebuild import changes_model, give_up, lacks_meaning, rebuild
from search.rebuilds import GIVE_UP, REBUILD, RebuildAbandoned, RebuildPaused
from search.recipes import EmbeddingRecipe
from search.sources import bring, introduce
from search.ticking import ticking

__all__ = [
    "catch_up",
    "ensure",
    "handlers",
    "introduce",
    "needs_rebuild",
    "schedule",
    "status",
    "status_if_any",
]

log = logging.getLogger(__name__)

LOOK_AGAIN = "search.look_again"
BATCH = 200
LEASE_WAIT_SECONDS = 10.0
BUSY_PAUSE, REBUILD_PAUSE = timedelta(seconds=2), timedelta(minutes=1)


def schedule(session: Session, key: DocumentKey, *, at: datetime, run_at: datetime | None = None) -> None:
    """Have the index look at this document again, once the caller's transaction has committed."""
    payload = {"source": key.source, "id": key.id}
    jobs.enqueue(session, LOOK_AGAIN, payload, at=at, run_at=run_at, priority=jobs.URGENT)


def handlers() -> tuple[jobs.Handler, ...]:
    return (
        jobs.Handler(LOOK_AGAIN, _look_again, batch=BATCH, label="更新检索索引"),
        jobs.Handler(REBUILD, _rebuild, label="重建检索索引", lane="slow"),
        jobs.Handler(GIVE_UP, _give_up, label="放弃重建检索索引"),
    )


def catch_up() -> int:
    """Encode a few of the texts that wait for a vector; return how many (0: there are none).

    :raises MeaningUnavailable: if the encoder does not work
    :raises EngineUnavailable: if there is no index
    """
    in_use, done, failed = meaning.recipe(), 0, None
    next_one = models.chosen() if in_use and not rebuilds.is_held() else None
    for recipe in dict.fromkeys((in_use, next_one)):
        try:
            done += _encode_some(recipe) if recipe else 0
        except MeaningUnavailable as error:
            failed = error
    if failed and not done:
        raise failed
    return done


def needs_rebuild() -> bool:
    """Tell whether the index is missing, cannot be used, or must change to another model's vectors.

    While those are being made there is nothing to do; once they are, the rebuild that made room for them is
    called again and switches. Once somebody has given a change up, it is for people to ask for it again.
    """
    try:
        found = status()
    except EngineDown as error:
        log.warning("the search engine does not answer: %s", error)
        return False
    except EngineUnavailable as error:
        log.warning("the search index cannot be used: %s", error)
        return True
    if models.problem() or not found.recipe_differs or rebuilds.is_given_up(models.chosen()):
        return False
    return not lacks_meaning(found) or not _is_wanted(found.preparing)


def ensure(*, at: datetime) -> None:
    """Schedule a rebuild if one is needed, and drop one for a model that is not wanted any more.

    While somebody holds a rebuild, nothing happens: they look after it.
    """
    if rebuilds.is_held():
        return
    _abandon_unwanted()
    if needs_rebuild():
        with database.unit_of_work() as session:
            rebuilds.schedule(session, at=at)


def status() -> EngineStatus:
    """
    :raises EngineUnavailable: if there is no index
    """
    return engines.engine().status()


def status_if_any() -> tuple[EngineStatus | None, EngineUnavailable | None]:
    """Return how the index is, or why nobody can say."""
    try:
        return status(), None
    except EngineUnavailable as failure:
        return None, failure


def _encode_some(recipe: EmbeddingRecipe) -> int:
    """What is published while models are being switched gets its vector of the model in use first."""
    try:
        encoder = embeddings.passage_encoder(recipe)
    except ModelUnusable:  # it was said when its files were looked for
        return 0
    return engines.engine().encode_pending(encoder, settings().embedding_batch)


def _is_wanted(preparing: Preparing | None) -> bool:
    return preparing is not None and preparing.recipe == models.chosen()


def _abandon_unwanted() -> None:
    engine = engines.engine()
    try:
        found = engine.status()
        if found.recipe_differs or models.problem() or not changes_model(found):
            return
        with engine.rebuilding(), engine.writing(wait=LEASE_WAIT_SECONDS) as writer:
            writer.abandon()
    except (EngineUnavailable, RebuildRunning, WritingBusy) as error:
        log.info("what was being built stays for now: %s", type(error).__name__)


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
    except (WritingBusy, EngineDown) as error:
        raise jobs.TryLater(BUSY_PAUSE) from error
    except EngineUnavailable:
        ensure(at=at)  # the rebuild will read these documents too


def _rebuild(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    try:
        rebuild(at)
        if not lacks_meaning(status()):
            reasking.schedule_all(at=at)
    except (RebuildPaused, RebuildAbandoned) as said:
        log.info("%s", said)
    except (RebuildRunning, WritingBusy, EngineUnavailable) as error:
        raise jobs.TryLater(REBUILD_PAUSE) from error


def _give_up(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    try:
        give_up(at)
    except RebuildRunning:
        log.info("whoever rebuilds will notice that it is not wanted")
    except (WritingBusy, EngineUnavailable) as error:
        raise jobs.TryLater(REBUILD_PAUSE) from error
