"""Terms in working days: weekends, holidays and the days that make up for them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import database, working_days
from core.errors import NotAllowed
from core.identity import Actor
from core.working_days import DaysWrong, NoSuchDay, _between
from tests.conftest import MONDAY_MORNING

FRIDAY, MONDAY = date(2026, 9, 25), date(2026, 9, 28)


@pytest.fixture
def national_day(each_database: str, admin_wu: Actor) -> None:
    """The first week of October is free; the Saturday after it is worked instead."""
    with database.unit_of_work() as session:
        said = {"actor": admin_wu, "at": MONDAY_MORNING}
        working_days.enter(
            session, date(2026, 10, 1), date(2026, 10, 7), is_working=False, name="国庆", **said
        )
        working_days.enter(
            session, date(2026, 10, 10), date(2026, 10, 10), is_working=True, name="国庆调休", **said
        )


@pytest.mark.usefixtures("national_day")
@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (FRIDAY, 1, MONDAY),  # a weekend does not count
        (date(2026, 9, 26), 1, MONDAY),  # nor does it begin on a Saturday any sooner
        (MONDAY, 2, date(2026, 9, 30)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # over the holiday
        (date(2026, 10, 9), 1, date(2026, 10, 10)),  # the Saturday is worked
        (MONDAY, 15, date(2026, 10, 23)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),  # a year that nobody has entered yet
        (FRIDAY, 0, FRIDAY),
    ],
)
def test_a_term_ends_on(start: date, days: int, due: date) -> None:
    with database.reading() as session:
        assert working_days.due_day(session, start, days) == due


@pytest.mark.usefixtures("national_day")
@pytest.mark.parametrize(
    ("today", "due", "left"),
    [
        (MONDAY, date(2026, 9, 30), 2),
        (date(2026, 9, 30), date(2026, 9, 30), 0),
        (date(2026, 9, 30), date(2026, 10, 8), 1),
        (date(2026, 10, 8), date(2026, 9, 30), -1),  # late, though the holiday is not held against anyone
        (date(2026, 10, 12), date(2026, 9, 30), -4),
    ],
)
def test_what_is_left_of_it(today: date, due: date, left: int) -> None:
    with database.reading() as session:
        assert working_days.left_until(session, today, [due]) == {due: left}


@given(start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(0, 90))
def test_a_term_counted_back_is_the_term(start: date, days: int) -> None:
    class NoneEntered:
        def exec(self, _statement: object) -> list[object]:
            return []

    due = working_days.due_day(NoneEntered(), start, days)  # type: ignore[arg-type]

    assert _between(start, due, {}) == days


@pytest.mark.usefixtures("national_day")
def test_a_day_is_entered_again_and_forgotten(admin_wu: Actor) -> None:
    day = date(2026, 10, 10)
    with database.unit_of_work() as session:
        working_days.enter(
            session, day, day, is_working=False, name="放假", actor=admin_wu, at=MONDAY_MORNING
        )
        said = {entered.day: entered.name for entered in working_days.entered_since(session, day)}
        assert said == {day: "放假"}
        working_days.forget(session, day, actor=admin_wu, at=MONDAY_MORNING)
        with pytest.raises(NoSuchDay):
            working_days.forget(session, day, actor=admin_wu, at=MONDAY_MORNING)


@pytest.mark.parametrize("last", [date(2026, 9, 30), date(2026, 11, 1)], ids=["backwards", "too long"])
def test_days_that_cannot_be(centre: object, admin_wu: Actor, last: date) -> None:
    with database.unit_of_work() as session, pytest.raises(DaysWrong):
        working_days.enter(
            session,
            date(2026, 10, 1),
            last,
            is_working=False,
            name="国庆",
            actor=admin_wu,
            at=MONDAY_MORNING,
        )


def test_a_supervisor_does_not_make_holidays(centre: object, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session, pytest.raises(NotAllowed):
        working_days.enter(
            session, FRIDAY, FRIDAY, is_working=False, name="放假", actor=supervisor_he, at=MONDAY_MORNING
        )
