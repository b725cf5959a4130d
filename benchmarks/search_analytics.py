"""How long the figures of search analytics take over a log of 200,000 searches.

python -m benchmarks.search_analytics
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel

from core import database
from core.identity import Staff
from operations import tables
from search.hits import Degradation
from search.query_kinds import QueryKind
from search.query_log import AskedQuery, DocumentUse
from web.analysing import Asked, Table, overview

SEARCHES, PEOPLE, TEAMS, TEXTS, DAYS = 200_000, 120, 8, 6_000, 30
CHUNK, ROUNDS = 5_000, 7
NOW = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)  # a minute before midnight in the centre
CHANCE = random.Random(1)


def fill() -> None:
    """Write a month: 6 % find nothing, 56 % are used, a fifth of the rest is put in other words."""
    people = [UUID(int=CHANCE.getrandbits(128)) for _ in range(PEOPLE)]
    with database.unit_of_work() as session:
        hired = [
            {"id": one, "login": f"a{n}", "name": f"{n}", "password_hash": ""} for n, one in enumerate(people)
        ]
        session.execute(insert(Staff), hired)
    rows = list(_rows(people))
    for start in range(0, SEARCHES, CHUNK):
        chunk = rows[start : start + CHUNK]
        with database.unit_of_work() as session:
            session.execute(insert(AskedQuery), [asked for asked, _ in chunk])
            session.execute(insert(DocumentUse), [used for _, used in chunk if used])


def _rows(people: list[UUID]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    last: dict[int, dict[str, Any]] = {}
    kinds = [kind.value for kind in QueryKind]
    for number in range(SEARCHES):
        one = CHANCE.randrange(PEOPLE)
        found = 0 if CHANCE.random() < 0.06 else CHANCE.randint(1, 60)
        before = last.get(one)
        is_reworded = before and before["best_place"] is None and CHANCE.random() < 0.2
        asked = last[one] = {
            "id": UUID(int=CHANCE.getrandbits(128)),
            "staff_id": people[one],
            "team_code": f"team{one % TEAMS}",
            "text": f"宽带移机问题{min(TEXTS, int(CHANCE.expovariate(10 / TEXTS)))}怎么处理",
            "kind": CHANCE.choice(kinds),
            "at": NOW - timedelta(days=DAYS) * (1 - number / SEARCHES) + timedelta(seconds=59),
            "result_count": found,
            "duration_ms": int(CHANCE.lognormvariate(2.8, 0.6)),
            "degradations": [Degradation.MEANING_SLOW] if CHANCE.random() < 0.02 else [],
            "filters": {"team": [f"team{one % TEAMS}"]},
            "settled_by": "enter",
            "best_place": CHANCE.choice((1, 1, 1, 2, 2, 3, 4, 7))
            if found and CHANCE.random() < 0.6
            else None,
            "follows": before["id"] if before and is_reworded else None,
        }
        yield asked, _use_of(asked)


def _use_of(asked: dict[str, Any]) -> dict[str, Any] | None:
    if asked["best_place"] is None:
        return None
    where = {"source": "kb", "document_id": str(asked["staff_id"]), "action": "opened"}
    same = {"staff_id": asked["staff_id"], "at": asked["at"]}
    return {"query_id": asked["id"], "position": asked["best_place"], **where, **same}


def measure(asked: Asked) -> tuple[float, float]:
    """Return the milliseconds that the page's figures took: by the clock and of the processor, at best."""
    taken = []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        with database.reading() as session:
            overview(session, asked, at=NOW)
        taken.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)))
    return min(clock for clock, _ in taken), min(worked for _, worked in taken)


def main() -> None:
    tables.known()
    SQLModel.metadata.create_all(database.engine())
    fill()
    print(f"{SEARCHES:,} searches in {DAYS} days; load average {os.getloadavg()[0]:.1f}")
    for days in (1, 7, 30):
        for table in Table:
            clock, worked = measure(Asked(days=days, table=table))
            print(f"{days:>3} days  {table:<11} {clock:6.0f} ms, {worked:5.0f} ms of the processor")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"ZHIDA_DATA_DIR": scratch, "ZHIDA_DATABASE_URL": ""}
        main()
        database.engine().dispose()
