"""Load through HTTP: searches that begin at their own pace, from another process, until it bends."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from benchmarks import zhida_side
from benchmarks.quantiles import Quantiles, quantiles
from benchmarks.serving import COOKIE, ROOT, client_of
from benchmarks.typing_moments import pauses

RATES = (1.0, 10.0, 25.0, 50.0)
SECONDS = 30.0
PROMISED_RATE, PROMISED_P95 = 10.0, 100.0
SPARE = 1.3
CALM_SECONDS = 300.0
COLUMNS = (
    "settled a second", "as you type, client p50", "p95", "p99", "its server p95", "settled, client p50",
    "p95", "p99", "its server p95", "degraded", "failed", "hung up on", "sent late p95", "client busy",
)  # fmt: skip


@dataclass(frozen=True)
class Door:
    """Where to ask, as whom, and for how long at each rate; `gives_up`: as hasty as the page."""

    address: str
    token: str
    seconds: float = SECONDS
    gives_up: bool = False


@dataclass(frozen=True)
class Loaded:
    """One rate: times as the client and as the server saw them."""

    rate: float
    typed: Quantiles
    typed_by_server: Quantiles
    settled: Quantiles
    settled_by_server: Quantiles
    degraded: dict[str, int]
    failed: dict[str, int]
    given_up: int
    lag: Quantiles
    busy: float

    @property
    def degraded_share(self) -> float:
        return sum(self.degraded.values()) / max(1, self.settled.count)

    @property
    def is_within(self) -> bool:
        in_time = self.settled.p95 <= PROMISED_P95 and not self.typed.p95 > PROMISED_P95
        return in_time and not (self.degraded or self.failed)  # nan is not in time: nothing was answered


def load(door: Door, queries: Iterator[str], rates: Sequence[float] = RATES) -> Iterator[Loaded]:
    """Try each rate in turn. No query may have been asked before."""
    for rate in rates:
        wanted = int(SPARE * rate * door.seconds) + 50
        searches = [pauses(query) for query in islice(queries, wanted)]
        if len(searches) < wanted:
            raise SystemExit("there are not enough queries that nobody asked before")
        yield one_rate(door, rate, searches)
        _wait_until_calm(door)


def table(loaded: Iterable[Loaded], engine: str) -> Iterator[str]:
    """Yield a row as each rate is over, then where it bends, and whether the promise is kept."""
    yield f"\n| {engine}: {' | '.join(COLUMNS)} |\n|" + "---|" * len(COLUMNS)
    measured = []
    for one in loaded:
        measured.append(one)
        yield _row(one)
    yield "\n" + where_it_bends(measured)
    for one in measured:
        if one.rate == PROMISED_RATE:
            mark = "✓" if one.is_within else "✗"
            yield f"\n{mark} {one.rate:g} settled a second: p95 ≤ {PROMISED_P95:g} ms, none degraded."


def one_rate(door: Door, rate: float, asked: list[list[str]]) -> Loaded:
    plan = {
        "address": door.address, "cookies": {COOKIE: door.token}, "rate": rate, "seconds": door.seconds,
        "seed": 7, "searches": asked, "labels": zhida_side.degradation_labels(),
        "gives_up": door.gives_up,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load_client"],
        input=json.dumps(plan), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return _loaded(rate, json.loads(done.stdout))


def _wait_until_calm(door: Door) -> None:
    """Ask once more: it is answered after all that the rate before may have left in the queue."""
    with client_of(door.address, door.token) as client:
        client.get("/desk", params={"q": "话费"}, timeout=CALM_SECONDS).raise_for_status()


def where_it_bends(measured: Sequence[Loaded]) -> str:
    beyond = next((one for one in measured if not one.is_within), None)
    if beyond is None:
        return f"It holds up to {measured[-1].rate:g} a second: p95 ≤ {PROMISED_P95:g} ms, none degraded."
    held = [one.rate for one in measured if one.is_within and one.rate < beyond.rate]
    until = f"holds at {held[-1]:g} a second and " if held else ""
    slow = f"as you type p95 {beyond.typed.p95:.0f} ms, settled p95 {beyond.settled.p95:.0f} ms"
    less = ", ".join(f"{label} {count}" for label, count in (beyond.degraded | beyond.failed).items())
    share = f"{beyond.degraded_share:.1%} degraded" + (f" ({less})" if less else "")
    return f"It {until}bends at {beyond.rate:g}: {slow}, {share}."


def _row(one: Loaded) -> str:
    cells = [
        f"{one.rate:g}", str(one.typed), f"{one.typed_by_server.p95:.1f}", str(one.settled),
        f"{one.settled_by_server.p95:.1f}", f"{one.degraded_share:.1%}", str(sum(one.failed.values())),
        str(one.given_up), f"{one.lag.p95:.1f}", f"{one.busy:.0%}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return what the client and what the server measured; empty, if nothing was answered in time."""
    return [by_client for by_client, _ in pairs], [by_server for _, by_server in pairs]


def _loaded(rate: float, seen: dict[str, Any]) -> Loaded:
    typed_client, typed_server = _columns(seen["typed"])
    settled_client, settled_server = _columns(seen["settled"])
    return Loaded(
        rate, quantiles(typed_client), quantiles(typed_server), quantiles(settled_client),
        quantiles(settled_server), seen["degraded"], seen["failed"], seen["given_up"], quantiles(seen["lag"]),
        seen["busy"],
    )  # fmt: skip
