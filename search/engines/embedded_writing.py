"""Changing the embedded index, under its lock: every generation that is in use or being built."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from search.document import DocumentKey, SearchDocument
from search.encoder_worker import Vectors
from search.engines import embedded_vectors, embedded_words
from search.engines.base import EngineUnavailable, IndexMissing
from search.engines.embedded_folder import IndexFolder, Pointer
from search.engines.embedded_terms import Cut
from search.engines.embedded_vectors import NO_RECIPE, VectorStore
from search.recipes import EmbeddingRecipe

WORDS, VECTORS = "words", "vectors.sqlite3"


class EmbeddedWriter:
    """What may be done while the lock is held.

    Vectors are committed before words: a document that words find is then always known to the memory
    that checks its filters. A crash in between is mended by doing the same again, which its job will.
    """

    def __init__(self, folder: IndexFolder, recipe: EmbeddingRecipe | None, cut: Cut) -> None:
        self._folder, self._recipe, self._cut = folder, recipe, cut

    def put(self, documents: Iterable[SearchDocument], *, only: str | None = None) -> None:
        documents = list({document.key: document for document in documents}.values())
        if not documents:
            return
        pointer = self._folder.pointer()
        for generation in self._targets(pointer, only):
            with closing(vectors_in(self._folder, generation)) as store:
                numbers = store.put(documents, known=self._same_recipe(pointer, generation, store))
            numbered = dict(zip(numbers, documents, strict=True))
            embedded_words.write(self._folder.path(generation) / WORDS, numbered, (), self._cut)

    def remove(self, keys: Iterable[DocumentKey], *, only: str | None = None) -> None:
        keys = list(keys)
        if not keys:
            return
        for generation in self._targets(self._folder.pointer(), only):
            with closing(vectors_in(self._folder, generation)) as store:
                store.remove(keys)
            embedded_words.write(self._folder.path(generation) / WORDS, {}, keys, self._cut)

    def encoded(self, vectors: Mapping[bytes, Vectors | None], *, made_by: EmbeddingRecipe) -> None:
        """Keep what was encoded, wherever vectors of that recipe belong."""
        for generation in self._folder.pointer().written:
            with closing(vectors_in(self._folder, generation)) as store:
                if store.fingerprint == made_by.fingerprint:
                    store.encoded(vectors)

    def begin(self, *, keep_recipe: bool = False) -> str:
        pointer = self._usable_pointer()
        recipe = self._recipe_of(pointer.current) if keep_recipe and pointer.current else self._recipe
        generation = self._folder.make()
        path = self._folder.path(generation)
        embedded_words.create(path / WORDS)
        embedded_vectors.create(path / VECTORS, recipe)
        begun = replace(pointer, building=generation)
        self._folder.point(begun)
        self._folder.sweep(begun)
        return generation

    def abandon(self) -> None:
        left = replace(self._folder.pointer(), building=None)
        self._folder.point(left)
        self._folder.sweep(left)

    def keys(self, generation: str) -> set[DocumentKey]:
        return set(self.digests(generation))

    def digests(self, generation: str) -> dict[DocumentKey, str]:
        with closing(vectors_in(self._folder, generation)) as store:
            return store.digests()

    def is_sound(self, generation: str) -> bool:
        words = embedded_words.WordIndex(self._folder.path(generation) / WORDS).latest()
        with closing(vectors_in(self._folder, generation)) as store:
            return words.documents == store.documents()

    def switch(self, generation: str) -> None:
        pointer = self._folder.pointer()
        with closing(vectors_in(self._folder, generation)) as store:
            known = self._same_recipe(pointer, generation, store)
            if known is not None:
                store.adopt(known)
        switched = Pointer(current=generation, previous=pointer.current)
        self._folder.point(switched)
        self._folder.sweep(switched)

    def _recipe_of(self, generation: str) -> EmbeddingRecipe | None:
        with closing(vectors_in(self._folder, generation)) as store:
            return store.recipe

    def _usable_pointer(self) -> Pointer:
        """Return the pointer without a current generation that nobody can open any more."""
        try:
            pointer = self._folder.pointer()
            if pointer.current:
                self.is_sound(pointer.current)
        except EngineUnavailable:
            return Pointer()
        return pointer

    def _targets(self, pointer: Pointer, only: str | None) -> tuple[str, ...]:
        targets = (only,) if only else pointer.written
        if not targets:
            raise IndexMissing
        return targets

    def _same_recipe(self, pointer: Pointer, generation: str, store: VectorStore) -> Path | None:
        """Return where the current generation keeps vectors that this other one may take over."""
        if pointer.current in {None, generation}:
            return None
        with closing(vectors_in(self._folder, str(pointer.current))) as current:
            same = current.fingerprint == store.fingerprint != NO_RECIPE
        return self._folder.path(str(pointer.current)) / VECTORS if same else None


def vectors_in(folder: IndexFolder, generation: str) -> VectorStore:
    return VectorStore(folder.path(generation) / VECTORS)
