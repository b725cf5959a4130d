"""What our whole hybrid fragment adds to a bare `_msearch` of the same queries by the plain client."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import isnan, nan
from statistics import median

import httpx2
from elasticsearch import Elasticsearch

from benchmarks import zhida_side
from benchmarks.kept_vectors import patient_vector
from benchmarks.on_elasticsearch import MEANING, WORDS, Place
from benchmarks.quantiles import milliseconds, quantiles
from benchmarks.serving import server_time
from search import meaning
from search.encoder_worker import Vectors
from search.engines import elasticsearch_queries as queries
from search.engines.elasticsearch import TEXTS_A_DOCUMENT
from search.engines.elasticsearch_cluster import Body
from search.finder import CANDIDATES
from search.hits import Signal
from search.query import SearchQuery

MOST_ADDED = 1.0
WARMED_BY = 20
ENCODER, FRAGMENT = "the encoder alone", "our fragment, server time"
TWO, AS_SENT = "bare `_msearch`: words and kNN", "bare `_msearch`: words, grams, sounds, codes and kNN"


@dataclass(frozen=True)
class Beside:
    """The milliseconds of the same queries, in the same order. Answers that were less are left out."""

    times: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in (ENCODER, FRAGMENT, TWO, AS_SENT)}
    )
    degraded: list[str] = field(default_factory=list)

    def note(self, text: str, taken: dict[str, float]) -> None:
        if isnan(taken[FRAGMENT]):
            self.degraded.append(text)
            return
        for name, milliseconds_ in taken.items():
            self.times[name].append(milliseconds_)

    def added(self, bare: str) -> list[float]:
        """Return, for each query, what the fragment took more than both, as a multiple of the bare one."""
        columns = (self.times[name] for name in (FRAGMENT, ENCODER, bare))
        return [(whole - encoder) / alone - 1 for whole, encoder, alone in zip(*columns, strict=True)]


def compare(place: Place, browser: httpx2.Client, asked: Sequence[tuple[str, SearchQuery]]) -> Beside:
    """Ask each query in every way, the next one in another order; the first few only warm.

    `asked`: what is typed, which nobody has asked before, and how the desk reads it.
    """
    client, beside = place.client(), Beside()
    encoder = meaning.encoder()
    assert encoder
    for number, (text, query) in enumerate(asked):
        began = time.perf_counter()
        vector = patient_vector(encoder, query.asked)
        taken = {ENCODER: (time.perf_counter() - began) * 1000}
        ways: dict[str, Callable[[], float]] = {
            **_bare(place, client, query, vector),
            FRAGMENT: partial(_fragment, browser, text),
        }
        names = list(ways)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            taken[name] = ways[name]()
        if number >= WARMED_BY:
            beside.note(text, taken)
    client.close()
    return beside


def table(beside: Beside) -> Iterator[str]:
    yield "\n| hybrid beside a bare `_msearch`, ms | p50 | p95 | p99 | fragment adds, median | p95 | budget |"
    yield "|---|" + "---|" * 6
    for name, times in beside.times.items():
        yield f"| {name} ({len(times)}) | {quantiles(times)} | {_added(beside, name)} |"
    if beside.degraded:
        yield f"\n{len(beside.degraded)} more answers were degraded and are not in the table."


def as_the_desk_reads(texts: Sequence[str], at: datetime) -> Iterator[tuple[str, SearchQuery]]:
    """Yield those that it searches for, with the scope of an agent."""
    for text in texts:
        query = zhida_side.read_at_the_desk(text, at)
        if query is not None:
            yield text, query


def bare_searches(place: Place, query: SearchQuery, vector: Vectors) -> dict[str, list[Body]]:
    """Return the engine's own searches as the plain client takes them: all, and the two that matter most."""
    words = queries.words_searches(query, CANDIDATES)
    near = queries.meaning_search(query, vector, TEXTS_A_DOCUMENT * CANDIDATES)
    knn = [{"index": f"{place.prefix}-{MEANING}"}, near]
    sent = {signal: [{"index": f"{place.prefix}-{WORDS}"}, body] for signal, body in words.items()}
    first = sent.get(Signal.WORDS) or next(iter(sent.values()), [])
    return {TWO: [*first, *knn], AS_SENT: [line for pair in sent.values() for line in pair] + knn}


def _bare(
    place: Place, client: Elasticsearch, query: SearchQuery, vector: Vectors
) -> dict[str, Callable[[], float]]:
    return {
        name: partial(milliseconds, partial(client.msearch, searches=lines))
        for name, lines in bare_searches(place, query, vector).items()
    }


def _fragment(browser: httpx2.Client, text: str) -> float:
    """Return the server's own time, or none if the answer was less than it could be."""
    headers = {"HX-Request": "true", "X-Settled": "enter"}
    response = browser.get("/desk", params={"q": text}, headers=headers)
    taken = server_time(response)
    return nan if any(label in response.text for label in zhida_side.degradation_labels()) else taken


def _added(beside: Beside, name: str) -> str:
    if name not in {TWO, AS_SENT} or not beside.times[name]:
        return " | | "
    added = beside.added(name)
    typical = median(added)
    mark = "✓" if typical <= MOST_ADDED else "✗"
    return f"{typical:.2f} × | {quantiles(added).p95:.2f} × | {mark} ≤ {MOST_ADDED:.2f} ×"
