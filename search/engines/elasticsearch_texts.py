"""The texts of a generation in Elasticsearch: which have a vector and which wait for one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.encoder_worker import Vectors
from search.engines import elasticsearch_bulk as bulk
from search.engines.elasticsearch_bulk import Change
from search.engines.elasticsearch_cluster import Body, Cluster
from search.engines.elasticsearch_entries import Entries, encoded

AT_ONCE = 500
PAGE = 10_000
SHARES, DIGITS = 8, "0123456789abcdef"  # what processes take of the texts that wait, by the hash of a text
WAITING: Body = {"term": {"waiting": True}}
VECTOR: Body = {"exists": {"field": "vector"}}


@dataclass(frozen=True)
class Texts:
    """One meaning index: `read` to search it, `write` to change it."""

    cluster: Cluster
    read: str
    write: str

    def known(self, hashes: Iterable[str]) -> dict[str, Vectors]:
        """Return the vectors of those texts that are encoded."""
        found: dict[str, Vectors] = {}
        for some in some_of(hashes, AT_ONCE):
            found |= vectors_in(self._hits(known_search(some)))
        return found

    def ids(self, keys: Iterable[str]) -> set[str]:
        """Return the ids of what the documents have here, as far as it can be found."""
        return {
            hit["_id"] for some in some_of(keys, AT_ONCE) for hit in self.all_of({"terms": {"key": some}})
        }

    def all_of(self, query: Body) -> Iterator[Body]:
        """Yield every entry that the query finds, by its hash and document."""
        after: list[Any] | None = None
        while True:
            body: Body = {"query": {"bool": {"filter": [query]}}, "size": PAGE, "_source": ["key", "hash"]}
            body |= {"sort": [{"hash": "asc"}, {"key": "asc"}], "track_total_hits": False}
            hits = self._hits(body if after is None else {**body, "search_after": after})
            yield from hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    def pending(self, most: int, share: int) -> dict[str, str]:
        """Return texts of a share without a vector by their hash, those of the latest change first."""
        begins = [{"prefix": {"hash": digit}} for digit in DIGITS[share::SHARES]]
        theirs = {"bool": {"filter": [WAITING], "should": begins, "minimum_should_match": 1}}
        latest = {"query": theirs, "size": most, "sort": [{"_seq_no": "desc"}], "_source": ["hash", "text"]}
        return {hit["_source"]["hash"]: hit["_source"]["text"] for hit in self._hits(latest)}

    def newest_waiting(self) -> str | None:
        """Return the hash of the text that has waited least; None if none waits."""
        newest = {"query": WAITING, "size": 1, "sort": [{"_seq_no": "desc"}], "_source": ["hash"]}
        return next((hit["_source"]["hash"] for hit in self._hits(newest)), None)

    def take(self, vectors: Mapping[str, Vectors | None]) -> Iterator[Change]:
        """Yield what keeps these vectors wherever their text still waits; None marks one that cannot be."""
        for some in some_of(vectors, AT_ONCE):
            for hit in self.all_of({"bool": {"filter": [WAITING, {"terms": {"hash": some}}]}}):
                made = encoded(vectors[hit["_source"]["hash"]])
                yield bulk.update(self.write, hit["_id"], made, otherwise={**hit["_source"], **made})

    def waiting_hashes(self) -> Iterator[list[str]]:
        """Yield the hashes of all texts that wait, each once, some at a time."""
        body: Body = {"query": WAITING, "size": AT_ONCE, "_source": ["hash"], "sort": [{"hash": "asc"}]}
        body |= {"collapse": {"field": "hash"}, "track_total_hits": False}
        after: list[Any] | None = None
        while hits := self._hits(body if after is None else {**body, "search_after": after}):
            after = hits[-1]["sort"]
            yield [hit["_source"]["hash"] for hit in hits]

    def _hits(self, body: Body) -> list[Body]:
        return list(self.cluster.search(self.read, body)["hits"]["hits"])


def changes_to(
    texts: Texts, entries: Sequence[Entries], there: set[str], known: Mapping[str, Vectors]
) -> Iterator[Change]:
    """Yield what makes these documents' texts the only ones they have; `there` are the ids they have now."""
    wanted = {entry.id_of(hash_) for entry in entries for hash_ in entry.texts}
    for id_ in sorted(there - wanted):
        yield bulk.remove(texts.write, id_)
    for entry in entries:
        for hash_ in entry.texts:
            id_, whole = entry.id_of(hash_), entry.of_text(hash_, known.get(hash_))
            if id_ in there:
                yield bulk.update(texts.write, id_, entry.scope, otherwise=whole)
            else:
                yield bulk.put(texts.write, id_, whole)


def vectors_in(hits: Iterable[Body]) -> dict[str, Vectors]:
    """Return, by hash, the vectors that `known_search` found."""
    return {hit["_source"]["hash"]: np.array(hit["_source"]["vector"], np.float32) for hit in hits}


def known_search(hashes: Sequence[str]) -> Body:
    return {
        "query": {"bool": {"filter": [{"terms": {"hash": list(hashes)}}, VECTOR]}},
        "collapse": {"field": "hash"},
        "size": len(hashes),
        "_source": ["hash", "vector"],
        "track_total_hits": False,
    }


def some_of(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield lists of at most `size`."""
    waiting = list(items)
    for start in range(0, len(waiting), size):
        yield waiting[start : start + size]
