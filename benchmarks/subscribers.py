"""What more subscribers cost: loading by step, merging beside a bulk insert, looking up; with the slopes.

    python -m benchmarks.subscribers [--sizes 10000,100000,1000000] [--databases sqlite,postgresql]
        [--entities customer,account,subscription,number]
        [--postgresql postgresql://postgres@127.0.0.1:5432/postgres]

Each size on each database is a centre of its own and one process; the files are made once and kept.
A run up to 1,000,000 writes what it saw into README.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks import subscriber_lookups
from benchmarks.growth_rows import Row, tabled
from benchmarks.serving import ROOT
from benchmarks.written import measured, put_between
from core import clock
from core.clock import CENTRE_TIME
from core.settings import through_psycopg
from operations.generating import files
from operations.generating.files import Population
from subscribers.entities import ENTITIES

SIZES = (10_000, 100_000, 1_000_000)
DELTA = 0.03
MONTHS = 3
MORNING = datetime.combine(datetime(2026, 11, 26, tzinfo=CENTRE_TIME).date(), time(6), CENTRE_TIME)
DECODING = "decoding"
STEPS = ("verifying", DECODING, "checking", "merging", "closing", "acknowledging")
MOST_OF_BULK, MOST_SECONDS, MOST_CALLER_MS = 2.0, 120, 50


def main() -> None:
    options = _options()
    told = [measured(clock.now())]
    told += chain.from_iterable(_on(database, options) for database in _databases(options))
    said = "\n".join(told)
    print(said, flush=True)
    if options.write or max(options.sizes) >= max(SIZES):
        put_between("subscribers", said)


def _databases(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    if "sqlite" in options.databases:
        yield "SQLite", ""
    if "postgresql" in options.databases and options.postgresql:
        yield "PostgreSQL", options.postgresql


def _on(database: tuple[str, str], options: argparse.Namespace) -> Iterator[str]:
    name, address = database
    results = [_one_size(size, address, options) for size in options.sizes]
    yield from tabled(f"{name}: customers", options.sizes, _rows(results, options.entities))
    yield from _steps(name, options.sizes[-1], results[-1], options.entities)
    if all("lookups" in one for one in results):
        yield from _found(results, options.sizes)


def _one_size(size: int, address: str, options: argparse.Namespace) -> dict[str, Any]:
    """Load into an empty centre; what is measured is all of it."""
    made = _files(options.folder / "files" / str(size), size, options.entities)
    centre = options.folder / f"centre-{size}"
    shutil.rmtree(centre, ignore_errors=True)
    centre.mkdir(parents=True)
    environment = {"ZHIDA_DATA_DIR": str(centre.absolute()), "ZHIDA_LOG_LEVEL": "WARNING"}
    if address:
        environment["ZHIDA_DATABASE_URL"] = _emptied(address)
    command = [sys.executable, "-m", "benchmarks.subscribers_step", "--files", str(made.absolute())]
    command += ["--entities", ",".join(options.entities)]
    told = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    found["load average"] = os.getloadavg()[0]
    print(f"{size:,} on {address or 'SQLite'}: {json.dumps(found)}", file=sys.stderr, flush=True)
    shutil.rmtree(centre)
    return found


def _files(folder: Path, size: int, entities: Sequence[str]) -> Path:
    if not folder.exists():
        half = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(half, ignore_errors=True)
        wanted = Population(size, MONTHS, tuple(entities))
        files.write_full(half, wanted, at=MORNING)
        files.write_delta(half, wanted, DELTA, at=MORNING)
        half.rename(folder)
    return folder


def _emptied(address: str) -> str:
    """Return the address of a database of our own, made anew."""
    server = create_engine(through_psycopg(address), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS zhida_subscribers_benchmark WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE zhida_subscribers_benchmark"))
    server.dispose()
    return address.rpartition("/")[0] + "/zhida_subscribers_benchmark"


def _rows(results: Sequence[dict[str, Any]], entities: Sequence[str]) -> Iterator[Row]:
    """Seconds are of this process on a processor, which others at work on the machine do not lengthen."""
    customers = [one["full"]["customer"] for one in results]
    yield Row(
        "customer file, read to acknowledged, by the clock", "s", [one["whole"][0] for one in customers]
    )
    yield Row("· on a processor", "s", [one["whole"][1] for one in customers])
    for step in STEPS:
        yield Row(f"· {step}, on a processor", "s", [_spent(one, step)[1] for one in customers])
    yield Row(
        "· prepared", "rows/s on a processor", [one["rows"] / _spent(one, DECODING)[1] for one in customers]
    )
    total = f"all {len(entities)} files, {_many(results[-1], entities)} rows at the last"
    for kind, said in (("full", total), ("delta", f"files of what changed ({DELTA:.0%})")):
        for which, name in enumerate(("by the clock", "on a processor")):
            spent = [sum(one[kind][entity]["whole"][which] for entity in entities) for one in results]
            yield Row(f"{said}, {name}", "s", spent)
    if "facts" in results[0]:
        yield Row("facts of a month, by the clock", "s", [one["facts"]["first"][0] for one in results])
        yield Row(
            "· again, nothing changed, by the clock", "s", [one["facts"]["again"][0] for one in results]
        )
    yield Row("memory of the process before", "MB", [one["memory before"] for one in results])
    yield Row("· its highest while it loaded the customer file", "MB", [one["memory"] for one in customers])


def _spent(load: dict[str, Any], step: str) -> tuple[float, float]:
    by_the_clock, busy = load["took"].get(step, (0.0, 0.0))
    return by_the_clock, busy


def _many(result: dict[str, Any], entities: Sequence[str]) -> str:
    return f"{sum(result['full'][entity]['rows'] for entity in entities):,}"


def _steps(name: str, size: int, result: dict[str, Any], entities: Iterable[str]) -> Iterator[str]:
    """Say of the largest size what each entity cost, and what dominates."""
    yield (
        f"\n| {name}, {size:,} customers: s by the clock (on a processor) | rows | {' | '.join(STEPS)} |"
        " bulk insert | merging × bulk | on a processor |"
    )
    yield "|---|" + "---|" * (len(STEPS) + 4)
    for entity in entities:
        one = result["full"][entity]
        bulk, merging = one["bulk insert"], _spent(one, "merging")
        ratios = [_judged(merging[0] / bulk[0], MOST_OF_BULK), f"{merging[1] / bulk[1]:.2f}"]
        took = [_said(_spent(one, step)) for step in STEPS]
        cells = [f"{one['rows']:,}", *took, _said(bulk), *ratios]
        yield f"| {ENTITIES[entity].label} {entity} | " + " | ".join(cells) + " |"
    customer = result["full"]["customer"]
    longest = max(STEPS, key=lambda step: _spent(customer, step)[0])
    share = _spent(customer, longest)[0] / customer["whole"][0]
    whole = _at_full_size(customer["whole"][0], MOST_SECONDS, size)
    yield (
        f"\nThe customer file: {whole} s by the clock; {longest} is {share:.0%} of it."
        f" Load average afterwards {result['load average']:.1f}."
    )


def _said(spent: Sequence[float]) -> str:
    return f"{spent[0]:,.1f} ({spent[1]:,.1f})"


def _found(results: Sequence[dict[str, Any]], sizes: Sequence[int]) -> Iterator[str]:
    heads = " | ".join(f"{size:,}" for size in sizes)
    yield f"\n| looking up, ms: p50 / p95 / p99 by the clock (p50 / p95 on a processor) | {heads} |"
    yield "|---|" + "---|" * len(sizes)
    for way in results[0]["lookups"]:
        cells = []
        for one, size in zip(results, sizes, strict=True):
            found = one["lookups"][way]
            last = f"{found['p95']:.1f}"
            if way == subscriber_lookups.CALLER:
                last = _at_full_size(found["p95"], MOST_CALLER_MS, size)
            busy = f"{found['busy p50']:.1f} / {found['busy p95']:.1f}"
            cells.append(f"{found['p50']:.1f} / {last} / {found['p99']:.1f} ({busy})")
        yield f"| {way} | " + " | ".join(cells) + " |"


def _at_full_size(value: float, most: float, size: int) -> str:
    """Judge it where the budget is meant: at a million."""
    return _judged(value, most) if size >= max(SIZES) else f"{value:,.1f}"


def _judged(value: float, most: float) -> str:
    return f"{value:,.2f} {'✓' if value <= most else '✗'} ≤ {most:g}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=lambda said: [int(one) for one in said.split(",")], default=SIZES)
    parser.add_argument("--entities", type=lambda said: said.split(","), default=list(ENTITIES))
    parser.add_argument("--databases", type=lambda said: said.split(","), default=["sqlite", "postgresql"])
    parser.add_argument(
        "--postgresql", default="", help="the address of a server on which we may make a database"
    )
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark/subscribers"))
    parser.add_argument(
        "--write", action="store_true", help="put the tables into README.md whatever the size"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
