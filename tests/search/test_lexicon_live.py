"""What one process changes in the lexicon, another reads queries with a moment later."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core import database
from core.identity import Actor
from operations.working import Workers
from search import understanding
from search.lexicon import changing, current, wording
from search.lexicon.models import Direction
from search.query import parse_query
from tests.conftest import MONDAY_MORNING

PROJECT = Path(__file__).parents[2]
READER = """
import sys, time
from datetime import datetime, timezone
from operations import tables
from search import understanding
from search.query import parse_query
tables.known()
while True:
    at = datetime(2026, 3, 2, tzinfo=timezone.utc)
    query = parse_query("迁网", at=at, understanding=understanding.current())
    if any(reading.meant == "移机" for reading in query.readings):
        break
    print("not yet", flush=True)
    time.sleep(0.02)
print(f"seen {time.time()}", flush=True)
"""


def keep(editor: Actor) -> None:
    with database.unit_of_work() as session:
        synonym = wording.synonym("迁网", ["移机"], Direction.ONE_WAY)
        changing.add(session, synonym, actor=editor, at=MONDAY_MORNING)


def test_another_process_knows_a_change_a_moment_later(centre: Path, editor_lin: Actor) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", READER], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "not yet\n"
        keep(editor_lin)
        kept_at = time.time()
        last = reader.stdout.read().splitlines()[-1]

    assert last.startswith("seen")
    assert float(last.split()[1]) - kept_at < 3.0  # half a second and a moment, on a machine that may be busy


def test_who_asks_while_a_large_lexicon_is_read_is_not_kept_waiting(
    centre: Path, editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    understanding.refresh()
    reading, may_go_on = threading.Event(), threading.Event()
    load = current._live._load

    def slowly(session: object) -> object:
        reading.set()
        may_go_on.wait(10)
        return load(session)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(current._live, "_load", slowly)
    keep(editor_lin)
    refreshing = threading.Thread(target=understanding.refresh)
    refreshing.start()
    assert reading.wait(10)

    meanwhile = parse_query("迁网", at=MONDAY_MORNING, understanding=understanding.current())
    may_go_on.set()
    refreshing.join()
    afterwards = parse_query("迁网", at=MONDAY_MORNING, understanding=understanding.current())

    assert meanwhile.readings == ()
    assert [one.meant for one in afterwards.readings] == ["移机"]


def test_a_web_process_without_jobs_reads_the_words_itself(
    centre: Path, editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.live.LOOKS_EVERY_SECONDS", 3_600)
    workers = Workers(with_jobs=False)
    workers.start()
    keep(editor_lin)

    until = time.monotonic() + 60
    while "迁网" not in understanding.current().lexicon.synonyms and time.monotonic() < until:
        time.sleep(0.02)
    workers.stop()

    assert understanding.current().lexicon.synonyms["迁网"] == ("移机",)


def test_supposing_is_this_threads_alone(centre: Path) -> None:
    supposed = understanding.read_with(current.current())
    seen: list[bool] = []

    with understanding.supposing(supposed):
        assert understanding.current() is supposed
        other = threading.Thread(target=lambda: seen.append(understanding.current() is supposed))
        other.start()
        other.join()

    assert seen == [False]
    assert understanding.current() is not supposed
