"""A new index is built beside the old one, and nothing that happens meanwhile is lost."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from core import database, jobs
from core.scope import Brand
from search import engines, indexing, rebuild, rebuilds, sources
from search.document import DocumentKey
from search.engines import embedded_words
from search.engines.base import IndexMissing, RebuildRunning
from search.rebuild import RebuildIncomplete
from tests.conftest import MONDAY_MORNING
from tests.search.brands import SOURCE, Brands, offer, retire
from tests.search.library import make_query

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def brands(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Brands:
    """Ten brands in the database and nothing in the index; rebuilding goes by threes."""
    monkeypatch.setattr(sources, "_sources", {})
    monkeypatch.setattr(rebuild, "BATCH", 3)
    brands = Brands()
    indexing.introduce(SOURCE, brands)
    with database.unit_of_work() as session:
        session.add_all([Brand(code=f"b{number}", name=f"品牌{number}号") for number in range(10)])
    return brands


def found(text: str = "品牌") -> set[str]:
    matches = engines.engine().match_words(make_query(text), 50)
    return {hit.key.id for hits in matches.by_signal.values() for hit in hits}


def halfway(act: Callable[[], None]) -> Callable[[int, int], None]:
    """Return a listener that acts once, after the second batch."""

    def listen(done: int, _total: int) -> None:
        if done == 6:
            act()

    return listen


def test_everything_is_in_the_new_index(brands: Brands) -> None:
    told: list[tuple[int, int]] = []

    count = rebuild.rebuild(MONDAY_MORNING, lambda done, total: told.append((done, total)))

    assert count == 10
    assert found() == {f"b{number}" for number in range(10)}
    assert told == [(3, 10), (6, 10), (9, 10), (10, 10)]


def test_a_centre_without_documents_has_an_index_too(brands: Brands) -> None:
    with database.unit_of_work() as session:
        for brand in list(brands.ids(session)):
            session.delete(session.get_one(Brand, brand))

    assert rebuild.rebuild(MONDAY_MORNING) == 0
    assert found() == set()


def test_what_the_database_has_no_more_is_gone(brands: Brands) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    with database.unit_of_work() as session:
        session.delete(session.get_one(Brand, "b3"))
        session.get_one(Brand, "b4").retired = True

    rebuild.rebuild(MONDAY_MORNING)

    assert found() == {f"b{number}" for number in range(10)} - {"b3", "b4"}


def test_people_search_the_old_index_until_the_new_one_is_whole(brands: Brands) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    seen: list[int] = []
    over = threading.Event()

    def search() -> None:
        while not over.is_set():
            seen.append(len(found()))

    searching = threading.Thread(target=search)
    searching.start()
    rebuild.rebuild(MONDAY_MORNING)
    over.set()
    searching.join()

    assert set(seen) == {10}


def test_a_change_made_meanwhile_is_in_both(brands: Brands) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    def change() -> None:
        offer("b1", "半路改名")  # its batch is done
        offer("b9", "半路也改名")  # its batch is still to come
        offer("bz", "半路新来")
        retire("b2")
        jobs.run_all_due(MONDAY_MORNING)
        assert found("半路") == {"b1", "b9", "bz"}

    rebuild.rebuild(MONDAY_MORNING, halfway(change))

    assert found("半路") == {"b1", "b9", "bz"}
    assert "b2" not in found()


def test_a_batch_read_late_does_not_put_old_over_new(brands: Brands) -> None:
    """If documents were read before the right to write is held, the job would be done before the batch."""
    rebuild.rebuild(MONDAY_MORNING)

    def rename() -> None:
        offer("b0", "改了名")
        jobs.run_all_due(MONDAY_MORNING)

    renaming = threading.Thread(target=rename)

    def rename_while_the_first_batch_is_read() -> None:
        brands.while_reading = lambda: None
        renaming.start()
        renaming.join(timeout=0.5)

    brands.while_reading = rename_while_the_first_batch_is_read
    rebuild.rebuild(MONDAY_MORNING)
    renaming.join()

    assert found("改了名") == {"b0"}


def test_what_was_missed_and_not_announced_is_mended_before_the_switch(brands: Brands) -> None:
    def change_without_a_word() -> None:
        with database.unit_of_work() as session:
            session.add(Brand(code="a-late", name="迟到的品牌"))
            session.delete(session.get_one(Brand, "b0"))

    rebuild.rebuild(MONDAY_MORNING, halfway(change_without_a_word))

    assert "a-late" in found()
    assert "b0" not in found()


def test_parts_that_do_not_agree_are_not_switched_to(brands: Brands, centre: Path) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    def lose_a_word() -> None:
        building = engines.engine().status().building
        embedded_words.write(centre / "index" / str(building) / "words", {}, [DocumentKey(SOURCE, "b1")])

    with pytest.raises(RebuildIncomplete):
        rebuild.rebuild(MONDAY_MORNING, halfway(lose_a_word))

    assert len(found()) == 10


def test_a_second_rebuild_is_refused_by_name(brands: Brands) -> None:
    def again() -> None:
        with pytest.raises(RebuildRunning):
            rebuild.rebuild(MONDAY_MORNING)

    rebuild.rebuild(MONDAY_MORNING, halfway(again))

    assert len(found()) == 10


def test_a_rebuild_that_stopped_halfway_leaves_the_old_index_and_a_clean_start(
    brands: Brands, centre: Path
) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(MONDAY_MORNING, halfway(stop))
    assert len(found()) == 10

    with database.unit_of_work() as session:
        session.delete(session.get_one(Brand, "b0"))
    rebuild.rebuild(MONDAY_MORNING)
    assert len(found()) == 9
    assert sum(path.is_dir() for path in (centre / "index").iterdir()) == 2


def test_the_job_waits_while_somebody_rebuilds_by_hand(brands: Brands) -> None:
    with database.unit_of_work() as session:
        rebuilds.schedule(session, at=MONDAY_MORNING)

    with engines.engine().rebuilding():
        jobs.run_due(MONDAY_MORNING)
    with pytest.raises(IndexMissing):
        engines.engine().status()

    jobs.run_all_due(MONDAY_MORNING + 2 * A_MINUTE)
    assert len(found()) == 10


def test_a_rebuild_is_scheduled_once(brands: Brands, session: Session) -> None:
    rebuilds.schedule(session, at=MONDAY_MORNING)
    session.flush()
    rebuilds.schedule(session, at=MONDAY_MORNING)

    assert jobs.waiting(session) == {rebuilds.REBUILD: 1}
