"""Meaning alone: every passage's cosine with the query, exactly, and a document's is its best."""

from collections.abc import Sequence

import numpy as np

from benchmarks.batches import batches
from benchmarks.kept_vectors import patient_vector
from search.document import SearchDocument
from search.embeddings import Asking, Encoder
from search.encoder_worker import Vectors
from search.passages import passages_of

ENCODED_AT_ONCE = 64


class Dense:
    name = "dense alone, exact"

    def __init__(self, passages: Encoder, asking: Asking) -> None:
        self._passages, self._asking = passages, asking
        self._ids: list[str] = []

    def index(self, documents: Sequence[SearchDocument]) -> None:
        said = [(owner, text) for owner, one in enumerate(documents) for text in passages_of(one)]
        made: list[tuple[int, Vectors]] = []
        for batch in batches(said, ENCODED_AT_ONCE):
            vectors = self._passages.passages([text for _, text in batch])
            made += [(owner, one) for (owner, _), one in zip(batch, vectors, strict=True) if one is not None]
        owners = np.array([owner for owner, _ in made])
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))  # a document's passages lie side by side
        self._ids = [documents[owner].key.id for owner in owners[self._starts]]
        self._vectors = np.stack([one for _, one in made])

    def ask(self, text: str, limit: int) -> list[str]:
        vector = patient_vector(self._asking, text)
        best = np.maximum.reduceat(self._vectors @ vector, self._starts)
        wanted = min(limit, len(best))
        top = np.argpartition(best, len(best) - wanted)[-wanted:]
        return [self._ids[place] for place in top[np.argsort(-best[top], kind="stable")]]
