"""The contract that every engine keeps. tests/search/engine_contract.py is its other half."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import Conflict, Unavailable
from search.document import DocumentKey, SearchDocument
from search.embeddings import Encoder
from search.encoder_worker import Vectors
from search.hits import Signal
from search.query import SearchQuery
from search.recipes import EmbeddingRecipe

CATCHING_UP_SHARE, MOST_WAITING = 0.02, 1000


class EngineUnavailable(Unavailable):
    message = "检索引擎暂时没有响应，请稍后再试。"


class EngineDown(EngineUnavailable):
    """It cannot be asked for the moment; the index is as it was, and comes back with it."""

    message = "检索服务器暂时没有响应，恢复后自动继续。"


class IndexMissing(EngineUnavailable):
    message = "还没有检索索引，正在重建，几分钟后再试。"


class IndexOutOfDate(EngineUnavailable):
    message = "检索索引是旧版程序建的，需要重建后才能查询。"


class RecipeDiffers(Unavailable):
    message = "索引里的语义向量来自另一个模型，新的向量准备好后才能按语义查找。"


class WritingBusy(Unavailable):
    message = "另一个进程正在写检索索引，稍后会自动重试。"


class RebuildRunning(Conflict):
    message = "索引重建已在进行，请等它完成后再试。"


@dataclass(frozen=True, slots=True)
class Scored:
    key: DocumentKey
    score: float


@dataclass(frozen=True)
class Matches:
    """One ranked list for each signal that was asked, best first; the scores are the engine's own.

    `encoded`: about what share of the texts has a vector yet. `catching_up`: so many have none that it must
    be said.
    """

    by_signal: Mapping[Signal, tuple[Scored, ...]] = field(default_factory=dict)
    encoded: float = 1.0
    catching_up: bool = False

    def __or__(self, other: "Matches") -> "Matches":
        return Matches(
            {**self.by_signal, **other.by_signal},
            min(self.encoded, other.encoded),
            self.catching_up or other.catching_up,
        )


def with_meaning(nearest: Sequence[Scored], *, encoded: int, waiting: int) -> Matches:
    """Return what was nearest among so many texts, while so many others have no vector yet."""
    some = min(MOST_WAITING, CATCHING_UP_SHARE * encoded)
    share = encoded / (encoded + waiting) if waiting else 1.0
    return Matches({Signal.MEANING: tuple(nearest)}, share, catching_up=waiting > some)


@dataclass(frozen=True)
class Progress:
    """How many of the texts that should have a vector have been dealt with."""

    done: int
    total: int

    @property
    def pending(self) -> int:
        return self.total - self.done


@dataclass(frozen=True)
class Preparing:
    """The generation that is being built: the recipe of its vectors, and how many are made."""

    generation: str
    recipe: EmbeddingRecipe | None
    meaning: Progress


@dataclass(frozen=True)
class EngineStatus:
    """`recipe` is that of the vectors people search now; `recipe_differs`: it is not the engine's."""

    generation: str
    documents: int
    meaning: Progress
    building: str | None = None
    recipe_differs: bool = False
    recipe: EmbeddingRecipe | None = None
    preparing: Preparing | None = None


class Writer(Protocol):
    """Changes to the index, made by the one process that holds the right to write.

    Changes reach the current generation and the one that is being built, unless one is named.
    """

    def put(self, documents: Iterable[SearchDocument], *, only: str | None = None) -> None:
        """Add or replace; when this returns, the words can be found and nothing is lost by a crash.

        :raises EngineUnavailable: if there is no generation to write to
        """
        ...

    def remove(self, keys: Iterable[DocumentKey], *, only: str | None = None) -> None: ...

    def begin(self, *, keep_recipe: bool = False) -> str:
        """Start an empty generation beside the current one; one that was left unfinished is dropped.

        Its vectors will be of the engine's recipe; with `keep_recipe`, of the current generation's.
        """
        ...

    def abandon(self) -> None:
        """Drop the generation that is being built, if there is one."""
        ...

    def keys(self, generation: str) -> set[DocumentKey]: ...

    def digests(self, generation: str) -> dict[DocumentKey, str]:
        """Return the digest of each document as it was indexed; another one if its parts do not agree."""
        ...

    def is_sound(self, generation: str) -> bool:
        """Tell whether all parts of the generation count the same documents."""
        ...

    def switch(self, generation: str) -> None:
        """Let everybody search this generation from now on; the one before is kept, older ones go."""
        ...


class Trial(Protocol):
    """A document that is not in the index, or not as it stands there, scored as if it were."""

    def scores(self, query: SearchQuery) -> dict[Signal, float]:
        """Return the score that `match_words` would give it, by each signal that it matches."""
        ...

    def share(self, query: SearchQuery) -> float:
        """Return what `share_found` would."""
        ...


class Engine(Protocol):
    """`in_one_trip`: `match` costs less than its two halves, so that it is worth to have the vector first."""

    @property
    def in_one_trip(self) -> bool: ...

    def standing(self, query: SearchQuery) -> Hashable | None:
        """Return what stays equal while the documents that this query may find, and all that they are scored
        with, stay the same; None from an engine that cannot tell for much less than a search.

        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def match(self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe) -> Matches:
        """Return what `match_words` and `match_meaning` do.

        :raises EngineUnavailable: if there is nothing to look in
        :raises RecipeDiffers: if the current generation's vectors were not made by the same recipe
        """
        ...

    def digests(self) -> dict[DocumentKey, str]:
        """Return what `Writer.digests` does of what people search, while others may be writing.

        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def match_words(self, query: SearchQuery, limit: int) -> Matches:
        """Return what shares words, grams or codes with the query, valid then and within its filters.

        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def recipe(self) -> EmbeddingRecipe | None:
        """Return the recipe that the current generation was begun with; asked for every query.

        It is kept whole with each generation, so that queries can be encoded by it after the engine's own
        has changed. Another process may learn of a switch a tenth of a second late: until then what it has
        encoded is refused.

        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def match_meaning(
        self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe
    ) -> Matches:
        """Return what is nearest to the query's vector by the best of its texts, as cosines.

        :raises EngineUnavailable: if there is nothing to look in
        :raises RecipeDiffers: if the current generation's vectors were not made by the same recipe
        """
        ...

    def share_found(self, query: SearchQuery, keys: Sequence[DocumentKey]) -> dict[DocumentKey, float]:
        """Return, from 0 to 1, how much of what was asked is in each document; what is rare counts more."""
        ...

    def containing(self, term: str, most: int) -> list[DocumentKey]:
        """Return documents in which all neighbouring characters of the term stand, wherever they stand.

        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def trial(self, document: SearchDocument) -> Trial:
        """Return how this document would score against the index as it is; nothing is written.

        :raises EngineUnavailable: if there is nothing to compare with
        """
        ...

    def known_vectors(self, texts: Sequence[str], *, made_by: EmbeddingRecipe) -> dict[str, Vectors]:
        """Return the vectors of those texts that some document has and that are encoded.

        :raises RecipeDiffers: if the current generation's vectors were not made by the same recipe
        """
        ...

    def writing(self, *, wait: float) -> AbstractContextManager[Writer]:
        """
        :raises WritingBusy: if another process keeps the right to write for longer than `wait` seconds
        """
        ...

    def rebuilding(self) -> AbstractContextManager[None]:
        """
        :raises RebuildRunning: if somebody else is at it
        """
        ...

    def encode_pending(self, encoder: Encoder, most: int) -> int:
        """Encode some of the texts that still lack a vector, the latest change first; return how many.

        Only in a generation of the encoder's recipe: the current one, or, where the current one has vectors
        of another recipe, the one that is being built to take its place.

        Any number of processes may be at it; no text is taken by two of them at a time.

        :raises MeaningUnavailable: if the encoder does not work
        :raises WritingBusy: if another process is at it and does not get on
        """
        ...

    def status(self) -> EngineStatus:
        """
        :raises EngineUnavailable: if there is nothing to look in
        """
        ...

    def close(self) -> None: ...
