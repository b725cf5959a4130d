"""What was found for a query, kept small: who was a candidate by which signal, with the engine's scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from search.configuration import Configuration
from search.document import DocumentKey
from search.engines.base import Scored
from search.hits import Signal
from search.ranking import weights_of

Marks = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


def mark_of(key: DocumentKey) -> int:
    """Return a number that stands for the document: half as long as its key, and as good as unique."""
    return int.from_bytes(blake2b(str(key).encode(), digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True)
class Candidates:
    """One list, best first."""

    marks: Marks
    scores: Scores

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> "Candidates":
        marks = np.array([mark_of(hit.key) for hit in scored], np.int64)
        return cls(marks, np.array([hit.score for hit in scored], np.float32))

    def cut(self, depth: int) -> "Candidates":
        return Candidates(self.marks[:depth], self.scores[:depth])

    def with_score(self, mark: int, score: float) -> "Candidates":
        """Return the list as it is when this document has that score; 0: it is no candidate."""
        others = self.marks != mark
        marks, scores = self.marks[others], self.scores[others]
        if not score:
            return Candidates(marks, scores)
        place = int(np.count_nonzero(scores > score))
        one, its = np.array([mark], np.int64), np.array([score], np.float32)
        return Candidates(
            np.concatenate([marks[:place], one, marks[place:]]),
            np.concatenate([scores[:place], its, scores[place:]]),
        )

    def differs_with(self, mark: int, score: float, nearly: float, depth: int) -> bool:
        """Tell whether the first of the list change when this document has that score."""
        held = self.scores[:depth][self.marks[:depth] == mark]
        if len(held):
            return abs(score - float(held[0])) > nearly * float(held[0])
        return score > 0 and (len(self.scores) < depth or score > float(self.scores[depth - 1]))


Lists = Mapping[Signal, Candidates]


def ranked(lists: Lists, chosen: Configuration) -> Marks:
    """Return the documents, best first, by the sum of the signals as `search.ranking.fuse` makes it."""
    if not lists:
        return np.empty(0, np.int64)
    weights = weights_of(chosen)
    strengths = [weights[signal] * _strengths(signal, one.scores) for signal, one in lists.items()]
    marks, of_mark = np.unique(np.concatenate([one.marks for one in lists.values()]), return_inverse=True)
    sums = np.bincount(of_mark, np.concatenate(strengths), minlength=len(marks))
    best_first: Marks = marks[np.argsort(-sums, kind="stable")]
    return best_first


def place_of(marks: Marks, mark: int) -> int | None:
    """Return the place of a document, counted from 1."""
    places = np.flatnonzero(marks == mark)
    return int(places[0]) + 1 if len(places) else None


def contribution(lists: Lists, signal: Signal, mark: int, chosen: Configuration) -> float:
    """Return what a signal adds to the sum of a document."""
    one = lists.get(signal)
    if one is None or not np.any(one.marks == mark):
        return 0.0
    return float(weights_of(chosen)[signal] * _strengths(signal, one.scores)[one.marks == mark][0])


def pack(lists: Lists) -> tuple[dict[str, int], bytes, bytes]:
    """Return the length of each list, and the documents and scores of all one after the other."""
    ordered = {signal: lists[signal] for signal in Signal if signal in lists}
    counts = {str(signal): len(one.marks) for signal, one in ordered.items()}
    marks = b"".join(one.marks.astype("<i8").tobytes() for one in ordered.values())
    return counts, marks, b"".join(one.scores.astype("<f4").tobytes() for one in ordered.values())


def unpack(counts: Mapping[str, int], marks: bytes, scores: bytes) -> dict[Signal, Candidates]:
    all_marks, all_scores = np.frombuffer(marks, "<i8"), np.frombuffer(scores, "<f4")
    return {
        signal: Candidates(all_marks[start:end], all_scores[start:end])
        for signal, start, end in _stretches(counts)
    }


def _stretches(counts: Mapping[str, int]) -> Iterator[tuple[Signal, int, int]]:
    start = 0
    for signal in Signal:  # what a database gives back has no order
        length = counts.get(signal, 0)
        if signal in counts:
            yield signal, start, start + length
        start += length


def _strengths(signal: Signal, scores: Scores) -> npt.NDArray[np.float64]:
    exact = scores.astype(np.float64)
    if signal is Signal.CODES:
        return np.minimum(1.0, exact)
    if not len(exact) or exact[0] == exact[-1]:
        return np.ones(len(exact))
    strengths: npt.NDArray[np.float64] = (exact - exact[-1]) / (exact[0] - exact[-1])
    return strengths
