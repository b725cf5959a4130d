"""How fast it answers at 100,000 articles: the fragments, the peers beside them, and under load.

    python -m benchmarks.latency [--articles 100000] [--folder zhida-data-benchmark/100k] [--parts load]
        [--elasticsearch http://127.0.0.1:9200]

The centre is built once and kept in the folder, and its index on Elasticsearch on that server.
A run of all parts writes what it saw into README.md.
"""

import argparse
import random
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path

from benchmarks import fragments, latency_elasticsearch, latency_peers, load, zhida_side
from benchmarks.fragments import Fragment
from benchmarks.large_centre import add_work, build, settle_in, sign_an_agent_in
from benchmarks.on_elasticsearch import ABSENT, Place, instead
from benchmarks.peers.elasticsearch_text import ANALYZERS
from benchmarks.serving import client_of, serving
from benchmarks.typing_moments import fresh
from benchmarks.written import measured, put_between
from core import clock

OF_BOTH, OF_ELASTICSEARCH, LAST = ("fragments", "peers", "load"), ("msearch", "nearest"), ("backfill",)
PARTS = (*OF_BOTH, *OF_ELASTICSEARCH, *LAST)
PEERS = ("bm25", "jieba", "unicode61", "trigram", "whoosh", "dense", *ANALYZERS)
EMBEDDED, ELASTICSEARCH = "embedded", "Elasticsearch"
FULL_SIZE = 100_000
BACKFILLED = 4_000
UNDER_WAY_SECONDS = 5
OPENING_SECONDS = 30


def main() -> None:
    options = _options()
    settle_in(options.folder)
    when = measured(clock.now())
    took = build(options.articles, options.cache)
    run, lines = Run(options, sign_an_agent_in()), list[str]()
    for line in chain([when], _built(took), run.all_parts()):
        print(line, flush=True)
        lines.append(line)
    if options.write or (tuple(options.parts) == PARTS and options.articles >= FULL_SIZE):
        put_between("latency", "\n".join(lines))


class Run:
    """The parts, each of which yields Markdown."""

    def __init__(self, options: argparse.Namespace, token: str) -> None:
        self._options, self._token = options, token
        self._there: Place | None = None
        self._asked_before = list(zhida_side.golden_queries())
        random.Random(options.seed).shuffle(self._asked_before)
        self._new = fresh(self._asked_before, options.seed + 1)

    def all_parts(self) -> Iterator[str]:
        if self._options.elasticsearch:
            self._there, lines = latency_elasticsearch.made_there(self._options)
            yield from lines
        else:
            yield ABSENT
        for part in self._options.parts:
            if self._there or part not in OF_ELASTICSEARCH:
                yield from getattr(self, part)()

    @cached_property
    def _fragments(self) -> list[Fragment]:
        with serving(jobs=False) as address:
            return self._measured(address)

    def fragments(self) -> Iterator[str]:
        said = f"{self._options.articles:,} articles, server time, ms"
        yield from fragments.table(f"{EMBEDDED}: {said}", self._fragments)
        if self._there:
            with instead(self._there), serving(jobs=False) as address:
                yield from fragments.table(
                    f"{ELASTICSEARCH}: {said}", self._measured(address), fragments.BUDGETS_ELASTICSEARCH
                )

    def peers(self) -> Iterator[str]:
        typed = next((one.times for one in self._fragments if one.name == fragments.TYPED), None)
        queries = self._asked_before[: self._options.asked]
        where = latency_peers.Where(self._options.cache, self._options.folder / "peers", self._there)
        yield from latency_peers.table(latency_peers.compare(queries, where, self._options.peers), typed)

    def load(self) -> Iterator[str]:
        yield from self._loaded(EMBEDDED)
        if self._there:
            with instead(self._there):
                yield from self._loaded(ELASTICSEARCH)

    def msearch(self) -> Iterator[str]:
        assert self._there
        texts = [next(self._new) for _ in range(self._options.asked)]
        yield from latency_elasticsearch.beside_msearch(self._there, self._token, texts, self._asked_before)

    def nearest(self) -> Iterator[str]:
        assert self._there
        yield from latency_elasticsearch.recall(self._there)

    def _loaded(self, engine: str) -> Iterator[str]:
        with serving(jobs=False) as address:
            with client_of(address, self._token) as client:
                fragments.warm(client, self._asked_before)
            time.sleep(OPENING_SECONDS)  # a second process may still be opening its index
            for gives_up, said in ((False, "all awaited"), (True, "hanging up on what was typed before")):
                door = load.Door(address, self._token, self._options.seconds, gives_up)
                yield from load.table(load.load(door, self._new, self._options.rates), f"{engine}, {said}")

    def backfill(self) -> Iterator[str]:
        add_work(BACKFILLED)
        with serving(jobs=True) as address:
            time.sleep(UNDER_WAY_SECONDS)
            yield from fragments.table(
                f"a backfill of {BACKFILLED:,} articles running", self._measured(address)
            )

    def _measured(self, address: str) -> list[Fragment]:
        queries = [next(self._new) for _ in range(self._options.asked)]
        with client_of(address, self._token) as client:
            return fragments.measure_all(client, queries, self._asked_before)


def _built(took: dict[str, float]) -> Iterator[str]:
    for step, seconds in took.items():
        yield f"{step}: {seconds:.0f} s"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=FULL_SIZE)
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark/100k"))
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--parts", type=_listed, default=PARTS)
    parser.add_argument("--peers", type=_listed, default=PEERS)
    parser.add_argument("--elasticsearch", metavar="URL", help="measure on this server too")
    parser.add_argument("--asked", type=int, default=200, help="queries for each fragment and peer")
    parser.add_argument(
        "--rates", type=lambda said: [float(one) for one in said.split(",")], default=load.RATES
    )
    parser.add_argument("--seconds", type=float, default=load.SECONDS, help="how long each rate is kept up")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _listed(said: str) -> list[str]:
    return said.split(",")


if __name__ == "__main__":
    main()
