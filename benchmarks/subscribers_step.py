"""One size of the subscribers benchmark on one database, in a process of its own; the last line is JSON.

python -m benchmarks.subscribers_step --files F --entities customer,account,subscription,number
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, func, select, text
from sqlmodel import Session, SQLModel, col

from benchmarks import subscriber_lookups
from core import clock, database
from operations import migrating, preparing
from subscribers import facts
from subscribers.entities import ENTITIES
from subscribers.loading import advancing, bulk, naming
from subscribers.loading.models import Load, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of

AT_ONCE = 50_000  # as the merge
Spent = tuple[float, float]  # by the clock, and on a processor by this process
NOTHING: Spent = (0.0, 0.0)
_NAMES = {
    LoadState.SEEN: "verifying",
    LoadState.VERIFIED: "decoding",
    LoadState.STAGED: "checking",
    LoadState.CHECKED: "beginning",
    LoadState.MERGING: "merging",
    LoadState.MERGED: "closing",
    LoadState.RECONCILED: "acknowledging",
}


def main() -> None:
    options = _options()
    entities = options.entities.split(",")
    preparing.prepare()
    migrating.migrate()
    found: dict[str, Any] = {"memory before": resident_mb(), "full": {}, "delta": {}}
    for entity in entities:
        found["full"][entity] = load(options.files, entity, "F")
        found["full"][entity]["memory"] = (
            resident_mb()
        )  # of the first: what is inserted again is read in pages
        found["full"][entity]["bulk insert"] = bulk_insert_again(entity)
    for entity in entities:
        found["delta"][entity] = load(options.files, entity, "D")
    found["analyse"] = seconds(_analyse)
    if "number" in entities:
        found["lookups"] = subscriber_lookups.measure()
    if "bill" in entities:
        found["facts"] = _facts()
    print("\n" + json.dumps(found))


def load(folder: Path, entity: str, letter: str) -> dict[str, Any]:
    """Load a file and return the seconds of each step, the whole, and the rows."""
    path = next(iter(folder.glob(f"*_{entity.upper()}_{letter}_*{naming.MANIFEST}")))
    took: dict[str, Spent] = {}
    ours = advancing._STEPS  # noqa: SLF001 - the steps themselves are what is timed
    advancing._STEPS = {state: _timed(step, _NAMES[LoadState(state)], took) for state, step in ours.items()}  # noqa: SLF001
    began = _now()
    done = advancing.advance(id_of(receive(path, Via.COMMAND, at=clock.now()).load), at=clock.now())
    whole = _since(began)
    advancing._STEPS = ours  # noqa: SLF001
    if done.state != LoadState.ACKNOWLEDGED:
        raise SystemExit(f"{done.name} is {done.state}: {done.reason}")
    return {"rows": done.rows, "whole": whole, "took": took, "merge_seconds": done.merge_seconds} | _counts(
        done
    )


def _counts(load: Load) -> dict[str, int]:
    names = ("inserted", "updated", "unchanged", "removed", "bad", "orphans")
    return {name: getattr(load, name) for name in names}


def _timed(step: Callable[..., None], name: str, took: dict[str, Spent]) -> Callable[..., None]:
    def run(*parts: Any, **more: Any) -> None:
        began = _now()
        try:
            step(*parts, **more)
        finally:
            took[name] = _sum(took.get(name, NOTHING), _since(began))

    return run


def bulk_insert_again(entity: str) -> Spent:
    """Insert the same rows into an empty table with the same indexes and references; return the seconds."""
    table = SQLModel.metadata.tables[str(ENTITIES[entity].table.__tablename__)]
    copy = _empty_copy(table)
    names = [column.name for column in table.columns]
    took = NOTHING
    for rows in _pages(table):
        began = _now()
        with database.unit_of_work() as session:
            bulk.insert(session, copy, names, rows)
        took = _sum(took, _since(began))
    with database.engine().execution_options(writes=True).begin() as connection:
        copy.drop(connection)
    return took


def _empty_copy(table: Table) -> Table:
    others = MetaData()
    for referred in {key.column.table for key in table.foreign_keys}:
        referred.to_metadata(others)
    copy = table.to_metadata(others, name=f"{table.name}_again")
    named: list[Any] = [*copy.indexes, *copy.constraints]
    for number, one in enumerate(named):
        one.name = f"{copy.name}_{number}"
    with database.engine().execution_options(writes=True).begin() as connection:
        copy.create(connection)
    return copy


def _pages(table: Table) -> Iterator[list[Any]]:
    """Read the rows as the driver has them, in their order, a chunk at a time."""
    last = 0
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    at = [column.name for column in table.columns].index("id")
    while True:
        page = text(f'SELECT {names} FROM "{table.name}" WHERE id > :last ORDER BY id LIMIT {AT_ONCE}')
        with database.reading() as session:
            rows = [tuple(row) for row in session.execute(page, {"last": last})]
        if not rows:
            return
        yield rows
        last = rows[-1][at]


def _analyse() -> None:
    with database.engine().execution_options(writes=True).begin() as connection:
        connection.execute(text("ANALYZE"))


def _facts() -> dict[str, Any]:
    with database.reading() as session:
        month = facts.latest_month(session, clock.now())
        bills = _count(session, "bill")
    written = 0

    def reckon() -> None:
        nonlocal written
        written = facts.reckon(month)

    first = seconds(reckon)
    of_first = written
    return {"bills": bills, "first": first, "written": of_first, "again": seconds(reckon)}


def _count(session: Session, entity: str) -> int:
    table = ENTITIES[entity].table
    return int(session.execute(select(func.count(col(table.id)))).scalar_one())


def resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(work: Callable[[], object]) -> Spent:
    began = _now()
    work()
    return _since(began)


def _now() -> Spent:
    return time.perf_counter(), time.process_time()


def _since(began: Spent) -> Spent:
    now = _now()
    return now[0] - began[0], now[1] - began[1]


def _sum(one: Spent, other: Spent) -> Spent:
    return one[0] + other[0], one[1] + other[1]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--entities", default=",".join(ENTITIES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
