"""The client of the load test, in a process of its own. It imports nothing of ours.

Reads a plan from its input and writes what it saw to its output, both JSON. Searches begin when they begin
(Poisson), whether or not earlier ones are answered; times count from the moment a request was due.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

GAP_SECONDS = 0.06
DRAIN_SECONDS = 20.0
MOST_CONNECTIONS = 2000


@dataclass
class Seen:
    """Of each answered request: the client's and the server's milliseconds.

    `given_up`: how many were hung up on because the next letter was typed.
    """

    typed: list[tuple[float, float]] = field(default_factory=list)
    settled: list[tuple[float, float]] = field(default_factory=list)
    degraded: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    given_up: int = 0
    lag: list[float] = field(default_factory=list)


async def main() -> None:
    plan = json.load(sys.stdin)
    seen, began = Seen(), time.perf_counter()
    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    async with (
        httpx2.AsyncClient(
            base_url=plan["address"], cookies=plan["cookies"], limits=limits, timeout=DRAIN_SECONDS
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        for search, due in zip(plan["searches"], arrivals(plan["rate"], plan["seed"]), strict=False):
            if due > plan["seconds"]:
                break
            await asyncio.sleep(began + due - time.perf_counter())
            group.create_task(one_search(client, plan, search, began + due, seen))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    busy = (spent.ru_utime + spent.ru_stime) / (time.perf_counter() - began)
    json.dump(vars(seen) | {"busy": busy}, sys.stdout)


def arrivals(rate: float, seed: int) -> Iterator[float]:
    dice, due = random.Random(seed), 0.0
    while True:
        due += dice.expovariate(rate)
        yield due


async def one_search(
    client: httpx2.AsyncClient, plan: dict[str, Any], moments: list[str], due: float, seen: Seen
) -> None:
    """Send each moment of typing, and then Enter on the whole, without waiting for what came before.

    `gives_up`: as the page does, hang up on what is not answered when the next is sent.
    """
    before: asyncio.Task[None] | None = None
    async with asyncio.TaskGroup() as group:
        for place, text in enumerate([*moments, moments[-1]]):
            is_settled = place == len(moments)
            at = due + place * GAP_SECONDS
            await asyncio.sleep(at - time.perf_counter())
            if plan["gives_up"] and before is not None and before.cancel():
                seen.given_up += 1
            before = group.create_task(ask(client, text, at, plan["labels"] if is_settled else None, seen))


async def ask(
    client: httpx2.AsyncClient, text: str, due: float, labels: list[str] | None, seen: Seen
) -> None:
    """Ask as the page does; `labels` are what a settled answer says when it is less than it could be."""
    seen.lag.append((time.perf_counter() - due) * 1000)
    headers = {"HX-Request": "true"} | ({} if labels is None else {"X-Settled": "enter"})
    try:
        response = await client.get("/desk", params={"q": text}, headers=headers)
        response.raise_for_status()
    except httpx2.HTTPError as error:
        count(seen.failed, type(error).__name__)
        return
    taken = (time.perf_counter() - due) * 1000
    (seen.typed if labels is None else seen.settled).append((taken, server_time(response)))
    for label in labels or ():
        if label in response.text:
            count(seen.degraded, label)


def server_time(response: Any) -> float:
    return float(response.headers["Server-Timing"].split("dur=")[1])


def count(counted: dict[str, int], what: str) -> None:
    counted[what] = counted.get(what, 0) + 1


if __name__ == "__main__":
    asyncio.run(main())
