"""A first, rough look over very many vectors: every one of them, in four bits a number."""

import threading
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from search.encoder_worker import Vectors

SAMPLE = 20_000
ROUGHLY_BEST = 2_000
SPARE = 8
Mask = npt.NDArray[np.bool_]
Owners = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]


class Growing:
    """An array that grows at its end. A view that a reader took stays as it was."""

    def __init__(self, first: npt.NDArray[Any]) -> None:
        """There is room for more from the first: who comes with one new row must not wait for a copy."""
        self._buffer, self._used = self._with_room(first, len(first)), len(first)

    @property
    def view(self) -> npt.NDArray[Any]:
        return self._buffer[: self._used]

    def append(self, new: npt.NDArray[Any]) -> None:
        needed = self._used + len(new)
        if needed > len(self._buffer):
            self._buffer = self._with_room(self.view, needed)
        self._buffer[self._used : needed] = new
        self._used = needed

    @staticmethod
    def _with_room(held: npt.NDArray[Any], needed: int) -> npt.NDArray[Any]:
        buffer = np.empty((needed + needed // SPARE, *held.shape[1:]), held.dtype)
        buffer[: len(held)] = held
        return buffer


class Coarse:
    """What is nearest by short codes, found among all vectors in the order in which they were added.

    Numbers are cut into sixteen steps, each place of the vector into its own.
    """

    def __init__(self, vectors: Vectors) -> None:
        places = vectors.shape[1]
        self._index: Any = faiss.index_factory(places, f"PQ{places}x4fs", faiss.METRIC_INNER_PRODUCT)
        self._index.train(vectors[:: max(1, len(vectors) // SAMPLE)])
        self._index.add(vectors)
        self._turn = threading.Lock()  # a search while codes are added would read what moves

    def append(self, vectors: Vectors) -> None:
        with self._turn:
            self._index.add(vectors)

    def roughly_best(self, vector: Vectors, allowed: Mask, owners: Owners) -> Rows:
        """Return the rows, among those whose owners are allowed, that are probably nearest, in no order."""
        share = max(1, int(np.count_nonzero(allowed))) / len(allowed)
        wanted = int(ROUGHLY_BEST / share)
        while wanted < len(owners) // SPARE:
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
