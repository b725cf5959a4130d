"""Whether the texts that Elasticsearch names are the nearest: recall@100 against all vectors, exactly."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

import numpy as np
import numpy.typing as npt

from benchmarks.on_elasticsearch import MEANING, Place
from core import clock
from search.encoder_worker import Vectors
from search.engines import elasticsearch_queries as queries
from search.engines.elasticsearch import TEXTS_A_DOCUMENT
from search.engines.elasticsearch_cluster import Body
from search.finder import CANDIDATES
from search.query import parse_query

DEPTH = 100
IN_USE = TEXTS_A_DOCUMENT * CANDIDATES
LEAST_RECALL = 0.98
ROUNDING = 1e-5  # two sums of the same 384 products differ by less
Cosines = npt.NDArray[np.float32]


class Exact:
    """The best cosines of each query, kept while all vectors pass by."""

    def __init__(self, asked: Sequence[Vectors], depth: int = DEPTH) -> None:
        self._asked, self._depth = np.stack(asked), depth
        self._best = np.full((len(asked), depth), -np.inf, np.float32)

    def see(self, vectors: Vectors) -> None:
        both = np.concatenate([self._best, self._asked @ vectors.T], axis=1)
        self._best = np.partition(both, -self._depth, axis=1)[:, -self._depth :]

    @property
    def thresholds(self) -> Cosines:
        """Return the cosine that the last of the nearest texts has, for each query."""
        lowest: Cosines = self._best.min(axis=1)
        return lowest


def recall(
    place: Place, asked: Sequence[Vectors], thresholds: Iterable[float], texts: int = DEPTH
) -> list[float]:
    """Ask for the nearest `texts`; return for each query the share of its first hundred that is right.

    Texts that are equally near are equally right: the same sentence stands in many articles.
    """
    client = place.client()
    return [
        share_near(_cosines(dict(client.search(index=f"{place.prefix}-{MEANING}", body=search))), threshold)
        for search, threshold in zip(_searches(asked, texts), thresholds, strict=True)
    ]


def holds(begins: float | None, until: float | None, at: float) -> bool:
    """Tell whether a search at that moment may find what holds so long."""
    return (begins is None or begins <= at) and (until is None or at < until)


def share_near(cosines: Sequence[float], threshold: float, depth: int = DEPTH) -> float:
    return sum(cosine >= threshold - ROUNDING for cosine in cosines[:depth]) / depth


def _searches(asked: Sequence[Vectors], texts: int) -> Iterator[Body]:
    anything = parse_query("", at=clock.now())
    for vector in asked:
        yield queries.meaning_search(anything, vector, texts)


def _cosines(told: Body) -> list[float]:
    return [2 * hit["_score"] - 1 for hit in told["hits"]["hits"]]


def table(place: Place, asked: Sequence[Vectors], exact: Exact, vectors: int) -> Iterator[str]:
    yield f"\n| recall@{DEPTH} of {vectors:,} vectors, {len(asked)} queries | mean | worst | budget |"
    yield "|---|" + "---|" * 3
    in_use, alone = (_mean_and_worst(place, asked, exact, texts) for texts in (IN_USE, DEPTH))
    mark = "✓" if in_use[0] >= LEAST_RECALL else "✗"
    seen = f"{in_use[0]:.4f} | {in_use[1]:.2f} | {mark} ≥ {LEAST_RECALL}"
    yield f"| our search, which asks for {IN_USE} texts | {seen} |"
    yield f"| the same, asked for {DEPTH} alone | {alone[0]:.4f} | {alone[1]:.2f} | |"


def _mean_and_worst(place: Place, asked: Sequence[Vectors], exact: Exact, texts: int) -> tuple[float, float]:
    shares = recall(place, asked, exact.thresholds, texts)
    return fmean(shares), min(shares)


def told(shares: Sequence[float]) -> str:
    """Say whether the promise is kept at every size."""
    mark = "✓" if min(shares) >= LEAST_RECALL else "✗"
    return f"\n{mark} recall@{DEPTH} of the nearest texts ≥ {LEAST_RECALL}: {min(shares):.4f} at worst."
