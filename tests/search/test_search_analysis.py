"""The figures of search: counted where the log is, over a time, by team and by way of typing."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from core import database
from core.identity import Actor
from search.hits import Degradation
from search.query_kinds import QueryKind
from search.search_analysis import (
    By,
    Figures,
    Looked,
    counts,
    degraded,
    figures_by,
    figures_of_spans,
    people_searching,
)
from tests.conftest import MONDAY_MORNING
from tests.people import hire
from tests.search.logged import log_search

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=5)
TODAY = Looked(MONDAY_MORNING - A_DAY / 2, MONDAY_MORNING + A_DAY / 2)


@pytest.fixture
def log(each_database: str, agent_chen: Actor) -> Iterator[Session]:
    with database.unit_of_work() as session:
        yield session


def everything(session: Session, looked: Looked = TODAY) -> Figures:
    return counts(session, looked) + degraded(session, looked)


def test_a_centre_that_never_searched_has_no_figures(log: Session) -> None:
    none = everything(log)

    assert none == Figures()
    assert (none.share(none.nothing), none.mean_place, none.duration_of(0.95)) == (None, None, None)
    assert people_searching(log, TODAY) == 0


def test_what_came_of_each_search_is_counted(log: Session, agent_chen: Actor) -> None:
    for minute, (found, used) in enumerate([(5, 1), (5, 3), (5, 12), (5, None), (0, None), (5, 0)]):
        log_search(log, agent_chen, f"问题{minute}", after=minute * A_MINUTE, found=found, used=used)

    all_ = everything(log)

    assert (all_.searches, all_.nothing, all_.unused) == (6, 1, 1)
    assert (all_.at_1, all_.at_3, all_.at_10, all_.placed) == (1, 2, 2, 3)
    assert all_.mean_place == fmean([1, 3, 12])
    assert all_.share(all_.at_3) == 2 / 6


def test_durations_and_what_could_not_be_used_are_counted(log: Session, agent_chen: Actor) -> None:
    for minute, took in enumerate([10, 20, 30, 40, 400]):
        log_search(log, agent_chen, f"问题{minute}", after=minute * A_MINUTE, took=took, degraded=took > 30)

    all_ = everything(log)

    assert [all_.duration_of(share) for share in (0.2, 0.5, 0.95, 1)] == [10, 30, 400, 400]
    assert (all_.degraded, all_.degradations) == (2, Counter({Degradation.MEANING_SLOW: 2}))


def test_a_search_belongs_to_the_time_in_which_it_was_asked(log: Session, agent_chen: Actor) -> None:
    log_search(log, agent_chen, "今天", after=TODAY.since - MONDAY_MORNING)
    log_search(log, agent_chen, "明天", after=TODAY.until - MONDAY_MORNING)

    tomorrow = (TODAY.until, TODAY.until + A_DAY)
    found = figures_of_spans(log, TODAY, [(TODAY.since, TODAY.until), tomorrow])
    assert [one.searches for one in found] == [1, 1]


def test_teams_and_kinds_are_told_apart(log: Session, agent_chen: Actor) -> None:
    sun = hire("sun", "孙浩然", "agent", team="broadband")
    log_search(log, agent_chen, "llb", used=1)
    log_search(log, agent_chen, "宽带移机", after=A_MINUTE, found=0)
    log_search(log, sun, "kdyj", took=99, degraded=True)

    by_team, by_kind = figures_by(log, TODAY, By.TEAM), figures_by(log, TODAY, By.KIND)
    of_team = Looked(TODAY.since, TODAY.until, team_code="broadband")
    of_kind = Looked(TODAY.since, TODAY.until, kind=QueryKind.INITIALS)

    assert {code: one.searches for code, one in by_team.items()} == {"hotline1": 2, "broadband": 1}
    assert {kind: one.searches for kind, one in by_kind.items()} == {"initials": 2, "hanzi": 1}
    assert by_team["broadband"] == everything(log, of_team)
    assert by_kind["initials"] == everything(log, of_kind)
    assert sum(by_team.values(), Figures()) == sum(by_kind.values(), Figures()) == everything(log)
    assert [people_searching(log, one) for one in (TODAY, of_team, of_kind)] == [2, 1, 2]


@given(st.dictionaries(st.integers(0, 5000), st.integers(1, 40), min_size=1, max_size=30), st.floats(0.01, 1))
def test_within_the_percentile_lie_at_least_so_many_and_not_one_too_many(
    durations: dict[int, int], share: float
) -> None:
    taken = sorted(Counter(durations).elements())
    figures = Figures(searches=len(taken), durations=Counter(durations))

    limit = figures.duration_of(share)

    assert limit in durations
    assert sum(one <= limit for one in taken) >= share * len(taken)
    assert sum(one < limit for one in taken) < share * len(taken)
