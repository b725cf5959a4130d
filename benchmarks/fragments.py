"""The server's own time for each fragment of the desk, one request after the other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import httpx2

from benchmarks.quantiles import Quantiles, quantiles
from benchmarks.serving import server_time
from benchmarks.typing_moments import pauses

WARMED_BY = 40
PREVIEWED = 60
TYPED, SETTLED, AGAIN, PREVIEW = (
    "as you type (words)",
    "settled (hybrid, query never asked before)",
    "settled again (vector remembered)",
    "preview of an answer",
)
_ANSWER = re.compile(r"/desk/answers/([\w-]+)")
BUDGETS: Mapping[str, float] = {TYPED: 12.0, SETTLED: 30.0, AGAIN: 12.0}
BUDGETS_ELASTICSEARCH: Mapping[str, float] = {SETTLED: 60.0}


@dataclass(frozen=True)
class Fragment:
    name: str
    times: Quantiles


def measure_all(client: httpx2.Client, queries: Sequence[str], asked_before: Sequence[str]) -> list[Fragment]:
    """`queries` are new to the server, which is warmed with those that were asked before."""
    warm(client, asked_before)
    prefixes = [prefix for query in queries for prefix in pauses(query)]
    codes = [preview(client, query) for query in asked_before[:PREVIEWED]]
    return [
        Fragment(TYPED, quantiles([ask(client, prefix, settled=False) for prefix in prefixes])),
        Fragment(SETTLED, quantiles([ask(client, query, settled=True) for query in queries])),
        Fragment(AGAIN, quantiles([ask(client, query, settled=True) for query in queries])),
        Fragment(PREVIEW, quantiles([answer_time(client, code) for code in codes if code])),
    ]


def warm(client: httpx2.Client, queries: Sequence[str]) -> None:
    """Let everything that is read once be read."""
    for query in queries[:WARMED_BY]:
        ask(client, query, settled=False)
        ask(client, query, settled=True)


def table(title: str, fragments: Sequence[Fragment], budgets: Mapping[str, float] = BUDGETS) -> Iterator[str]:
    yield f"\n| {title} | p50 | p95 | p99 | budget (p95) |\n|" + "---|" * 5
    for one in fragments:
        yield f"| {one.name} ({one.times.count}) | {one.times} | {_budget(one, budgets.get(one.name))} |"


def _budget(one: Fragment, bound: float | None) -> str:
    if bound is None:
        return ""
    return f"{'✓' if one.times.p95 <= bound else '✗'} ≤ {bound:g}"


def ask(client: httpx2.Client, query: str, *, settled: bool) -> float:
    headers = {"HX-Request": "true"} | ({"X-Settled": "enter"} if settled else {})
    return server_time(client.get("/desk", params={"q": query}, headers=headers))


def preview(client: httpx2.Client, query: str) -> str | None:
    text = client.get("/desk", params={"q": query}, headers={"HX-Request": "true"}).text
    found = _ANSWER.search(text)
    return found and found[1]


def answer_time(client: httpx2.Client, code: str) -> float:
    return server_time(client.get(f"/desk/answers/{code}", headers={"HX-Request": "true"}))
