"""Server time of each fragment at 100,000 articles, through HTTP, with and without a backfill running.

    python -m benchmarks.latency [--articles 100000] [--folder zhida-data-benchmark]

The centre is built once and kept in the folder. Times are the server's own (`Server-Timing`), in ms.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from benchmarks import hundred_thousand
from core import clock, database, jobs, sign_in
from kb import writing
from kb.forms import ArticleDraft
from kb.publishing import publish_many
from operations import migrating, preparing
from operations.sample_centre import loading
from search import embeddings, engines

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests/search/golden.jsonl"
WARMED_BY = 40
BACKFILLED = 4_000


def main() -> None:
    options = _options()
    os.environ |= {"ZHIDA_DATA_DIR": str(options.folder.absolute()), "ZHIDA_LOG_LEVEL": "WARNING"}
    token = build(options.articles)
    queries = [json.loads(line)["query"] for line in GOLDEN.read_text("utf-8").splitlines()]
    random.Random(7).shuffle(queries)
    with serving(jobs=False) as address:
        client = client_of(address, token)
        print(f"\n{options.articles:,} articles, {len(queries)} queries, ms of server time\n")
        print("| fragment | p50 | p95 | p99 |\n|---|---|---|---|")
        measure_all(client, queries)
    if options.backfill:
        add_work(BACKFILLED)
        with serving(jobs=True) as address:
            time.sleep(5)  # the backfill has begun
            print(f"| *with a backfill of {BACKFILLED:,} articles running* | | | |")
            measure_all(client_of(address, token), queries[: len(queries) // 2])
    print("\n| characters | texts a second, singly | in eights |\n|---|---|---|")
    encoding_rates()


def measure_all(client: httpx2.Client, queries: Sequence[str]) -> None:
    for query in queries[:WARMED_BY]:
        ask(client, query, settled=True)
    prefixes = [query[:length] for query in queries for length in _lengths(query)]
    report("as you type (words)", [ask(client, prefix, settled=False) for prefix in prefixes])
    fresh = [query + " " + str(number % 7) for number, query in enumerate(queries[WARMED_BY:])]
    report(
        "settled (hybrid, query never asked before)", [ask(client, query, settled=True) for query in fresh]
    )
    report("settled again (vector remembered)", [ask(client, query, settled=True) for query in fresh])
    codes = [preview(client, query) for query in queries[:60]]
    report("preview of an answer", [answer_time(client, code) for code in codes if code])


def ask(client: httpx2.Client, query: str, *, settled: bool) -> float:
    headers = {"HX-Request": "true"} | ({"X-Settled": "enter"} if settled else {})
    return server_time(client.get("/desk", params={"q": query}, headers=headers))


def preview(client: httpx2.Client, query: str) -> str | None:
    text = client.get("/desk", params={"q": query}, headers={"HX-Request": "true"}).text
    return text.split("/desk/answers/")[1][:8] if "/desk/answers/" in text else None


def answer_time(client: httpx2.Client, code: str) -> float:
    return server_time(client.get(f"/desk/answers/{code}", headers={"HX-Request": "true"}))


def server_time(response: httpx2.Response) -> float:
    response.raise_for_status()
    return float(response.headers["Server-Timing"].split("dur=")[1])


def report(name: str, times: Sequence[float]) -> None:
    cuts = statistics.quantiles(times, n=100)
    print(f"| {name} ({len(times)}) | {cuts[49]:.1f} | {cuts[94]:.1f} | {cuts[98]:.1f} |", flush=True)


def build(articles: int) -> str:
    """Make the centre if it is not there; return a session token of one of its agents."""

    preparing.prepare()
    if migrating.migrate():
        loading.load(clock.now())
        timed(
            "writing articles to the database", lambda: hundred_thousand.write_articles(clock.now(), articles)
        )
        timed("indexing words", lambda: preparing.index_everything(_dots))
    with database.unit_of_work() as session:
        token = sign_in.sign_in(
            session, "8001", loading.PASSWORD, address="127.0.0.1", browser="benchmark", at=clock.now()
        )
    timed("vectors made from real ones", lambda: hundred_thousand.encode_all(lambda done: _dots(done, 0)))
    embeddings.forget()
    engines.forget()
    assert token
    return token


def add_work(count: int) -> None:
    """Publish articles whose texts are new, so that the real encoder has them to do."""

    at = clock.now()
    with database.unit_of_work() as session:
        drafts = [
            ArticleDraft(title=f"临时公告 {at:%H%M%S} {number}", answer="网络割接" * 20)
            for number in range(count)
        ]
        versions = [writing.start_article(session, draft, actor=loading.LOADER, at=at) for draft in drafts]
        publish_many(session, versions, batch="benchmark", actor=loading.LOADER, at=at)
    jobs.run_all_due(clock.now())


def encoding_rates() -> None:

    encoder = embeddings.passage_encoder()
    assert encoder
    encoder.passages(["预热"])
    text = "客户来电咨询宽带合约未到期提前解约需要支付多少违约金，请核实机主身份后试算并告知。" * 10
    for length in (10, 30, 60, 100, 160, 240):
        samples = [f"{number}{text}"[:length] for number in range(48)]
        singly = rate(lambda samples=samples: [encoder.passages([one]) for one in samples], len(samples))
        eights = [samples[start : start + 8] for start in range(0, len(samples), 8)]
        together = rate(lambda eights=eights: [encoder.passages(eight) for eight in eights], len(samples))
        print(f"| {length} | {singly:.0f} | {together:.0f} |", flush=True)
    embeddings.forget()


def rate(work: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def timed(name: str, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    print(f"\n{name}: {time.perf_counter() - began:.0f} s", flush=True)


@contextmanager
def serving(*, jobs: bool) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"ZHIDA_JOBS_IN_WEB": str(jobs)}
    command = [sys.executable, "-m", "operations", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def client_of(address: str, token: str) -> httpx2.Client:
    return httpx2.Client(base_url=address, cookies={"zhida_session": token}, timeout=30)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"{address}/healthz")
        except httpx2.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


def _lengths(query: str) -> list[int]:
    """Return the four moments of typing at which a person pauses."""
    return sorted({max(1, len(query) * quarter // 4) for quarter in (1, 2, 3, 4)})


def _dots(done: int, _total: int) -> None:
    if done % 10_000 < 500:
        print(".", end="", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--no-backfill", dest="backfill", action="store_false")
    return parser.parse_args()


if __name__ == "__main__":
    main()
