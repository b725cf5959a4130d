"""What more articles cost: time to index, disk, memory, and with which exponent each grows.

    python -m benchmarks.growth [--sizes 10000,100000,300000] [--folder zhida-data-benchmark/growth]

Each size is a centre of its own in the folder and two processes: one builds, one searches.
A run up to 300,000 writes what it saw into README.md.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.encoding_rates import encoding_rates
from benchmarks.serving import ROOT
from benchmarks.written import measured, put_between
from core import clock

SIZES = (10_000, 100_000, 300_000)


@dataclass(frozen=True)
class Row:
    """One quantity over the sizes."""

    what: str
    unit: str
    values: Sequence[float]

    def told(self, sizes: Sequence[int]) -> str:
        cells = [f"{value:,.1f}" for value in self.values]
        return (
            f"| {self.what}, {self.unit} | " + " | ".join([*cells, f"{slope(sizes, self.values):.2f}"]) + " |"
        )


def main() -> None:
    options = _options()
    when = measured(clock.now())
    results = [one_size(size, options.folder / str(size), options.cache) for size in options.sizes]
    if not options.keep:
        shutil.rmtree(options.folder)
    lines = [when, *table(results), *encoding_rates(options.encoded)]
    print("\n".join(lines))
    if options.write or max(options.sizes) >= max(SIZES):
        put_between("growth", "\n".join(lines))


def one_size(size: int, folder: Path, cache: Path) -> dict[str, Any]:
    """Build from nothing, because what is measured is the building."""
    shutil.rmtree(folder, ignore_errors=True)
    arguments = ["--folder", str(folder), "--cache", str(cache)]
    built = _step("build", "--articles", str(size), *arguments)
    return built | _step("search", *arguments)


def table(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The slope is the exponent: 1.00 means that twice the articles cost twice as much."""
    sizes = [one["documents"] for one in results]
    yield "\n| articles | " + " | ".join(f"{size:,}" for size in sizes) + " | slope |"
    yield "|---|" + "---|" * (len(sizes) + 1)
    for row in rows(results):
        yield row.told(sizes)


def rows(results: Sequence[dict[str, Any]]) -> Iterator[Row]:
    yield Row("texts with a vector", "thousands", [one["texts"] / 1000 for one in results])
    for step in ("indexing words", "vectors made from real ones"):
        yield Row(step, "s", [one["took"][step] for one in results])
    for part in results[0]["disk"]:
        yield Row(f"disk: {part}", "MB", [one["disk"].get(part, nan) for one in results])
    yield Row("first search of a process", "s", [one["opening"] for one in results])
    yield Row("memory of a process before it searched", "MB", [one["before"] for one in results])
    yield Row("memory of a process that has searched", "MB", [one["resident"] for one in results])


def slope(sizes: Sequence[int], values: Sequence[float]) -> float:
    """Return the exponent of the power that fits best: a line through the logarithms."""
    if len(sizes) < 2 or min(values) <= 0:
        return nan
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def _step(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth_step", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = lambda said: [int(one) for one in said.split(",")]  # noqa: E731
    parser.add_argument("--sizes", type=sizes, default=SIZES)
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark/growth"))
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--encoded", type=int, default=48, help="texts of each length to encode")
    parser.add_argument("--keep", action="store_true", help="leave the centres in the folder")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
