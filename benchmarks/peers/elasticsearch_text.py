"""Elasticsearch with an analyzer of its own, as its users set it up: one text field, `match`, BM25."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from benchmarks.peers import whole
from search.document import SearchDocument

ANALYZERS = ("standard", "cjk", "smartcn")
PATIENT_SECONDS = 60.0


class ElasticsearchText:
    def __init__(self, client: Elasticsearch, analyzer: str) -> None:
        self.name = f"Elasticsearch, {analyzer}"
        self._client, self._analyzer = client, analyzer
        self._index = f"benchmark-{analyzer}-{uuid4().hex[:8]}"

    def index(self, documents: Sequence[SearchDocument]) -> None:
        said = {"type": "text", "analyzer": self._analyzer}
        self._client.indices.create(
            index=self._index,
            settings={"number_of_shards": 1, "number_of_replicas": 0},
            mappings={"properties": {"said": said}},
        )
        entries = ({"_id": one.key.id, "said": whole(one)} for one in documents)
        bulk(self._client, entries, index=self._index)
        self._client.indices.refresh(index=self._index)

    def ask(self, text: str, limit: int) -> list[str]:
        asked = {"match": {"said": text}}
        found = self._client.search(index=self._index, query=asked, size=limit, source=False)
        return [hit["_id"] for hit in found["hits"]["hits"]]

    def remove(self) -> None:
        self._client.options(ignore_status=404).indices.delete(index=self._index)


@contextmanager
def peers(url: str, analyzers: Sequence[str] = ANALYZERS) -> Iterator[list[ElasticsearchText]]:
    """Yield one for each analyzer, and leave nothing behind."""
    client = Elasticsearch(url, request_timeout=PATIENT_SECONDS)
    made = [ElasticsearchText(client, analyzer) for analyzer in analyzers]
    try:
        yield made
    finally:
        for one in made:
            one.remove()
        client.close()
