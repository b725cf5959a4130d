"""People see how far a rebuild is, pause it, take it up, give it up; what happens meanwhile is not lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from search import engines, indexing, rebuild, rebuilds
from search.engines.base import EngineUnavailable
from search.rebuilds import NothingToSteer, Rebuild, RebuildAbandoned, RebuildPaused, Standing
from tests.conftest import MONDAY_MORNING
from tests.search.brands import offer
from tests.search.test_rebuild import brands, found, halfway  # noqa: F401 - a fixture

A_MINUTE = timedelta(minutes=1)
ALL = {f"b{number}" for number in range(10)}
pytestmark = pytest.mark.usefixtures("each_engine", "brands")


def latest() -> Rebuild:
    with database.reading() as session:
        last = rebuilds.latest(session)
    assert last is not None
    return last


def steer(what: Callable[..., None], actor: Actor) -> Callable[[], None]:
    def act() -> None:
        with database.unit_of_work() as session:
            what(session, actor=actor, at=MONDAY_MORNING)

    return act


def test_a_rebuild_leaves_word_of_how_much_it_did_and_how_fast() -> None:
    rebuild.rebuild(MONDAY_MORNING)

    last = latest()
    assert (last.standing, last.done, last.total, last.counted) == (Standing.DONE, 10, 10, 10)
    assert last.rate is not None
    assert last.rate > 0
    assert last.ended_at is not None


def test_halfway_it_says_how_much_is_left() -> None:
    seen: list[Rebuild] = []

    rebuild.rebuild(MONDAY_MORNING, lambda done, _total: seen.append(latest()) if done == 9 else None)

    assert (seen[0].standing, seen[0].done, seen[0].total) == (Standing.RUNNING, 6, 10)
    assert seen[0].seconds_left is not None
    assert seen[0].seconds_left > 0


def test_a_paused_rebuild_keeps_what_is_built_and_goes_on_with_the_rest(admin_wu: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    with pytest.raises(RebuildPaused):
        rebuild.rebuild(MONDAY_MORNING, halfway(steer(rebuilds.pause, admin_wu)))
    generation = engines.engine().status().building
    assert latest().standing == Standing.PAUSED
    assert found() == ALL

    offer("b1", "暂停时改名")
    offer("bz", "暂停时新来")
    jobs.run_all_due(MONDAY_MORNING)
    assert found("暂停时") == {"b1", "bz"}

    told: list[tuple[int, int]] = []
    rebuilds.go_on()
    rebuild.rebuild(MONDAY_MORNING, lambda done, total: told.append((done, total)))

    assert told == [(3, 4), (4, 4)]
    assert engines.engine().status().generation == generation
    assert found("暂停时") == {"b1", "bz"}
    assert found() == ALL - {"b1"}
    assert (latest().standing, latest().done, latest().counted) == (Standing.DONE, 11, 10)


def test_while_it_is_held_no_job_takes_it_up(admin_wu: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    with pytest.raises(RebuildPaused):
        rebuild.rebuild(MONDAY_MORNING, halfway(steer(rebuilds.pause, admin_wu)))

    indexing.ensure(at=MONDAY_MORNING)
    with database.unit_of_work() as session:
        rebuilds.schedule(session, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    assert latest().standing == Standing.PAUSED

    steer(rebuilds.ask, admin_wu)()
    jobs.run_all_due(MONDAY_MORNING)
    assert latest().standing == Standing.DONE


@pytest.mark.parametrize("paused_before", [False, True])
def test_a_rebuild_that_is_given_up_leaves_nothing_behind(admin_wu: Actor, *, paused_before: bool) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    in_use = engines.engine().status().generation
    if paused_before:
        with pytest.raises(RebuildPaused):
            rebuild.rebuild(MONDAY_MORNING, halfway(steer(rebuilds.pause, admin_wu)))
        steer(rebuilds.abandon, admin_wu)()
    else:
        with pytest.raises(RebuildAbandoned):
            rebuild.rebuild(MONDAY_MORNING, halfway(steer(rebuilds.abandon, admin_wu)))
    jobs.run_all_due(MONDAY_MORNING)

    status = engines.engine().status()
    assert (status.generation, status.building) == (in_use, None)
    assert latest().standing == Standing.ABANDONED
    assert found() == ALL
    with database.reading() as session:
        assert jobs.waiting(session) == {}


def test_after_the_death_of_its_process_it_goes_on_where_it_was() -> None:
    rebuild.rebuild(MONDAY_MORNING)

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(MONDAY_MORNING, halfway(die))
    told: list[tuple[int, int]] = []
    rebuild.rebuild(MONDAY_MORNING, lambda done, total: told.append((done, total)))

    assert told == [(3, 4), (4, 4)]
    assert found() == ALL


def test_an_engine_that_is_away_for_a_while_ends_no_rebuild(monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    with database.unit_of_work() as session:
        rebuilds.schedule(session, at=MONDAY_MORNING)

    def away(*_: object, **__: object) -> None:
        raise EngineUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(rebuild, "bring", away)
        jobs.run_all_due(MONDAY_MORNING)
    assert (latest().standing, "EngineUnavailable" in latest().error) == (Standing.RUNNING, True)

    jobs.run_all_due(MONDAY_MORNING + 2 * A_MINUTE)
    assert (latest().standing, latest().error) == (Standing.DONE, "")


def test_what_does_not_run_cannot_be_paused(admin_wu: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    for what in (rebuilds.pause, rebuilds.abandon):
        with pytest.raises(NothingToSteer):
            steer(what, admin_wu)()


def test_an_agent_steers_nothing(agent_chen: Actor) -> None:
    for what in (rebuilds.ask, rebuilds.pause, rebuilds.abandon):
        with pytest.raises(NotAllowed):
            steer(what, agent_chen)()
