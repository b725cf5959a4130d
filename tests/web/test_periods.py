"""The days that a page looks at."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from web.periods import MOST_STRETCHES, Period, between, last_days

A_SUNDAY = date(2026, 3, 1)
DAYS = st.dates(date(1990, 1, 1), date(2110, 1, 1))


def test_a_week_ends_today() -> None:
    week = last_days(7, A_SUNDAY)

    assert (week.first, week.last) == (date(2026, 2, 23), A_SUNDAY)
    assert week.is_preset(7, A_SUNDAY)
    assert week.since == datetime(2026, 2, 22, 16, tzinfo=UTC)  # midnight in the centre
    assert [day.label for day in week.stretches()][:2] == ["02-23", "02-24"]


def test_a_single_day_is_seen_by_the_hour() -> None:
    hours = last_days(1, A_SUNDAY).stretches()

    assert len(hours) == 24
    assert (hours[9].label, hours[9].until - hours[9].since) == ("9 时", timedelta(hours=1))


def test_days_in_the_wrong_order_are_put_right() -> None:
    assert between(A_SUNDAY, date(2026, 2, 1)) == Period(date(2026, 2, 1), A_SUNDAY)


@given(DAYS, DAYS)
def test_the_stretches_of_any_period_leave_no_gap_and_fit_the_picture(one: date, other: date) -> None:
    period = between(one, other)

    stretches = period.stretches()

    assert len(stretches) <= MOST_STRETCHES
    assert (stretches[0].since, stretches[-1].until) == (period.since, period.until)
    assert all(first.until == second.since for first, second in pairwise(stretches))
