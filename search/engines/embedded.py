"""The embedded engine: words in tantivy, vectors in SQLite and memory, no server."""

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tantivy import Query

from search.document import DocumentKey, SearchDocument
from search.embeddings import Encoder
from search.encoder_worker import Vectors, is_sound
from search.engines import embedded_queries, embedded_terms
from search.engines.base import (
    EngineStatus,
    IndexMissing,
    Matches,
    Preparing,
    RecipeDiffers,
    Scored,
    Trial,
    Writer,
    WritingBusy,
    with_meaning,
)
from search.engines.bm25_trial import Bm25Trial
from search.engines.embedded_coarse import Mask
from search.engines.embedded_folder import IndexFolder, Stamp
from search.engines.embedded_nearest import Memory, Snapshot
from search.engines.embedded_terms import Cut
from search.engines.embedded_vectors import VectorStore
from search.engines.embedded_words import Numbered, WordIndex, Words, shipped_words
from search.engines.embedded_writing import WORDS, EmbeddedWriter, vectors_in
from search.engines.rights import file_rights
from search.hits import Signal
from search.query import SearchQuery
from search.recipes import EmbeddingRecipe

SPARE = 2
ENCODED_WAIT_SECONDS = 60.0
_OPENINGS = count()


@dataclass(frozen=True)
class _Opened:
    """A generation as this process reads it. `number` is another one each time that it is opened."""

    number: int
    stamp: Stamp
    generation: str
    words: WordIndex
    store: VectorStore
    memory: Memory
    recipe: EmbeddingRecipe | None


class EmbeddedEngine:
    """Any number of threads and processes search; whoever holds the folder's lock writes."""

    in_one_trip = False

    def __init__(self, root: Path, recipe: EmbeddingRecipe | None, cut: Cut = shipped_words) -> None:
        """`cut` returns the words of a text that is being indexed."""
        self._folder, self._recipe, self._cut = IndexFolder(root), recipe, cut
        self._rights = file_rights(root)
        self._opening = threading.Lock()
        self._current: _Opened | None = None

    def standing(self, query: SearchQuery) -> Hashable:
        opened = self._open()
        words, snapshot = opened.words.commit(), opened.memory.latest()
        return opened.number, words, snapshot.version, snapshot.allowed_since(query.filters, query.at)

    def match_words(self, query: SearchQuery, limit: int) -> Matches:
        words, snapshot = self._latest()
        allowed = snapshot.allowed(query.filters, query.at)
        signals = {
            Signal.WORDS: words.by_words,
            Signal.GRAMS: words.by_grams,
            Signal.PINYIN: words.by_sound,
            Signal.CODES: words.by_codes,
        }
        return Matches(
            {signal: _allowed(search, query, snapshot, allowed, limit) for signal, search in signals.items()}
        )

    def recipe(self) -> EmbeddingRecipe | None:
        return self._open().recipe

    def match(self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe) -> Matches:
        return self.match_words(query, limit) | self.match_meaning(query, vector, limit, made_by=made_by)

    def match_meaning(
        self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe
    ) -> Matches:
        opened = self._open()
        if opened.recipe != made_by:
            raise RecipeDiffers
        snapshot = opened.memory.latest()
        allowed = snapshot.allowed(query.filters, query.at)
        if query.is_constrained:
            near = snapshot.nearest(vector, allowed, SPARE * limit)
            numbers = snapshot.numbers_of(hit.key for hit in near)
            fitting = opened.words.latest().satisfying(query, list(numbers))
            kept = {numbers[number] for number in fitting}
            nearest = [hit for hit in near if hit.key in kept][:limit]
        else:
            nearest = snapshot.nearest(vector, allowed, limit)
        return with_meaning(nearest, encoded=len(snapshot.owners), waiting=snapshot.waiting)

    def share_found(self, query: SearchQuery, keys: Sequence[DocumentKey]) -> dict[DocumentKey, float]:
        words, snapshot = self._latest()
        numbers = snapshot.numbers_of(keys)
        return {numbers[number]: share for number, share in words.shares(query, list(numbers)).items()}

    def containing(self, term: str, most: int) -> list[DocumentKey]:
        words, snapshot = self._latest()
        return snapshot.keys_of(words.containing(term, most))

    def trial(self, document: SearchDocument) -> Trial:
        words, _ = self._latest()
        return Bm25Trial(words, embedded_terms.fields_of(document, self._cut))

    def known_vectors(self, texts: Sequence[str], *, made_by: EmbeddingRecipe) -> dict[str, Vectors]:
        opened = self._open()
        if opened.recipe != made_by:
            raise RecipeDiffers
        with closing(vectors_in(self._folder, opened.generation)) as store:
            return store.known(texts)

    @contextmanager
    def writing(self, *, wait: float) -> Iterator[Writer]:
        with self._rights.writing(wait):
            yield EmbeddedWriter(self._folder, self._recipe, self._cut)

    def rebuilding(self) -> AbstractContextManager[None]:
        return self._rights.rebuilding()

    def digests(self) -> dict[DocumentKey, str]:
        return EmbeddedWriter(self._folder, self._recipe, self._cut).digests(self._open().generation)

    def encode_pending(self, encoder: Encoder, most: int) -> int:
        """One process encodes at a time: they are of one machine, and would all take the same texts."""
        with self._rights.encoding(0, wait=ENCODED_WAIT_SECONDS) as mine:
            if not mine:
                raise WritingBusy
            return self._encode(encoder, most)

    def _encode(self, encoder: Encoder, most: int) -> int:
        generation = self._to_encode(encoder.recipe)
        if generation is None:
            return 0
        with closing(vectors_in(self._folder, generation)) as store:
            waiting = store.pending(most)
        if not waiting:
            return 0
        made = [
            vector if vector is not None and is_sound(vector, encoder.recipe.dimension) else None
            for vector in encoder.passages([passage.text for passage in waiting])
        ]
        with self._rights.writing(ENCODED_WAIT_SECONDS):
            writer = EmbeddedWriter(self._folder, self._recipe, self._cut)
            hashes = (passage.hash for passage in waiting)
            writer.encoded(dict(zip(hashes, made, strict=True)), made_by=encoder.recipe)
        return len(waiting)

    def status(self) -> EngineStatus:
        opened, preparing = self._open(), self._preparing()
        with closing(vectors_in(self._folder, opened.generation)) as store:
            return EngineStatus(
                generation=opened.generation,
                documents=opened.words.latest().documents,
                meaning=store.progress(),
                building=preparing.generation if preparing else None,
                recipe_differs=store.recipe != self._recipe,
                recipe=store.recipe,
                preparing=preparing,
            )

    def close(self) -> None:
        if self._current is not None:
            self._current.store.close()
            self._current = None

    def _to_encode(self, recipe: EmbeddingRecipe) -> str | None:
        """Return the generation that takes vectors of this recipe."""
        pointer = self._folder.pointer()
        for generation in pointer.written:
            with closing(vectors_in(self._folder, generation)) as store:
                if store.fingerprint == recipe.fingerprint:
                    return generation
                if store.recipe is None:  # whatever takes its place takes it at once
                    return None
        return None

    def _preparing(self) -> Preparing | None:
        generation = self._folder.pointer().building
        if generation is None:
            return None
        with closing(vectors_in(self._folder, generation)) as store:
            return Preparing(generation, store.recipe, store.progress())

    def _latest(self) -> tuple[Words, Snapshot]:
        """Return words first and then the documents' filters, which therefore cover all of the words."""
        opened = self._open()
        return opened.words.latest(), opened.memory.latest()

    def _open(self) -> _Opened:
        stamp = self._folder.stamp()
        if self._current is None or self._current.stamp != stamp:
            with self._opening:
                self._current = self._reopened(stamp, self._current)
        return self._current

    def _reopened(self, stamp: Stamp, known: _Opened | None) -> _Opened:
        generation = self._folder.pointer().current
        if generation is None:
            raise IndexMissing
        if known is not None and known.generation == generation:
            return replace(known, stamp=stamp)
        store = vectors_in(self._folder, generation)
        recipe = store.recipe
        opened = _Opened(
            number=next(_OPENINGS),
            stamp=stamp,
            generation=generation,
            words=WordIndex(self._folder.path(generation) / WORDS),
            store=store,
            memory=Memory(store, recipe.dimension if recipe else 0),
            recipe=recipe,
        )
        opened.memory.latest()
        return opened


def _allowed(
    search: Callable[[SearchQuery, int, Query | None], Numbered],
    query: SearchQuery,
    snapshot: Snapshot,
    allowed: Mask,
    limit: int,
) -> tuple[Scored, ...]:
    """Search without the filters, which is fast, and only where too few are left, within them."""
    if not query.is_constrained:
        depth = limit + limit // 4
        found = search(query, depth, None)
        kept = snapshot.keep_allowed(found, allowed, limit)
        if len(kept) == limit or len(found) < depth:
            return tuple(kept)
    found = search(query, SPARE * limit, embedded_queries.within(query))
    return tuple(snapshot.keep_allowed(found, allowed, limit))
