"""The workers of a process: quick and slow jobs, missing vectors, an eye on the index and on the lexicon."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from core import clock, database, jobs, regular
from core.errors import Unavailable
from search import embeddings, engines, indexing, meaning, rebuilds, reranking, understanding, watching

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
WATCH_SECONDS = 5.0
WORDS_SECONDS = 0.3
WATCHED_SECONDS = 20.0


@dataclass(frozen=True)
class Round:
    """`work` tells whether it found something to do; if not, it rests, or until there is a new job.

    When something that it needs is away, it pauses: to try at once would do the same work again and again.
    """

    name: str
    work: Callable[[], bool]
    rest_seconds: float = IDLE_SECONDS
    awaits_jobs: bool = True
    pause_seconds: float = IDLE_SECONDS


class Workers:
    """Threads that end when told to; a job that was running goes on elsewhere once its lease is over."""

    def __init__(self, *, with_jobs: bool = True) -> None:
        """Without jobs, only what every process needs that reads queries: lexicon and encoder of now."""
        self._over = threading.Event()
        words = Round("words", watch_words, WORDS_SECONDS, awaits_jobs=False)
        models = Round("models", tend_models, WATCH_SECONDS, awaits_jobs=False)
        rounds = (
            words,
            models,
            Round("quick", lambda: jobs.run_due(clock.now(), lane="quick") > 0),
            Round("slow", lambda: jobs.run_due(clock.now(), lane="slow") > 0),
            Round("vectors", lambda: indexing.catch_up() > 0, pause_seconds=WATCH_SECONDS),
            Round("index", watch_index, WATCH_SECONDS, awaits_jobs=False),
            Round("regular", lambda: regular.enqueue_due(clock.now()) > 0, WATCH_SECONDS, awaits_jobs=False),
            Round("watched queries", _keep_watched, WATCHED_SECONDS, awaits_jobs=False),
        )
        self._threads = [
            threading.Thread(target=self._go_round, args=(one,), name=f"zhida-{one.name}", daemon=True)
            for one in (rounds if with_jobs else (words, models))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        jobs.wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=2 * WATCH_SECONDS)
        embeddings.forget()
        reranking.forget()
        engines.forget()

    def _go_round(self, one: Round) -> None:
        while not self._over.is_set():
            found = _worked(one.work)
            if found:
                continue
            if found is None:
                self._over.wait(one.pause_seconds)
            elif one.awaits_jobs:
                jobs.wake.wait(one.rest_seconds)
                jobs.wake.clear()
            else:
                self._over.wait(one.rest_seconds)


def watch_words() -> bool:
    """Read the words of editors as soon as they change, so that no agent's query waits for that."""
    understanding.refresh()
    return False


def tend_models() -> bool:
    """Have the encoder that speaks for the index ready in time, and end the one before it."""
    meaning.tend()
    return False


def watch_index() -> bool:
    """Have the index built again if somebody deleted it or it cannot be used, unless that is under way."""
    with database.reading() as session:
        under_way = rebuilds.REBUILD in jobs.waiting(session)
    if not under_way:
        indexing.ensure(at=clock.now())
    return False


def _keep_watched() -> bool:
    """Have the watched queries counted and asked when that is due."""
    watching.ensure(at=clock.now())
    return False


def _worked(work: Callable[[], bool]) -> bool | None:
    """Return what the work tells, or None if something that it needs is away."""
    try:
        return work()
    except Unavailable as error:
        log.warning("waiting: %s", error)
        return None
    except Exception:  # a worker that dies would leave its lane without anybody
        log.exception("a round of work failed")
    return False
