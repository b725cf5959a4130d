"""The workers of a process: quick jobs, slow jobs, and the vectors that still have to be made."""

import logging
import threading
from collections.abc import Callable

from core import clock, jobs
from core.errors import Unavailable
from search import embeddings, engines, indexing

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


class Workers:
    """Threads that end when told to; a job that was running goes on elsewhere once its lease is over."""

    def __init__(self) -> None:
        self._over = threading.Event()
        rounds: dict[str, Callable[[], bool]] = {
            "quick": lambda: jobs.run_due(clock.now(), lane="quick") > 0,
            "slow": lambda: jobs.run_due(clock.now(), lane="slow") > 0,
            "vectors": lambda: indexing.catch_up() > 0,
        }
        self._threads = [
            threading.Thread(target=self._work, args=(round_,), name=f"zhida-{name}", daemon=True)
            for name, round_ in rounds.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        jobs.wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)
        embeddings.forget()
        engines.forget()

    def _work(self, one_round: Callable[[], bool]) -> None:
        while not self._over.is_set():
            if not self._try(one_round):
                jobs.wake.wait(IDLE_SECONDS)
                jobs.wake.clear()

    def _try(self, one_round: Callable[[], bool]) -> bool:
        try:
            return one_round()
        except Unavailable as error:
            log.warning("waiting: %s", error)
        except Exception:  # a worker that dies would leave its lane without anybody
            log.exception("a round of work failed")
        return False
