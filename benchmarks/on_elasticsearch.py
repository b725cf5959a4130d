"""Zhida on an Elasticsearch: the centre of this process moved there and back, and what its server tells."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from elasticsearch import Elasticsearch

from core.settings import settings
from search import engines
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_cluster import Address, Cluster
from search.engines.elasticsearch_indices import MEANING, PARTS, WORDS, Indices
from search.engines.embedded_words import shipped_words
from search.engines.rights import file_rights
from search.recipes import EmbeddingRecipe

PREFIX = "zhida-benchmark"
ABSENT = "\nNot measured on Elasticsearch: name one with `--elasticsearch URL`."
PATIENT_SECONDS, MERGING_SECONDS = 60.0, 3600.0
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Place:
    """A server, and what the names of our indices begin with there."""

    url: str
    prefix: str = PREFIX

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the centre needs to know."""
        return {"ZHIDA_ELASTICSEARCH_URL": self.url, "ZHIDA_ELASTICSEARCH_PREFIX": self.prefix}

    def cluster(self) -> Cluster:
        return Cluster(Address((self.url,), self.prefix, seconds=PATIENT_SECONDS))

    def client(self) -> Elasticsearch:
        """Return the plain client, as anybody would make it."""
        return Elasticsearch(self.url, request_timeout=PATIENT_SECONDS)

    def engine(self, folder: Path, recipe: EmbeddingRecipe) -> ElasticsearchEngine:
        address = Address((self.url,), self.prefix, seconds=PATIENT_SECONDS)
        return ElasticsearchEngine(address, file_rights(folder / "index"), recipe, shipped_words)

    def remove(self) -> None:
        """Delete every index of ours there."""
        Indices(self.cluster()).sweep([])


def place_of_settings() -> Place:
    """Return where this process's centre is told to search."""
    said = settings()
    if not said.elasticsearch_url:
        raise SystemExit("set ZHIDA_ELASTICSEARCH_URL")
    return Place(said.elasticsearch_url, said.elasticsearch_prefix)


@contextmanager
def borrowed(url: str) -> Iterator[Place]:
    """Yield a place that nobody else uses, and leave nothing there."""
    place = Place(url, f"{PREFIX}-{uuid4().hex[:8]}")
    try:
        yield place
    finally:
        place.remove()


@contextmanager
def instead(place: Place, *, patient: bool = False) -> Iterator[None]:
    """Let this process's centre, and the processes that it starts, search there."""
    here = place.environment
    if patient:  # a figure of relevance must not depend on how busy the machine is
        here |= {"ZHIDA_ELASTICSEARCH_TIMEOUT": f"{PATIENT_SECONDS:g}"}
    os.environ |= here
    _read_settings_anew()
    try:
        yield
    finally:
        for name in here:
            del os.environ[name]
        _read_settings_anew()


def disk_by_part(place: Place) -> dict[str, float]:
    """Return the megabytes of each part, once all that was written is on the disk and merged."""
    client = place.client()
    names = {part: f"{place.prefix}-{part}" for part in PARTS}
    client.indices.flush(index=list(names.values()))
    await_merges(client, list(names.values()))
    return {
        f"index of {part}": _total(client, name)["store"]["size_in_bytes"] / MEGABYTE
        for part, name in names.items()
    }


def await_merges(client: Elasticsearch, names: list[str]) -> None:
    deadline = time.monotonic() + MERGING_SECONDS
    while any(_total(client, name)["merges"]["current"] for name in names):
        if time.monotonic() > deadline:
            raise SystemExit("Elasticsearch is still merging: its figures would be of nothing in particular")
        time.sleep(0.5)


def memory(place: Place) -> dict[str, float]:
    """Return the megabytes that the server uses: what is of one machine can be looked at more closely."""
    client = place.client()
    (node,) = client.nodes.stats(metric=["jvm", "process"])["nodes"].values()
    old = node["jvm"]["mem"]["pools"]["old"]["used_in_bytes"]
    found = {"Java heap, what is old": old / MEGABYTE}
    (process,) = client.nodes.info(metric=["process"])["nodes"].values()
    status = Path(f"/proc/{process['process']['id']}/status")
    if status.exists() and "java" in status.read_text():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        of_index = int(fields["RssFile"].split()[0]) * 1024 / MEGABYTE
        found["index held in memory by the system"] = of_index
    return found


def _total(client: Elasticsearch, name: str) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = client.indices.stats(index=name)["_all"]["total"]
    return total


def _read_settings_anew() -> None:
    engines.forget()
    settings.cache_clear()


__all__ = ["ABSENT", "MEANING", "WORDS", "Place", "borrowed", "disk_by_part", "instead", "memory"]
