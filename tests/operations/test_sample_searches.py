"""The month of searches of the sample centre: loaded once, and never beside real ones."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import Session, select

from core import database, sign_in
from core.identity import Actor
from operations.sample_centre import loading, searches
from search.asked_today import popular_today
from search.hard_queries import Ending, hard_queries, rewordings
from search.query_log import AskedQuery, DocumentUse
from search.search_analysis import Looked, counts, degraded, people_searching
from tests.conftest import MONDAY_MORNING
from tests.search.logged import log_search

NOON = MONDAY_MORNING + timedelta(hours=3)
A_MONTH = Looked(NOON - timedelta(days=31), NOON + timedelta(days=1))


@pytest.fixture(scope="module")
def few() -> list[dict[str, Any]]:
    asked_for = {"KB-00101", "KB-00205", "KB-00411", "KB-00328"}
    return [one for one in loading.articles() if one["code"] in asked_for]


@pytest.fixture
def samples(centre: Path, few: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The people of the sample centre, and the few articles that were most asked for."""
    monkeypatch.setattr(loading, "articles", lambda: iter(few))
    monkeypatch.setattr(sign_in, "hash_password", lambda *_: "")  # nobody signs in here
    loading.load(NOON)


@pytest.mark.usefixtures("samples")
def test_a_month_is_loaded_once() -> None:
    first, second = searches.load(NOON), searches.load(NOON)

    assert 400 <= first <= 800
    assert second == 0


@pytest.mark.usefixtures("samples")
def test_the_month_has_everything_that_the_page_shows() -> None:
    searches.load(NOON)

    with database.reading() as session:
        all_ = counts(session, A_MONTH) + degraded(session, A_MONTH)
        assert people_searching(session, A_MONTH) >= 6
        assert 0 < all_.nothing < all_.unused < all_.searches
        assert 0 < all_.degraded < all_.searches / 10
        assert hard_queries(session, A_MONTH, Ending.NOTHING, limit=5)
        assert sum(one.ended_well for one in rewordings(session, A_MONTH)) > 0
        assert any(one.ended_well < one.times for one in rewordings(session, A_MONTH))
        assert len(session.exec(select(AskedQuery.kind).distinct()).all()) >= 7


@pytest.mark.usefixtures("samples")
def test_nothing_is_said_of_the_future_and_today_is_quiet() -> None:
    searches.load(NOON)

    with database.reading() as session:
        assert session.exec(select(func.max(AskedQuery.at))).one() <= NOON
        assert session.exec(select(func.max(DocumentUse.at))).one() <= NOON
        assert max((one.people for one in popular_today(session, at=NOON)), default=0) <= 3


@pytest.mark.usefixtures("samples")
def test_each_search_knows_the_best_place_of_what_was_used() -> None:
    searches.load(NOON)

    with database.reading() as session:
        kept = dict(session.exec(select(AskedQuery.id, AskedQuery.best_place)).all())
        used = Counter(session.exec(select(DocumentUse.query_id)).all())
        places = dict(session.exec(select(DocumentUse.query_id, DocumentUse.position)).all())
    assert used
    assert places == {id_: place for id_, place in kept.items() if place is not None}


@pytest.mark.usefixtures("samples")
def test_a_centre_that_has_searched_gets_none(session: Session, agent_chen: Actor) -> None:
    with database.unit_of_work() as own:
        log_search(own, agent_chen, "宽带移机")

    assert searches.load(NOON) == 0


def test_a_centre_with_people_of_its_own_gets_none(centre: Path, agent_chen: Actor) -> None:
    assert searches.load(NOON) == 0
