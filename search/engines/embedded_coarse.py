"""A first, rough look over very many vectors: every one of them, in two bits a number."""

import threading
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from search.encoder_worker import Vectors

SAMPLE, ROUNDS = 20_000, 8
ROUGHLY_BEST = 8_000
MOST_OF_ALL = 4  # a rough look at more than a fourth of all costs more than an exact look
Mask = npt.NDArray[np.bool_]
Owners = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]


class Coarse:
    """What is nearest by short codes, found among all vectors in the order in which they were added.

    Two numbers of a vector are one of sixteen pairs, which are chosen for each two places by themselves.
    """

    def __init__(self, vectors: Vectors) -> None:
        places = vectors.shape[1]
        parts = places // 2 if places % 2 == 0 else places
        made: Any = faiss.index_factory(places, f"PQ{parts}x4fs", faiss.METRIC_INNER_PRODUCT)
        made.pq.cp.niter = ROUNDS
        made.train(vectors[:: max(1, len(vectors) // SAMPLE)])
        made.add(vectors)
        self._index = made
        self._turn = threading.Lock()  # a search while codes are added would read what moves

    def append(self, vectors: Vectors) -> None:
        with self._turn:
            self._index.add(vectors)

    def roughly_best(self, vector: Vectors, allowed: Mask, owners: Owners) -> Rows:
        """Return the rows, among those whose owners are allowed, that are probably nearest, in no order."""
        share = max(1, int(np.count_nonzero(allowed))) / len(allowed)
        wanted = int(ROUGHLY_BEST / share)
        while wanted < len(owners) // MOST_OF_ALL:
            rows = self._nearest(vector, wanted)
            rows = rows[rows < len(owners)]  # what was added since is not in this reader's moment
            rows = rows[allowed[owners[rows]]]
            if len(rows) >= ROUGHLY_BEST // 2:
                return rows
            wanted *= 4  # what is near is mostly of others
        return np.flatnonzero(allowed[owners])

    def _nearest(self, vector: Vectors, most: int) -> Rows:
        with self._turn:
            _, rows = self._index.search(vector[np.newaxis], most)
        found: Rows = rows[0]
        return found[found >= 0]
