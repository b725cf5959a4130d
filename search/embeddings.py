"""Meaning as vectors: the processes that make them, some for each recipe that is needed."""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import Protocol

from core.errors import Unavailable
from core.settings import settings
from search import models
from search.by_recipe import ByRecipe
from search.encoder_worker import EncoderWorker, Program, Vectors, VectorsRefused
from search.models import ModelUnusable
from search.own_process import Pause, ProcessFailed
from search.recent import Recent
from search.recipes import EmbeddingRecipe
from search.text import clean

QUERY_BUDGET_SECONDS = 0.3
HANG_SECONDS = 3.0
PASSAGES_HANG_SECONDS = 120.0
PATIENT_START_SECONDS = 600.0  # whatever else wants the processor goes first
LONGEST_QUERY, LONGEST_PASSAGE = 200, 300
REMEMBERED_QUERIES = 2000
HARMLESS = "查询话费"


class MeaningSlow(Unavailable):
    message = "语义模型较慢，本次按关键词查找。"


class MeaningUnavailable(Unavailable):
    message = "语义模型暂时不可用，本次按关键词查找。"


class ModelMissing(MeaningUnavailable):
    message = "索引所用的语义模型不在了，本次按关键词查找。"


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

    @property
    def recipe(self) -> EmbeddingRecipe: ...

    def ask(self, text: str, *, budget: float = QUERY_BUDGET_SECONDS) -> Awaited:
        """Begin; the budget counts from now."""
        ...


class QueryEncoder:
    """A few processes that encode what people ask; each thread of the pool owns one."""

    def __init__(self, recipe: EmbeddingRecipe, program: Program, *, processes: int = 2) -> None:
        self._recipe, self._program = recipe, program
        self._pool = ThreadPoolExecutor(processes, thread_name_prefix="query-encoder")
        self._is_closed = False
        self._workers = [EncoderWorker(program, recipe.dimension) for _ in range(processes)]
        self._idle = list(self._workers)
        self._remembered = Recent[tuple[str, bool], Vectors](REMEMBERED_QUERIES)
        self._pause = Pause()
        for worker in self._workers:
            worker.start()

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._recipe

    def ask(self, text: str, *, budget: float = QUERY_BUDGET_SECONDS) -> Awaited:
        return self._begin(clean(text, LONGEST_QUERY), budget, is_query=True)

    def ask_passage(self, text: str, *, budget: float) -> Awaited:
        """Begin with a text that is to be found; who sends one after the other lets queries pass between."""
        return self._begin(clean(text, LONGEST_PASSAGE), budget, is_query=False)

    def _begin(self, text: str, budget: float, *, is_query: bool) -> Awaited:
        known = self._remembered.get((text, is_query))
        if known is not None:
            return _Known(known)
        try:
            future = self._pool.submit(self._encode, text, is_query=is_query)
        except RuntimeError:  # it was closed just now: the index has another recipe
            return Unanswered(MeaningUnavailable())
        return _Asked(future, time.monotonic() + budget)

    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers if worker.pid]

    def close(self) -> None:
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()  # whoever waits for it is told at once
        self._pool.shutdown()
        for worker in self._workers:
            worker.close()

    def _encode(self, text: str, *, is_query: bool) -> Vectors:
        if self._pause.holds or self._is_closed:
            raise MeaningUnavailable
        worker = self._idle.pop()
        try:
            vector: Vectors = worker.encode([text], is_query=is_query, seconds=HANG_SECONDS)[0]
        except (ProcessFailed, VectorsRefused, ModelUnusable) as error:
            self._failed(worker)
            raise MeaningUnavailable from error
        finally:
            self._idle.append(worker)
        self._pause.worked()
        self._remembered.put((text, is_query), vector)
        return vector

    def _failed(self, worker: EncoderWorker) -> None:
        self._pause.failed()
        worker.close()
        if not self._is_closed:
            with suppress(ModelUnusable):  # whoever asks next is told
                worker.start()  # it loads its model while nobody waits


class PassageEncoder:
    """One patient process for the texts of documents; it yields the processor to everything else."""

    def __init__(self, recipe: EmbeddingRecipe, program: Program) -> None:
        self._recipe = recipe
        self._program = lambda: (*program(), "--background")
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
            self._worker = EncoderWorker(
                self._program, self._recipe.dimension, start_seconds=PATIENT_START_SECONDS
            )
        try:
            return self._worker.encode(texts, is_query=False, seconds=PASSAGES_HANG_SECONDS)
        except (ProcessFailed, VectorsRefused, ModelUnusable) as error:
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
        except CancelledError as error:
            raise MeaningUnavailable from error


class Unanswered:
    """A vector that nobody makes."""

    def __init__(self, error: MeaningUnavailable) -> None:
        self._error = error

    def vector(self) -> Vectors:
        raise self._error


def _make_query_encoder(recipe: EmbeddingRecipe, program: Program) -> QueryEncoder:
    return QueryEncoder(recipe, program, processes=settings().encoder_processes)


_asking, _encoding = ByRecipe(_make_query_encoder), ByRecipe(PassageEncoder)


def query_encoder(wanted: EmbeddingRecipe) -> QueryEncoder:
    """
    :raises ModelUnusable: if the recipe's model is not here any more
    """
    return _asking.of(wanted)


def passage_encoder(wanted: EmbeddingRecipe) -> PassageEncoder:
    """
    :raises ModelUnusable: if the recipe's model is not here any more
    """
    return _encoding.of(wanted)


def keep_only(recipes: Collection[EmbeddingRecipe]) -> None:
    """End the processes of all other recipes."""
    for kept in (_asking, _encoding):
        kept.keep_only({recipe.fingerprint for recipe in recipes})


def forget() -> None:
    """End the processes, so that the next use starts new ones under the settings of then."""
    keep_only(())
    for kept in (_asking, _encoding):
        kept.look_again()
    models.forget()
