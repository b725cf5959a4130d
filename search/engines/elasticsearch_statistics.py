"""What Elasticsearch knows of terms: fetched at once for a whole document, and for each question."""

from collections.abc import Iterable, Mapping, Sequence

from search.engines import elasticsearch_queries as queries
from search.engines.bm25_trial import Bm25Trial, Extent, idf
from search.engines.elasticsearch_cluster import Body, Cluster
from search.engines.embedded_terms import asked_of
from search.query import SearchQuery

GRAM_FIELDS = ("head_grams", "body_grams")


class TermStatistics:
    """`told`: of the terms of one document, as the server scores with them. Grams are counted when asked."""

    def __init__(self, cluster: Cluster, index: str, told: Body) -> None:
        self._cluster, self._index, self._told = cluster, index, told
        self._counted: dict[tuple[str, str], int] = {}
        self._documents = 0
        self.count([])

    def count(self, grams: Iterable[str]) -> None:
        """Fetch at once in how many documents each of these stands."""
        pairs = [(field, gram) for gram in grams for field in GRAM_FIELDS]
        new = [pair for pair in pairs if pair not in self._counted]
        if new or not self._documents:
            counted, self._documents = counts(
                self._cluster.answers([(self._index, queries.how_many_have(new))])[0], new
            )
            self._counted |= counted

    def rarity(self, fields: Sequence[str], code: str, *, at_least: int = 0) -> float:
        having = max(at_least, sum(self.having(field, code) for field in fields))
        return rarity(having, max(at_least, self._documents)) if having else 0.0

    def weight(self, fields: Sequence[str], gram: str) -> float:
        return idf(max(self._counted[(field, gram)] for field in fields), self._documents)

    def having(self, field: str, term: str) -> int:
        return int(self._told.get(field, {}).get("terms", {}).get(term, {}).get("doc_freq", 0))

    def extent(self, field: str, terms: Iterable[str]) -> Extent | None:
        told = self._told.get(field, {}).get("field_statistics", {})
        documents = int(told.get("doc_count", 0))
        return Extent(documents, told["sum_ttf"] / documents) if documents > 0 else None


class ElasticsearchTrial(Bm25Trial):
    """Counts all grams of a question in one trip."""

    def __init__(self, statistics: TermStatistics, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(statistics, fields)
        self._counting = statistics

    def share(self, query: SearchQuery) -> float:
        self._counting.count(sorted({gram for wording in query.wordings for gram in asked_of(wording)}))
        return super().share(query)


def counts(response: Body, pairs: Sequence[tuple[str, str]]) -> tuple[dict[tuple[str, str], int], int]:
    """Return how many documents have each term of a field, and how many there are."""
    buckets = response["aggregations"]["having"]["buckets"] if pairs else []
    having = {pair: int(bucket["doc_count"]) for pair, bucket in zip(pairs, buckets, strict=True)}
    return having, int(response["hits"]["total"]["value"])


def rarity(having: int, all_: int) -> float:
    """Return 1 for what one document has, less the more have it."""
    return idf(having, all_) / idf(1, all_)
