"""One size of the growth benchmark, in a process of its own; prints one line of JSON at the end.

python -m benchmarks.growth_step build --articles 1000 --folder F --cache C
python -m benchmarks.growth_step fill --articles 1000 --folder F --cache C
python -m benchmarks.growth_step search --folder F

`fill` puts the index on the Elasticsearch of the settings; `search` asks the engine of the settings.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import growth_elasticsearch, zhida_side
from benchmarks.large_centre import build, kept, settle_in, write
from benchmarks.on_elasticsearch import place_of_settings
from benchmarks.typing_moments import pauses
from core import clock
from core.settings import settings
from operations import preparing
from search import embeddings, engines, indexing

SEARCHED = 60
MEGABYTE = 1_000_000


def main() -> None:
    options = _options()
    settle_in(options.folder)
    found: dict[str, object]
    if options.step == "build":
        found = {"took": build(options.articles, options.cache)}
    elif options.step == "fill":
        write(options.articles)
        found = growth_elasticsearch.fill(
            place_of_settings(), kept(options.cache), options.articles, options.bulked
        )
    else:
        found = search()
    print("\n" + json.dumps(found))


def search() -> dict[str, object]:
    """Search as a web process does, by words and by meaning; return what memory that takes."""
    preparing.prepare()
    before = resident_mb()
    began, at = time.perf_counter(), clock.now()
    queries = list(zhida_side.golden_queries())[:SEARCHED]
    zhida_side.typed(queries[0], at)
    opening = time.perf_counter() - began
    for query in queries:
        for prefix in pauses(query):
            zhida_side.typed(prefix, at)
        zhida_side.settled(query, at)
    resident, status = resident_mb(), indexing.status()
    embeddings.forget()
    engines.forget()
    return {
        "before": before, "resident": resident, "opening": opening, "disk": dict(disk_by_part()),
        "documents": status.documents, "texts": status.meaning.total,
    }  # fmt: skip


def resident_mb() -> float:
    """Return what this process has in memory, without the encoders' processes, which do not grow."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024 / MEGABYTE


def disk_by_part() -> Iterator[tuple[str, float]]:
    """Yield the megabytes of the database and of each part of the index."""
    folder = settings().data_dir
    yield "database", sum(map(_megabytes, folder.glob("zhida.sqlite3*")))
    parts: dict[str, float] = {}
    for path in (folder / "index").glob("*/**/*"):
        part = path.relative_to(folder / "index").parts[1].split("-")[0]
        parts[part] = parts.get(part, 0.0) + _megabytes(path)
    yield from parts.items()


def _megabytes(path: Path) -> float:
    return path.stat().st_size / MEGABYTE if path.is_file() else 0.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("build", "fill", "search"))
    parser.add_argument("--articles", type=int, default=0)
    parser.add_argument("--bulked", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
