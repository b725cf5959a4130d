"""A second, closer look at the best: how probable it is that a text answers the question."""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from enum import StrEnum
from functools import cache

import numpy as np

from core.errors import Invalid, Unavailable
from core.settings import settings
from search import model_files
from search.own_process import OwnProcess, Pause, ProcessDied, ProcessFailed, program_of
from search.recent import Recent
from search.text import clean

log = logging.getLogger(__name__)

BUDGET_SECONDS = 0.3
START_SECONDS, HANG_SECONDS = 120.0, 10.0
LONGEST_QUESTION, LONGEST_TEXT = 100, 200
REMEMBERED_PAIRS = 10_000
HARMLESS = ("查询话费", "话费查询：发送 101 到 10068。")

Pair = tuple[str, str]
Told = dict[Pair, float]
_one_at_a_time = threading.Lock()


class RerankingSlow(Unavailable):
    message = "精排模型较慢，本次按基本排序。"


class RerankingUnavailable(Unavailable):
    message = "精排模型暂时不可用，本次按基本排序。"


class ProbabilitiesRefused(Unavailable):
    message = "精排模型给出的结果不可用，本次按基本排序。"


class RerankerNotInstalled(Invalid):
    message = (
        "设置了精排模型（ZHIDA_RERANKER），但没有安装运行它的 sentence-transformers。"
        "请运行 pip install '.[transformers]'，或把 ZHIDA_RERANKER 留空。"
    )


class UnknownReranker(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"找不到精排模型 {name}。请先运行 pip install '.[transformers]' 和 hf download {name} 下载它，"
            "或把 ZHIDA_RERANKER 设为模型所在的文件夹；留空则不用精排。"
        )


class Standing(StrEnum):
    RESTING = "resting"
    STARTING = "starting"
    WORKING = "working"
    LATE = "late"
    FAILING = "failing"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Standing.RESTING: "尚未启动，第一次查询时启动",
    Standing.STARTING: "正在启动，暂按基本排序",
    Standing.WORKING: "正常",
    Standing.LATE: "较慢，上次没有及时答完",
    Standing.FAILING: "出错，暂按基本排序，稍后重新启动",
}


class Reranker:
    """One process that looks at pairs of a question and a text; it is started by the first question."""

    def __init__(self, name: str, program: Sequence[str]) -> None:
        self.name = name
        self._program = tuple(program)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reranker")  # alone, it needs no lock
        self._process: OwnProcess | None = None
        self._waking: Future[None] | None = None
        self._lock = threading.Lock()
        self._is_closed = self._has_failed = self._was_late = False
        self._pause = Pause()
        self._remembered = Recent[Pair, float](REMEMBERED_PAIRS)

    def probabilities(
        self, question: str, texts: Sequence[str], *, budget: float = BUDGET_SECONDS
    ) -> list[float]:
        """Return for each text, from 0 to 1, how probable it is that it answers the question.

        :raises RerankingSlow: if they are not there within the budget, or the model is still being loaded
        :raises RerankingUnavailable: if the process died of it or cannot start
        """
        question = clean(question, LONGEST_QUESTION)
        pairs = [(question, clean(text, LONGEST_TEXT)) for text in texts]
        known = {pair: told for pair in pairs if (told := self._remembered.get(pair)) is not None}
        if unknown := [pair for pair in dict.fromkeys(pairs) if pair not in known]:
            self._refuse_unless_up()
            known |= self._within(budget, self._pool.submit(self._look_at, unknown))
        return [known[pair] for pair in pairs]

    def wake(self, *, seconds: float = START_SECONDS) -> None:
        """Start it and try it out, for somebody who has the time.

        :raises RerankingSlow: if it is not up by then
        :raises RerankingUnavailable: if it does not start or does not work
        """
        until = time.monotonic() + seconds
        try:
            self._begin().result(seconds)
        except TooLate as error:
            raise RerankingSlow from error
        self.probabilities(HARMLESS[0], [HARMLESS[1]], budget=max(0.0, until - time.monotonic()))

    @property
    def standing(self) -> Standing:
        waking = self._waking
        if waking is None:
            return Standing.FAILING if self._has_failed else Standing.RESTING
        if not waking.done():
            return Standing.STARTING
        return Standing.LATE if self._was_late else Standing.WORKING

    def pids(self) -> list[int]:
        return [self._process.pid] if self._process else []

    def close(self) -> None:
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        if process := self._process:
            process.kill()  # whoever waits for it is told at once
        self._pool.shutdown()
        self._end()

    def _refuse_unless_up(self) -> None:
        """Nobody waits while a model is being loaded."""
        if self._pause.holds:
            raise RerankingUnavailable
        standing = self.standing
        if standing in {Standing.RESTING, Standing.STARTING, Standing.FAILING}:
            self._begin()
            raise RerankingUnavailable if standing is Standing.FAILING else RerankingSlow

    def _within(self, budget: float, looking: Future[Told]) -> Told:
        try:
            found = looking.result(budget)
        except TooLate as error:
            looking.cancel()  # if nobody began with it, nobody shall
            self._was_late = True
            raise RerankingSlow from error
        self._was_late = False
        return found

    def _begin(self) -> Future[None]:
        with self._lock:
            if self._waking is None:
                self._waking = self._pool.submit(self._start)
            return self._waking

    def _start(self) -> None:
        self._process = OwnProcess(self._program, start_seconds=START_SECONDS)
        try:
            if self._is_closed:
                raise ProcessDied
            self._process.wait_until_ready()
        except ProcessFailed as error:
            self._failed(error)
            raise RerankingUnavailable from error
        self._has_failed = False

    def _look_at(self, pairs: Sequence[Pair]) -> Told:
        if self._process is None:  # it died of the question before
            raise RerankingUnavailable
        request = {"asked": pairs[0][0], "texts": [text for _, text in pairs]}
        try:
            found = checked(self._process.ask(request, seconds=HANG_SECONDS), len(pairs))
        except (ProcessFailed, ProbabilitiesRefused) as error:
            self._failed(error)
            raise RerankingUnavailable from error
        self._pause.worked()
        told = dict(zip(pairs, found, strict=True))
        for pair, probability in told.items():
            self._remembered.put(pair, probability)  # whoever came too late has it the next time
        return told

    def _failed(self, error: Exception) -> None:
        log.warning("the reranker %s failed: %s", self.name, type(error).__name__)
        self._end()
        self._pause.failed()
        with self._lock:
            self._has_failed, self._waking = True, None

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def checked(payload: bytes, count: int) -> list[float]:
    """Return the probabilities in a reply.

    :raises ProbabilitiesRefused: if they are not so many numbers from 0 to 1
    """
    if len(payload) != 4 * count:
        raise ProbabilitiesRefused
    found = np.frombuffer(payload, dtype="<f4")
    if not bool(np.all((found >= 0) & (found <= 1))):  # NaN is neither
        raise ProbabilitiesRefused
    return [float(probability) for probability in found]


def refuse_missing() -> None:
    """Say before anybody asks that the reranker of the settings cannot be had; nothing heavy is loaded.

    :raises RerankerNotInstalled: if its library is missing
    :raises UnknownReranker: if the model is missing
    """
    name = settings().reranker
    if not name:
        return
    if not model_files.is_installed():
        raise RerankerNotInstalled
    if model_files.folder_of(name) is None:
        raise UnknownReranker(name)


def reranker() -> Reranker | None:
    """Return the reranker of the settings, or None where there is none."""
    with _one_at_a_time:  # two would each start a process
        return _made()


def forget() -> None:
    """End the process, so that the next use starts a new one under the settings of then."""
    with _one_at_a_time:
        if _made.cache_info().currsize and (kept := _made()):
            kept.close()
        _made.cache_clear()


@cache
def _made() -> Reranker | None:
    name = settings().reranker
    program = program_of("reranker_process", name, str(model_files.threads()))
    return Reranker(name, program) if name else None
