"""The index follows the database: after the commit, in any order, whatever else is writing."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from core import database, jobs
from core.jobs import Job
from core.scope import Brand
from core.settings import settings
from search import engines, indexing, meaning, sources
from search.document import DocumentKey
from search.engines.base import WritingBusy
from search.finder import find
from search.hits import Degradation, Signal
from tests.conftest import MONDAY_MORNING, forget
from tests.search.brands import SOURCE, Brands, offer, retire
from tests.search.library import fill, make_query

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def brands(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brands]:
    """A centre with an index, to which only brands are introduced."""
    monkeypatch.setattr(sources, "_sources", {})
    brands = Brands()
    indexing.introduce(SOURCE, brands)
    fill(engines.engine())
    return brands


def found(text: str) -> list[str]:
    return [hit.key.id for hit in find(make_query(text), limit=10).ranked]


def waiting() -> list[Job]:
    with database.reading() as session:
        return list(session.exec(select(Job)))


def test_what_was_committed_is_found(brands: Brands) -> None:
    offer("qm", "青芒校园")
    assert found("青芒") == []

    jobs.run_all_due(MONDAY_MORNING)

    assert found("青芒") == ["qm"]


def test_what_was_rolled_back_is_not(brands: Brands) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        session.add(Brand(code="qm", name="青芒校园"))
        indexing.schedule(session, DocumentKey(SOURCE, "qm"), at=MONDAY_MORNING)
        raise RuntimeError

    assert waiting() == []


def test_what_should_not_be_found_any_more_is_removed(brands: Brands) -> None:
    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)

    retire("qm")
    jobs.run_all_due(MONDAY_MORNING)

    assert found("青芒") == []


def test_a_change_for_later_is_made_later(brands: Brands) -> None:
    offer("qm", "青芒校园", run_at=MONDAY_MORNING + A_MINUTE)

    jobs.run_all_due(MONDAY_MORNING)
    assert found("青芒") == []

    jobs.run_all_due(MONDAY_MORNING + A_MINUTE)
    assert found("青芒") == ["qm"]


def test_many_changes_are_one_batch_and_the_last_name_counts(brands: Brands) -> None:
    reads = []
    brands.while_reading = lambda: reads.append(1)
    for number in range(30):
        offer(f"b{number}", f"品牌{number}")
    offer("b1", "改名以后")

    jobs.run_all_due(MONDAY_MORNING)

    assert found("改名以后") == ["b1"]
    assert len(reads) == 1


def test_documents_are_read_by_whoever_may_write(brands: Brands) -> None:
    def try_to_write() -> None:
        with pytest.raises(WritingBusy), engines.engine().writing(wait=0):
            pass
        tried.append(1)

    tried: list[int] = []
    brands.while_reading = try_to_write
    offer("qm", "青芒校园")

    jobs.run_all_due(MONDAY_MORNING)

    assert tried == [1]


def test_while_another_process_writes_the_job_waits_and_is_not_blamed(
    brands: Brands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "LEASE_WAIT_SECONDS", 0.05)
    offer("qm", "青芒校园")

    with engines.engine().writing(wait=0):
        jobs.run_due(MONDAY_MORNING)

    (job,) = waiting()
    assert job.attempts == 0
    jobs.run_all_due(MONDAY_MORNING + A_MINUTE)
    assert found("青芒") == ["qm"]


@pytest.mark.parametrize("lost", ["index", "index/pointer.json", "index/*/words", "index/*/vectors.sqlite3"])
def test_an_index_that_is_gone_is_built_again(brands: Brands, centre: Path, lost: str) -> None:
    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)
    for path in centre.glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert indexing.needs_rebuild()
    indexing.ensure(at=MONDAY_MORNING)
    indexing.ensure(at=MONDAY_MORNING)
    assert len(waiting()) == 1
    jobs.run_all_due(MONDAY_MORNING)

    assert not indexing.needs_rebuild()
    assert found("青芒") == ["qm"]


def test_a_change_without_an_index_has_one_built(brands: Brands, centre: Path) -> None:
    shutil.rmtree(centre / "index")
    assert find(make_query("青芒"), limit=5).degradations == {Degradation.ENGINE_UNAVAILABLE}

    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)

    assert found("青芒") == ["qm"]


def test_another_model_asks_for_a_rebuild(brands: Brands, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not indexing.needs_rebuild()

    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "bundled")
    settings.cache_clear()
    engines.forget()

    assert indexing.needs_rebuild()


def test_without_a_model_there_is_nothing_to_catch_up_with(brands: Brands) -> None:
    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)

    assert indexing.catch_up() == 0
    assert indexing.status().meaning.total == 0


def test_with_the_bundled_model_a_brand_is_found_by_what_it_means(
    brands: Brands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "bundled")
    settings.cache_clear()
    engines.forget()
    for code, name in (("yl", "老年人专属优惠套餐"), ("ld", "宽带光猫故障报修"), ("my", "出国漫游流量包")):
        offer(code, name)
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    assert indexing.status().meaning.pending == 3

    while indexing.catch_up():
        pass
    encoder = meaning.encoder()
    assert encoder
    encoder.ask("我妈七十岁了用哪个便宜", budget=20).vector()  # the process has come up
    query = make_query("我妈七十岁了用哪个便宜")
    hits = find(replace(query, configuration=replace(query.configuration, floor=-99)), limit=5)

    assert hits.degradations == frozenset()
    nearest = max(hits.ranked, key=lambda hit: hit.why.get(Signal.MEANING, 0))
    assert nearest.key.id == "yl"


def test_a_published_change_is_found_within_two_seconds(brands: Brands) -> None:
    began = time.monotonic()
    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)

    assert found("青芒") == ["qm"]
    assert time.monotonic() - began < 2


def test_a_restart_finds_what_was_there(brands: Brands) -> None:
    offer("qm", "青芒校园")
    jobs.run_all_due(MONDAY_MORNING)

    forget()

    assert found("青芒") == ["qm"]
