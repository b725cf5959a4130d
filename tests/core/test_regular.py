"""Work that comes round: once in its time, whoever looks first, however many look."""

from datetime import datetime, time, timedelta
from threading import Thread

import pytest
from sqlmodel import func, select

from core import database, regular
from core.clock import CENTRE_TIME
from core.jobs import Job
from tests.conftest import MONDAY_MORNING

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def sweeping(each_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "_introduced", {})
    regular.introduce("sweep", every=AN_HOUR)


def waiting() -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Job)).one()


def finish() -> None:
    with database.unit_of_work() as session:
        for job in session.exec(select(Job)):
            session.delete(job)


@pytest.mark.usefixtures("sweeping")
def test_it_comes_at_once_and_again_after_its_pause() -> None:
    assert regular.enqueue_due(MONDAY_MORNING) == 1
    finish()
    assert regular.enqueue_due(MONDAY_MORNING + AN_HOUR / 2) == 0
    assert regular.enqueue_due(MONDAY_MORNING + AN_HOUR) == 1
    assert waiting() == 1


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        ("2026-03-02 02:00", "2026-03-02 03:29", False),
        ("2026-03-02 02:00", "2026-03-02 03:30", True),
        ("2026-03-02 03:30", "2026-03-03 03:29", False),
        ("2026-03-02 03:30", "2026-03-03 03:30", True),
        ("2026-03-02 14:00", "2026-03-02 23:59", False),
        ("2026-03-02 14:00", "2026-03-03 09:00", True),  # nobody was there at night
    ],
)
def test_what_is_done_by_night_comes_when_the_clocks_of_the_centre_show_its_hour(
    sweeping: None, last: str, now: str, is_due: bool
) -> None:
    regular.introduce("sweep", by_night=time(3, 30))
    moments = [datetime.fromisoformat(said).replace(tzinfo=CENTRE_TIME) for said in (last, now)]

    assert regular.enqueue_due(moments[0]) == 1  # the first time at once
    finish()
    assert regular.enqueue_due(moments[1]) == is_due


@pytest.mark.usefixtures("sweeping")
def test_while_one_still_waits_none_is_added() -> None:
    regular.enqueue_due(MONDAY_MORNING)
    regular.enqueue_due(MONDAY_MORNING + 5 * AN_HOUR)

    assert waiting() == 1


@pytest.mark.usefixtures("sweeping")
def test_of_many_that_look_at_once_one_enqueues() -> None:
    for at in (MONDAY_MORNING, MONDAY_MORNING + AN_HOUR):
        finish()
        enqueued: list[int] = []
        looking = [Thread(target=_look, args=(at, enqueued)) for _ in range(6)]
        for thread in looking:
            thread.start()
        for thread in looking:
            thread.join()

        assert sum(enqueued) == waiting() == 1


def _look(at: datetime, enqueued: list[int]) -> None:
    enqueued.append(regular.enqueue_due(at))
