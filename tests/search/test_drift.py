"""What drifted away from the database is found at night and mended."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from core import database, jobs, regular
from search import drift, engines, indexing, sources
from search.document import DocumentKey, SearchDocument
from search.rebuild import rebuild
from tests.conftest import MONDAY_MORNING
from tests.search.library import by_words, make_document, put, remove
from tests.search.nodes import Centre, needs_elasticsearch


class Shelf:
    """A source whose documents the test changes behind the back of the index."""

    def __init__(self) -> None:
        self.all = {str(n): make_document(str(n), f"第{n}号公告") for n in range(20)}

    def ids(self, session: Session) -> list[str]:
        return sorted(self.all)

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        return {id_: self.all[id_] for id_ in ids if id_ in self.all}


@pytest.fixture
def shelf(request: pytest.FixtureRequest, centre: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    if "each_engine" in request.fixturenames:
        request.getfixturevalue("each_engine")
    shelf = Shelf()
    monkeypatch.setattr(sources, "_sources", {"kb": shelf})
    rebuild(MONDAY_MORNING)
    return shelf


@pytest.mark.usefixtures("each_engine")
def test_nothing_is_found_where_nothing_drifted(shelf: Shelf) -> None:
    found = drift.check(MONDAY_MORNING)

    assert (found.documents, found.found, found.is_whole) == (20, 0, True)


@pytest.mark.usefixtures("each_engine")
def test_what_is_missing_stale_or_orphaned_is_counted_and_mended(shelf: Shelf) -> None:
    engine = engines.engine()
    remove(engine, "3")
    put(engine, make_document("left over", "第99号公告"))
    shelf.all["5"] = make_document("5", "第5号公告", body="改过的正文")

    found = drift.check(MONDAY_MORNING)

    assert (found.missing, found.stale, found.orphaned, found.is_whole) == (1, 1, 1, True)
    assert by_words(engine, "改过的正文")[0] == "5"
    assert engine.status().documents == 20
    with engine.writing(wait=5) as writer:
        indexed = writer.digests(engine.status().generation)
    assert indexed == {document.key: document.digest for document in shelf.all.values()}
    assert drift.check(MONDAY_MORNING).found == 0


@needs_elasticsearch
@pytest.mark.parametrize("each_engine", ["elasticsearch"], indirect=True)
def test_what_somebody_deleted_on_the_server_is_missing(
    each_engine: str, on_one_node: Centre, shelf: Shelf
) -> None:
    client, generation = on_one_node.nodes.client(), engines.engine().status().generation
    client.delete(index=f"{on_one_node.prefix}-words-{generation}", id="kb/7", refresh=True)

    found = drift.check(MONDAY_MORNING)

    assert (found.missing, found.stale, found.orphaned) == (1, 0, 0)
    assert by_words(engines.engine(), "第7号公告")[0] == "7"


def test_it_is_looked_at_every_day_and_the_findings_are_kept(shelf: Shelf) -> None:
    remove(engines.engine(), "3")

    regular.enqueue_due(MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    with database.reading() as session:
        kept = drift.latest(session)
        assert kept is not None
        assert kept.missing >= 1
    assert by_words(engines.engine(), "第3号公告")[0] == "3"


def test_only_the_latest_findings_are_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "KEPT", 2)

    numbers = [drift.check(MONDAY_MORNING).number for _ in range(4)]

    with database.reading() as session:
        kept = session.exec(drift.select(drift.DriftCheck.number)).all()
    assert sorted(kept) == numbers[-2:]


def test_an_index_whose_parts_disagree_is_rebuilt(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engines.engine()
    with engine.writing(wait=1) as writer:
        monkeypatch.setattr(type(writer), "is_sound", lambda *_: False)

    assert not drift.check(MONDAY_MORNING).is_whole

    with database.reading() as session:
        assert indexing.REBUILD in jobs.waiting(session)


def test_without_an_index_nothing_is_kept(centre: Path) -> None:
    with database.unit_of_work() as session:
        jobs.enqueue(session, drift.CHECK, {}, at=MONDAY_MORNING)

    jobs.run_all_due(MONDAY_MORNING)

    with database.reading() as session:
        assert drift.latest(session) is None
    assert DocumentKey("kb", "1") not in sources.introduced()
