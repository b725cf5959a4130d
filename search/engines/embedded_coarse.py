"""A first, rough look over very many vectors, in the few directions that tell them apart."""

from typing import Any

import numpy as np
import numpy.typing as npt

from search.encoder_worker import Vectors

DIRECTIONS = 128
SAMPLE = 20_000
ROUGHLY_BEST = 4500
SEEN_FOR_THRESHOLD = 16_384
Mask = npt.NDArray[np.bool_]
Owners = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]


class Growing:
    """An array that grows at its end. A view that a reader took stays as it was."""

    def __init__(self, first: npt.NDArray[Any]) -> None:
        self._buffer, self._used = first, len(first)

    @property
    def view(self) -> npt.NDArray[Any]:
        return self._buffer[: self._used]

    def append(self, new: npt.NDArray[Any]) -> None:
        if not self._used:
            self._buffer, self._used = new, len(new)
            return
        needed = self._used + len(new)
        if needed > len(self._buffer):
            larger = np.empty((needed + needed // 4, *self._buffer.shape[1:]), self._buffer.dtype)
            larger[: self._used] = self.view
            self._buffer = larger
        self._buffer[self._used : needed] = new
        self._used = needed


class Coarse:
    """Principal directions of the vectors about their mean, and every vector's place along them.

    Embeddings of one language crowd in a narrow cone: without taking the mean away, the first direction
    would be the cone's axis and say nothing.
    """

    def __init__(self, vectors: Vectors) -> None:
        sample = vectors[:: max(1, len(vectors) // SAMPLE)].astype(np.float64)
        self._mean = sample.mean(axis=0).astype(np.float32)
        _, directions = np.linalg.eigh(np.cov(sample, rowvar=False))
        self._directions = np.ascontiguousarray(directions[:, -DIRECTIONS:], dtype=np.float32)
        self._places = Growing(self._place(vectors))

    def append(self, vectors: Vectors) -> None:
        self._places.append(self._place(vectors))

    @property
    def view(self) -> "CoarseView":
        return CoarseView(self._directions, self._places.view)

    def _place(self, vectors: Vectors) -> Vectors:
        placed: Vectors = vectors @ self._directions - self._mean @ self._directions
        return placed


class CoarseView:
    """What one reader sees of it."""

    def __init__(self, directions: Vectors, places: Vectors) -> None:
        self._directions, self._places = directions, places

    def roughly_best(self, vector: Vectors, allowed: Mask, owners: Owners) -> Rows:
        """Return the rows, among those whose owners are allowed, that are probably nearest, in no order."""
        scores = self._places @ (vector @ self._directions)
        rows = np.flatnonzero(scores > self._threshold(scores, allowed, owners))
        rows = rows[allowed[owners[rows]]]
        if len(rows) >= ROUGHLY_BEST:
            return rows
        rows = np.flatnonzero(allowed[owners])  # the sample misled: look at everything
        if len(rows) <= ROUGHLY_BEST:
            return rows
        return rows[np.argpartition(scores[rows], -ROUGHLY_BEST)[-ROUGHLY_BEST:]]

    def _threshold(self, scores: Vectors, allowed: Mask, owners: Owners) -> float:
        """Return the score that somewhat more than `ROUGHLY_BEST` rows reach, judging by every nth row."""
        step = max(1, len(scores) // SEEN_FOR_THRESHOLD)
        seen = scores[::step][allowed[owners[::step]]]
        wanted = ROUGHLY_BEST * 5 // (4 * step)
        return float(np.partition(seen, -wanted)[-wanted]) if 0 < wanted < len(seen) else -np.inf
