"""How an index would score a document that it does not have: BM25 by the statistics of that index."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Protocol

from search.engines import embedded_terms
from search.engines.embedded_terms import Term
from search.hits import Signal
from search.query import SearchQuery

K1, B = 1.2, 0.75
TERMS: Mapping[Signal, Callable[[SearchQuery], list[Term]]] = {
    Signal.WORDS: embedded_terms.word_terms,
    Signal.GRAMS: embedded_terms.gram_terms,
    Signal.PINYIN: embedded_terms.sound_terms,
}


@dataclass(frozen=True)
class Extent:
    """A field as the formula sees it: how many documents, and how many tokens each has on average."""

    documents: int
    average_length: float


class Statistics(Protocol):
    """What an index knows of its terms."""

    def rarity(self, fields: Sequence[str], code: str, *, at_least: int = 0) -> float:
        """Return 1 for a code that one document has, less the more have it, 0 if none."""
        ...

    def weight(self, fields: Sequence[str], gram: str) -> float:
        """Return how much a gram says: more, the fewer documents have it."""
        ...

    def having(self, field: str, term: str) -> int: ...

    def extent(self, field: str, terms: Iterable[str]) -> Extent | None:
        """Return what the index scores this field with, or None if it has none of the terms."""
        ...


def _lengths() -> list[int]:
    """Return the 256 lengths that a field can have: the index keeps a length in one byte."""
    exact = list(range(40))
    steps = (((8 + low) << high) + 24 for high in range(1, 28) for low in range(8))
    return [*exact, *steps]


LENGTHS = _lengths()


class Bm25Trial:
    """One document against one commit. What nobody else has counts as if this one had it alone."""

    def __init__(self, statistics: Statistics, fields: Mapping[str, Sequence[str]]) -> None:
        self._statistics = statistics
        self._codes = frozenset(fields["codes"])
        self._counts = {name: Counter(_tokens(texts)) for name, texts in fields.items() if name != "codes"}
        self._worths = {name: self._worths_in(name, counts) for name, counts in self._counts.items()}
        self._weights: dict[str, float] = {}

    def scores(self, query: SearchQuery) -> dict[Signal, float]:
        found = {signal: self._sum(terms(query)) for signal, terms in TERMS.items()}
        held = [code for code in query.codes if code in self._codes]
        found[Signal.CODES] = sum(self._statistics.rarity(("codes",), code, at_least=1) for code in held)
        return {signal: score for signal, score in found.items() if score > 0}

    def share(self, query: SearchQuery) -> float:
        return max(map(self._share_of, query.wordings), default=0.0)

    def _sum(self, terms: Iterable[Term]) -> float:
        worths = self._worths
        return sum(weight * worths[field].get(term, 0.0) for field, term, weight in terms)

    def _share_of(self, wording: str) -> float:
        weights = {gram: self._weight(gram) for gram in embedded_terms.asked_of(wording)}
        whole = sum(weights.values())
        heads, bodies = self._counts["head_grams"], self._counts["body_grams"]
        found = sum(weight for gram, weight in weights.items() if gram in heads or gram in bodies)
        return min(1.0, found / whole) if whole else 0.0

    def _weight(self, gram: str) -> float:
        if gram not in self._weights:
            self._weights[gram] = self._statistics.weight(("head_grams", "body_grams"), gram)
        return self._weights[gram]

    def _worths_in(self, field: str, counts: Counter[str]) -> dict[str, float]:
        """Return what each term of this field adds to the score of a query that asks for it once."""
        length = counts.total()
        extent = self._statistics.extent(field, counts)
        all_, average = (extent.documents, extent.average_length) if extent else (1, float(length))
        kept = LENGTHS[bisect_right(LENGTHS, length) - 1]
        norm = K1 * (1 - B + B * kept / average) if average else K1
        return {
            term: idf(max(1, self._statistics.having(field, term)), all_) * (K1 + 1) * times / (times + norm)
            for term, times in counts.items()
        }


def _tokens(texts: Iterable[str]) -> list[str]:
    return [token for text in texts for token in text.split()]


def idf(having: int, all_: int) -> float:
    """Return how much a term says that so many of all documents have, as BM25 has it."""
    return log(1 + (max(having, all_) - having + 0.5) / (having + 0.5))
