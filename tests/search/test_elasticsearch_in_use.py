"""A centre on Elasticsearch by its settings: published, found, waited for while the server will not."""

from pathlib import Path

import pytest
from sqlmodel import Session

from core import database, jobs
from core.settings import settings
from search import engines, indexing, sources
from search.engines.base import EngineDown
from search.engines.elasticsearch import ElasticsearchEngine
from search.finder import find
from search.hits import Degradation
from search.rebuild import rebuild
from tests.conftest import MONDAY_MORNING
from tests.search.library import by_words, make_document, make_query
from tests.search.nodes import Centre, needs_elasticsearch
from tests.search.test_drift import Shelf

pytestmark = needs_elasticsearch


@pytest.fixture
def shelf(on_one_node: Centre, centre: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("ZHIDA_ELASTICSEARCH_URL", ",".join(on_one_node.nodes.urls))
    monkeypatch.setenv("ZHIDA_ELASTICSEARCH_PREFIX", on_one_node.prefix)
    monkeypatch.setenv("ZHIDA_ELASTICSEARCH_TIMEOUT", "10")
    settings.cache_clear()
    shelf = Shelf()
    monkeypatch.setattr(sources, "_sources", {"kb": shelf})
    rebuild(MONDAY_MORNING)
    return shelf


def publish(session: Session, shelf: Shelf, id_: str, title: str) -> None:
    shelf.all[id_] = make_document(id_, title)
    indexing.schedule(session, shelf.all[id_].key, at=MONDAY_MORNING)


def test_what_is_published_is_found(shelf: Shelf) -> None:
    with database.unit_of_work() as session:
        publish(session, shelf, "new", "刚发布的公告")

    jobs.run_all_due(MONDAY_MORNING)

    assert isinstance(engines.engine(), ElasticsearchEngine)
    assert find(make_query("刚发布"), limit=5).ranked[0].key.id == "new"


def test_what_cannot_be_written_now_waits_and_is_written_later(shelf: Shelf, on_one_node: Centre) -> None:
    client, everything = on_one_node.nodes.client(), f"{on_one_node.prefix}-*-*"
    blocked = "index.blocks.read_only_allow_delete"
    client.indices.put_settings(index=everything, settings={blocked: True})
    with database.unit_of_work() as session:
        publish(session, shelf, "new", "刚发布的公告")

    jobs.run_all_due(MONDAY_MORNING)
    with database.reading() as session:
        assert jobs.waiting(session) == {indexing.LOOK_AGAIN: 1}

    client.indices.put_settings(index=everything, settings={blocked: None})
    jobs.run_all_due(MONDAY_MORNING + indexing.BUSY_PAUSE)
    assert by_words(engines.engine(), "刚发布")[0] == "new"


def test_a_server_that_is_away_is_no_reason_to_build_anew(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIDA_ELASTICSEARCH_URL", "http://127.0.0.1:9")
    engines.forget()
    settings.cache_clear()

    with pytest.raises(EngineDown):
        indexing.status()
    indexing.ensure(at=MONDAY_MORNING)

    with database.reading() as session:
        assert jobs.waiting(session) == {}
    assert find(make_query("公告"), limit=5).degradations == {Degradation.ENGINE_UNAVAILABLE}


def test_an_index_that_is_gone_is(shelf: Shelf, on_one_node: Centre) -> None:
    on_one_node.nodes.client().indices.delete(index=on_one_node.indices())

    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert engines.engine().status().documents == 20
