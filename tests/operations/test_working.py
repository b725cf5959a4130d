"""A running centre looks after itself: what is published is found, and a lost index comes back."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import clock, database, jobs
from core.identity import Actor
from kb.finding import Wish, find_articles
from operations import working
from operations.working import Workers
from search import indexing
from search.finder import Mode
from tests.makers import make_article

PATIENCE_SECONDS = 30.0


@pytest.fixture
def at_work(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(working, "WATCH_SECONDS", 0.6)
    indexing.ensure(at=clock.now())
    workers = Workers()
    workers.start()
    yield centre
    workers.stop()


def found(reader: Actor, text: str) -> bool:
    with database.reading() as session:
        answer = find_articles(session, reader, Wish(text), mode=Mode.WORDS, at=clock.now())
    return bool(answer.rows)


def nothing_waits() -> bool:
    with database.reading() as session:
        return not jobs.waiting(session)


def eventually(is_so: Callable[[], bool]) -> bool:
    """Wait as long as a slow machine may need; how fast it is, the benchmarks say."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def test_what_is_published_is_found_without_anybody_asking_for_it(at_work: Path, agent_chen: Actor) -> None:
    make_article("宽带移机费用", at=clock.now())

    assert eventually(lambda: found(agent_chen, "移机费用"))


def test_an_index_that_somebody_deleted_comes_back_by_itself(at_work: Path, agent_chen: Actor) -> None:
    make_article("宽带移机费用", at=clock.now())
    assert eventually(lambda: found(agent_chen, "移机费用") and nothing_waits())

    shutil.rmtree(at_work / "index")

    assert eventually(lambda: (at_work / "index" / "pointer.json").exists() and found(agent_chen, "移机费用"))


def test_a_worker_outlives_a_round_that_failed(centre: Path, caplog: pytest.LogCaptureFixture) -> None:
    def breaks() -> bool:
        raise ValueError("out of paper")

    assert not working._worked(breaks)
    assert "out of paper" in caplog.text
