"""What more articles cost: time to index, disk, memory, and with which exponent each grows.

    python -m benchmarks.growth [--sizes 10000,100000,300000] [--folder zhida-data-benchmark/growth]
        [--elasticsearch http://127.0.0.1:9200] [--engines elasticsearch]

Each size is a centre of its own in the folder and two processes: one builds, one searches.
A run up to 300,000 writes what it saw into README.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import nan
from pathlib import Path
from typing import Any

from benchmarks import growth_elasticsearch
from benchmarks.encoding_rates import encoding_rates
from benchmarks.growth_rows import Row, tabled
from benchmarks.on_elasticsearch import ABSENT, borrowed, memory
from benchmarks.serving import ROOT
from benchmarks.written import measured, put_between
from core import clock

SIZES = (10_000, 100_000, 300_000)
EMBEDDED, ELASTICSEARCH = "embedded", "elasticsearch"


def main() -> None:
    options = _options()
    when = measured(clock.now())
    if EMBEDDED in options.engines:
        _put("growth", chain([when], _on_embedded(options)), options)
    if ELASTICSEARCH in options.engines:  # in the centres that were just built, or that are there
        said = _on_elasticsearch(options) if options.elasticsearch else [ABSENT]
        _put("growth-elasticsearch", chain([when], said), options)
    if EMBEDDED in options.engines and not options.keep:
        shutil.rmtree(options.folder)


def _put(name: str, told: Iterable[str], options: argparse.Namespace) -> None:
    text = "\n".join(told)
    print(text, flush=True)
    if options.write or max(options.sizes) >= max(SIZES):
        put_between(name, text)


def _on_embedded(options: argparse.Namespace) -> Iterator[str]:
    results = [one_size(size, options.folder / str(size), options.cache) for size in options.sizes]
    yield from tabled("articles", [one["documents"] for one in results], rows(results))
    yield from encoding_rates(options.encoded)


def one_size(size: int, folder: Path, cache: Path) -> dict[str, Any]:
    """Build from nothing, because what is measured is the building."""
    shutil.rmtree(folder, ignore_errors=True)
    arguments = ["--folder", str(folder), "--cache", str(cache)]
    built = _step("build", "--articles", str(size), *arguments)
    return built | _step("search", *arguments)


def _on_elasticsearch(options: argparse.Namespace) -> Iterator[str]:
    """Use the centres that are in the folder; one that is not there is written, without an embedded index."""
    first, *others = options.sizes
    results = [_one_size_there(first, options, bulked=options.bulked)]
    results += [_one_size_there(size, options) for size in others]
    yield from growth_elasticsearch.table(results)


def _one_size_there(size: int, options: argparse.Namespace, *, bulked: int = 0) -> dict[str, Any]:
    arguments = ["--folder", str(options.folder / str(size)), "--cache", str(options.cache)]
    with borrowed(options.elasticsearch) as place:
        filled = _step(
            *("fill", "--articles", str(size), "--bulked", str(bulked)), *arguments, **place.environment
        )
        searched = _step("search", *arguments, **place.environment)
        return searched | filled | {"memory": memory(place)}


def rows(results: Sequence[dict[str, Any]]) -> Iterator[Row]:
    yield Row("texts with a vector", "thousands", [one["texts"] / 1000 for one in results])
    for step in ("indexing words", "vectors made from real ones"):
        yield Row(step, "s", [one["took"][step] for one in results])
    for part in results[0]["disk"]:
        yield Row(f"disk: {part}", "MB", [one["disk"].get(part, nan) for one in results])
    yield Row("first search of a process", "s", [one["opening"] for one in results])
    yield Row("memory of a process before it searched", "MB", [one["before"] for one in results])
    yield Row("memory of a process that has searched", "MB", [one["resident"] for one in results])


def _step(*arguments: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth_step", *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=os.environ | environment
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = lambda said: [int(one) for one in said.split(",")]  # noqa: E731
    parser.add_argument("--sizes", type=sizes, default=SIZES)
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark/growth"))
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--elasticsearch", metavar="URL", help="measure on this server too")
    parser.add_argument("--engines", type=lambda said: said.split(","), default=(EMBEDDED, ELASTICSEARCH))
    parser.add_argument("--encoded", type=int, default=48, help="texts of each length to encode")
    parser.add_argument("--bulked", type=int, default=2_000, help="documents to write by each kind of bulk")
    parser.add_argument("--keep", action="store_true", help="leave the centres in the folder")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
