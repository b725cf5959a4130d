"""Encoders of the tests: like the real one seen from outside, and quick."""

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from search.embeddings import Awaited
from search.encoder_worker import Vectors
from search.recipes import EmbeddingRecipe
from search.text import grams

RECIPE = EmbeddingRecipe("e5-letters", 48, "1", model="letters of the tests")
OTHER_RECIPE = EmbeddingRecipe("other letters", 32, "1", "ask: ", "text: ", model="others of the tests")


class LetterEncoder:
    """Texts that share characters are near: each gram has a direction, a text is their sum.

    As with the real one, any two texts have so much in common that no cosine is far below 0.8.
    """

    def __init__(self, recipe: EmbeddingRecipe = RECIPE) -> None:
        self.recipe = recipe
        self.cannot_bear: set[str] = set()
        self.is_broken = False
        self.before_it_answers: Callable[[], None] = lambda: None
        self.seen: list[str] = []

    def passages(self, texts: Sequence[str]) -> list[Vectors | None]:
        self.seen += texts
        self.before_it_answers()
        if self.is_broken:
            return [np.full(self.recipe.dimension, np.nan, np.float32) for _ in texts]
        return [None if text in self.cannot_bear else self.vector_of(text) for text in texts]

    def vector_of(self, text: str) -> Vectors:
        sum_ = np.full(self.recipe.dimension, 0.01)
        for gram in grams(text):
            sum_ += np.random.default_rng(zlib.crc32(gram.encode())).standard_normal(self.recipe.dimension)
        own = sum_ / np.linalg.norm(sum_)
        whole = own + 2 / np.sqrt(self.recipe.dimension)
        unit: Vectors = (whole / np.linalg.norm(whole)).astype(np.float32)
        return unit


class AskingLetters:
    """The same for queries; `fails_with` is what becomes of the next one."""

    def __init__(self, encoder: LetterEncoder) -> None:
        self._encoder = encoder
        self.fails_with: Exception | None = None

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._encoder.recipe

    def ask(self, text: str, *, budget: float = 0.3) -> Awaited:
        return _Answer(self._encoder.vector_of(text), self.fails_with)


class _Answer:
    def __init__(self, vector: Vectors, error: Exception | None) -> None:
        self._vector, self._error = vector, error

    def vector(self) -> Vectors:
        if self._error is not None:
            raise self._error
        return self._vector
