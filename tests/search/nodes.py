"""Real Elasticsearch nodes of the tests' own: started when first needed, harmed at will, ended in the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_cluster import Address
from search.engines.embedded_words import shipped_words
from search.engines.rights import Rights, file_rights
from search.recipes import EmbeddingRecipe
from tests.machine import ELASTICSEARCH, LACKS
from tests.search.stand_ins import RECIPE

needs_elasticsearch = pytest.mark.skipif(ELASTICSEARCH is None, reason=LACKS["Elasticsearch"])
FIRST_PORT, PORTS_A_WORKER = 9400, 30


def free_ports(which: int) -> int:
    """Return a port that only this test process uses; each process can start several clusters."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")  # noqa: TID251 - the runner's, not ours
    return FIRST_PORT + PORTS_A_WORKER * int(worker.removeprefix("gw")) + 10 * which


@dataclass
class Nodes:
    """One node, or a cluster of several."""

    port: int
    data: Path
    count: int = 1
    settings: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(f"http://127.0.0.1:{self.port + number}" for number in range(self.count))

    def start(self) -> None:
        """Start what is not running and wait until all of them answer."""
        more = [part for setting in self.settings for part in ("--set", setting)]
        self._run("start", "--nodes", str(self.count), "--heap", "512m", "--wait", "300", *more)

    def stop(self) -> None:
        self._run("stop", "--kill", "--wipe")

    def kill(self, node: int = 0) -> None:
        self._run("stop", "--node", str(node), "--kill")

    def pid(self, node: int = 0) -> int:
        return int((self.data / f"node-{node}" / "pid").read_text())

    @contextmanager
    def hanging(self, node: int = 0) -> Iterator[None]:
        """Let it be there and not answer."""
        os.kill(self.pid(node), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid(node), signal.SIGCONT)

    def client(self) -> Elasticsearch:
        return Elasticsearch(list(self.urls), request_timeout=30)

    def is_green(self) -> bool:
        health = self.client().cluster.health()
        return bool(health["status"] == "green" and health["number_of_nodes"] == self.count)

    def _run(self, program: str, *more: str) -> None:
        assert ELASTICSEARCH is not None
        command = [
            sys.executable,
            str(ELASTICSEARCH / program),
            "--port",
            str(self.port),
            "--data",
            str(self.data),
        ]
        subprocess.run([*command, *more], check=True, capture_output=True)


@contextmanager
def running(nodes: Nodes) -> Iterator[Nodes]:
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


@dataclass
class Centre:
    """A centre's part of a cluster: engines that share an index, as several processes would."""

    nodes: Nodes
    root: Path
    prefix: str
    seconds: float = 10.0

    def engine(
        self, recipe: EmbeddingRecipe | None = RECIPE, *, rights: Rights | None = None, **address: Any
    ) -> ElasticsearchEngine:
        where = Address(
            **{"urls": self.nodes.urls, "prefix": self.prefix, "seconds": self.seconds, **address}
        )
        return ElasticsearchEngine(where, rights or file_rights(self.root / "index"), recipe, shipped_words)

    def indices(self) -> list[str]:
        return sorted(self.nodes.client().indices.get(index=f"{self.prefix}-*"))


@contextmanager
def centre_on(nodes: Nodes, root: Path, **how: Any) -> Iterator[Centre]:
    centre = Centre(nodes, root, f"test{uuid4().hex[:8]}", **how)
    try:
        yield centre
    finally:
        if names := centre.indices():
            nodes.client().indices.delete(index=names)


def eventually(is_so: Any, *, seconds: float = 60.0) -> float:
    """Wait until it is so and return how long that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it never came about"
        time.sleep(0.05)
    return time.monotonic() - began
