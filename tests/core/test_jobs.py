"""Work for later: done if and only if the change was kept, again after a failure, never twice at once."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Thread

import pytest
from sqlmodel import select

from core import database, jobs
from core.errors import NotAllowed, Unavailable
from core.identity import Actor
from core.jobs import Handler, Job, JobNotDead, JobState, Payload, TryLater
from tests.conftest import MONDAY_MORNING

A_MINUTE = timedelta(minutes=1)


class Errands:
    """A handler that remembers what it ran and fails as it is told."""

    def __init__(self) -> None:
        self.ran: list[Payload] = []
        self.fails_on: set[str] = set()

    def run(self, payloads: Sequence[Payload], _at: datetime) -> None:
        if any(payload["name"] in self.fails_on for payload in payloads):
            raise ValueError("the van broke down")
        self.ran += payloads


@pytest.fixture
def errands(each_database: str) -> Iterator[Errands]:
    errands = Errands()
    jobs.introduce(Handler("errand", errands.run, batch=10))
    yield errands
    jobs._handlers.pop("errand", None)


def enqueue(*names: str, at: datetime = MONDAY_MORNING, run_at: datetime | None = None) -> None:
    with database.unit_of_work() as session:
        for name in names:
            jobs.enqueue(session, "errand", {"name": name}, at=at, run_at=run_at)


def kept() -> list[Job]:
    with database.reading() as session:
        return list(session.exec(select(Job)))


def test_a_job_runs_once_and_leaves_nothing(errands: Errands) -> None:
    enqueue("letters")

    jobs.run_all_due(MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert errands.ran == [{"name": "letters"}]
    assert kept() == []


def test_a_change_that_is_rolled_back_leaves_no_job(errands: Errands) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        jobs.enqueue(session, "errand", {"name": "letters"}, at=MONDAY_MORNING)
        raise RuntimeError

    assert jobs.run_due(MONDAY_MORNING) == 0


def test_a_job_waits_for_its_hour(errands: Errands) -> None:
    enqueue("parcels", run_at=MONDAY_MORNING + A_MINUTE)

    early = jobs.run_due(MONDAY_MORNING)
    on_time = jobs.run_due(MONDAY_MORNING + A_MINUTE)

    assert (early, on_time) == (0, 1)


def test_one_bad_job_does_not_hold_up_its_batch(errands: Errands) -> None:
    errands.fails_on = {"bad"}
    enqueue("good", "bad", "better")

    jobs.run_due(MONDAY_MORNING)

    assert {payload["name"] for payload in errands.ran} == {"good", "better"}
    assert [(job.payload["name"], job.state, job.attempts) for job in kept()] == [("bad", "waiting", 1)]


def test_a_failing_job_is_tried_later_each_time_and_given_up_in_the_end(errands: Errands) -> None:
    errands.fails_on = {"bad"}
    enqueue("bad")
    moments, at = [], MONDAY_MORNING

    while (job := kept()[0]).state != JobState.DEAD:
        at = job.run_at
        moments.append(at)
        jobs.run_due(at)

    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == jobs.MOST_ATTEMPTS
    assert pauses == sorted(pauses)
    assert "the van broke down" in kept()[0].error


def test_an_administrator_gives_a_dead_job_another_life(
    errands: Errands, admin_wu: Actor, agent_chen: Actor
) -> None:
    enqueue("bad")
    with database.unit_of_work() as session:
        job = session.exec(select(Job)).one()
        job.state = JobState.DEAD
        session.add(job)

    with pytest.raises(NotAllowed), database.unit_of_work() as session:
        jobs.rerun(session, job.id, actor=agent_chen, at=MONDAY_MORNING)
    with database.unit_of_work() as session:
        jobs.rerun(session, job.id, actor=admin_wu, at=MONDAY_MORNING)
    jobs.run_due(MONDAY_MORNING)

    assert errands.ran == [{"name": "bad"}]
    with pytest.raises(JobNotDead), database.unit_of_work() as session:
        jobs.rerun(session, job.id, actor=admin_wu, at=MONDAY_MORNING)


def test_a_job_whose_worker_died_is_taken_up_by_another(errands: Errands) -> None:
    enqueue("letters")
    jobs._claim(kept()[0].id, MONDAY_MORNING, ["errand"])

    at_once = jobs.run_due(MONDAY_MORNING + timedelta(seconds=1))
    later = jobs.run_due(MONDAY_MORNING + jobs.LEASE + timedelta(seconds=1))

    assert (at_once, later) == (0, 1)


def test_a_long_job_keeps_its_lease_and_can_be_put_back(
    errands: Errands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.3))

    def long(_payloads: Sequence[Payload], _at: datetime) -> None:
        before = kept()[0].leased_until
        for _ in range(100):
            time.sleep(0.05)
            if kept()[0].leased_until != before:
                raise TryLater(A_MINUTE)

    jobs.introduce(Handler("errand", long))
    enqueue("letters")

    jobs.run_due(MONDAY_MORNING)

    (job,) = kept()
    assert job.state == JobState.WAITING
    assert job.leased_until
    assert timedelta(seconds=0.3) < job.leased_until - MONDAY_MORNING < A_MINUTE


def test_a_handler_that_cannot_begin_yet_loses_no_attempt(errands: Errands) -> None:
    def busy(_payloads: Sequence[Payload], _at: datetime) -> None:
        raise TryLater(A_MINUTE)

    jobs.introduce(Handler("errand", busy))
    enqueue("letters")

    jobs.run_due(MONDAY_MORNING)

    assert [(job.attempts, job.run_at) for job in kept()] == [(0, MONDAY_MORNING + A_MINUTE)]


def test_why_a_job_does_not_get_on_is_kept_for_people_and_logged_once(
    errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    def shut(_payloads: Sequence[Payload], _at: datetime) -> None:
        raise TryLater(A_MINUTE) from Unavailable("邮局关门了。")

    jobs.introduce(Handler("errand", shut))
    enqueue("letters")
    for minute in range(3):
        jobs.run_due(MONDAY_MORNING + minute * A_MINUTE)

    with database.reading() as session:
        assert jobs.held_up(session) == {"errand": "邮局关门了。"}
    assert caplog.text.count("邮局关门了") == 1

    jobs.introduce(Handler("errand", errands.run))
    jobs.run_due(MONDAY_MORNING + 3 * A_MINUTE)
    with database.reading() as session:
        assert jobs.held_up(session) == {}


def test_the_same_wish_twice_is_one_job_while_it_waits(errands: Errands) -> None:
    for _ in range(2):
        with database.unit_of_work() as session:
            jobs.enqueue(session, "errand", {"name": "x"}, at=MONDAY_MORNING, only_once_key="x")

    assert len(kept()) == 1


def test_many_workers_share_the_work_without_doing_any_of_it_twice(errands: Errands) -> None:
    jobs.introduce(Handler("errand", errands.run, batch=3))
    enqueue(*(str(number) for number in range(60)))

    workers = [Thread(target=jobs.run_all_due, args=(MONDAY_MORNING,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(int(payload["name"]) for payload in errands.ran) == list(range(60))


def test_slow_work_does_not_stand_in_the_way_of_quick_work(errands: Errands) -> None:
    jobs.introduce(Handler("errand", errands.run, lane="slow"))
    enqueue("journey")

    assert jobs.run_due(MONDAY_MORNING, lane="quick") == 0
    assert jobs.run_due(MONDAY_MORNING, lane="slow") == 1
