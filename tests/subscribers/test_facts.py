"""What the months say of a subscription: a table of cases, on each database."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core import database, jobs
from core.clock import start_of
from subscribers import facts
from subscribers.facts import Month
from subscribers.models import Account, Bill, MonthlyFact, ServiceEvent, Subscription
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber

OCTOBER = Month.of(date(2026, 10, 1))
NOVEMBER_26 = start_of(date(2026, 11, 26))


def billed(one: Subscription, *bills: tuple[int, int, date | None]) -> None:
    with database.unit_of_work() as session:
        for month, total, paid_on in bills:
            key = f"B{one.id}-{month}"
            said = {"key": key, "source": "billing", "month": month, "total": total, "paid_on": paid_on}
            session.add(Bill(subscription_id=one.id, **said))


def changed(one: Subscription, **values: Any) -> None:
    with database.unit_of_work() as session:
        kept = session.get_one(Subscription, one.id)
        for name, value in values.items():
            setattr(kept, name, value)
        session.add(kept)


def owes(one: Subscription, since: date) -> None:
    with database.unit_of_work() as session:
        account = session.get_one(Account, one.account_id)
        account.arrears, account.arrears_since = 9900, since
        session.add(account)


def complained(one: Subscription, *days: date, kind: str = "投诉") -> None:
    with database.unit_of_work() as session:
        for number, day in enumerate(days):
            at = start_of(day) + timedelta(hours=9)
            said = {"key": f"E{one.id}-{number}-{kind}", "source": "crm", "at": at, "kind": kind}
            session.add(ServiceEvent(subscription_id=one.id, **said))


def fact(one: Subscription, month: Month = OCTOBER) -> MonthlyFact | None:
    with database.reading() as session:
        return session.get(MonthlyFact, (one.id, month.code))


def known(one: Subscription, month: Month = OCTOBER) -> MonthlyFact:
    found = fact(one, month)
    assert found is not None
    return found


def a_year(total: int, paid: bool = True) -> list[tuple[int, int, date | None]]:
    """The bills of November to October, each paid on the tenth after it."""
    months = [OCTOBER.back(n) for n in range(12)]
    return [(m.code, total, m.back(-1).first_day.replace(day=10) if paid else None) for m in months]


@pytest.mark.parametrize(
    ("opened", "bills", "expected"),
    [
        (date(2020, 1, 5), [(202610, 12900, date(2026, 11, 3))], (4300, 2150, 1075)),
        (date(2020, 1, 5), a_year(9900), (9900, 9900, 9900)),
        (date(2026, 9, 20), [(202610, 5900, None), (202609, 2163, None)], (4032, 4032, 4032)),
        (date(2026, 10, 1), [(202610, 5900, None)], (5900, 5900, 5900)),
        (date(2026, 7, 1), [(m, 6000, None) for m in (202607, 202608, 202609, 202610)], (6000, 6000, 6000)),
        (date(2020, 1, 5), [(202511, 12000, date(2026, 1, 1)), (202510, 99900, None)], (0, 0, 1000)),
        (date(2020, 1, 5), [(202611, 99900, None)], (0, 0, 0)),
        (date(2020, 1, 5), [], (0, 0, 0)),
        (date(2020, 1, 5), [(202610, 100, None)], (33, 17, 8)),
    ],
    ids=[
        "one bill in a year",
        "the same every month",
        "came in the middle of last month",
        "came on the first",
        "came four months ago",
        "paid long ago, and one before the year",
        "the month after does not count",
        "never billed",
        "rounded to a cent",
    ],
)
def test_the_average_bill(
    each_database: str,
    opened: date,
    bills: Sequence[tuple[int, int, date | None]],
    expected: tuple[int, int, int],
) -> None:
    one = make_subscriber()
    changed(one, opened_on=opened)
    billed(one, *bills)

    facts.reckon(OCTOBER)

    found = known(one)
    assert (found.arpu_3, found.arpu_6, found.arpu_12) == expected


@pytest.mark.parametrize(
    ("opened", "months"),
    [
        (date(2026, 10, 1), 1),
        (date(2026, 10, 2), 0),
        (date(2026, 9, 30), 1),
        (date(2025, 10, 31), 12),
        (date(2024, 2, 29), 32),
        (None, 0),
    ],
)
def test_how_many_whole_months_it_has_been_here(each_database: str, opened: date | None, months: int) -> None:
    one = make_subscriber()
    changed(one, opened_on=opened)

    facts.reckon(OCTOBER)

    assert known(one).tenure_months == months


@pytest.mark.parametrize(
    ("bills", "days"),
    [
        ([(202608, 9900, date(2026, 9, 30))], 0),
        ([(202608, 9900, date(2026, 10, 1))], 0),
        ([(202608, 9900, date(2026, 10, 11))], 10),
        ([(202608, 9900, None)], 31),
        ([(202607, 9900, None), (202608, 9900, None)], 61),
        ([(202607, 9900, date(2026, 10, 11)), (202608, 9900, date(2026, 10, 6))], 40),
        ([(202601, 9900, date(2026, 3, 31)), (202607, 9900, date(2026, 9, 5))], 34),
        ([(202609, 9900, None)], 0),
        ([(202508, 9900, None)], 365),
        ([(202508, 9900, date(2025, 11, 15))], 14),
        ([(202608, 0, None)], 0),
        ([(202608, 9900, date(2026, 11, 20))], 31),
    ],
    ids=[
        "paid in the month after",
        "paid on the first day on which it was late",
        "ten days late",
        "not paid",
        "two not paid, each day once",
        "one within the other",
        "late twice, and February between",
        "not due yet",
        "not paid for more than a year",
        "paid within the year that is looked at",
        "nothing to pay",
        "paid after the month",
    ],
)
def test_days_in_arrears(
    each_database: str, bills: Sequence[tuple[int, int, date | None]], days: int
) -> None:
    one = make_subscriber()
    billed(one, *bills)

    facts.reckon(OCTOBER)

    assert known(one).arrears_days == days


def test_what_the_account_owes_counts_too_and_no_day_twice(each_database: str) -> None:
    one = make_subscriber()
    billed(one, (202608, 9900, date(2026, 10, 11)))
    owes(one, since=date(2026, 10, 6))

    facts.reckon(OCTOBER)

    assert known(one).arrears_days == 31  # the first to the eleventh by the bill, and on by the account


def test_february_of_a_leap_year_has_its_last_day(each_database: str) -> None:
    leap = Month.of(date(2024, 2, 1))
    owing, other = make_subscriber(), make_subscriber("13800006208", key="C2")
    for one in (owing, other):
        changed(one, opened_on=date(2020, 1, 1))
    owes(owing, since=date(2024, 2, 28))
    billed(other, (202312, 2900, date(2024, 3, 5)), (202402, 2902, None))
    complained(other, date(2024, 2, 29), date(2024, 3, 1))

    facts.reckon(leap)

    assert known(owing, leap).arrears_days == 2
    assert known(other, leap).arrears_days == 29
    assert (known(other, leap).arpu_3, known(other, leap).complaints) == (1934, 1)


def test_complaints_of_a_year_in_the_time_of_the_centre(each_database: str) -> None:
    one = make_subscriber()
    first, last, before, after = date(2025, 11, 1), date(2026, 10, 31), date(2025, 10, 31), date(2026, 11, 1)
    complained(one, first, last, before, after)
    complained(one, last, kind="咨询")

    facts.reckon(OCTOBER)

    assert known(one).complaints == 2


def test_who_left_before_the_month_or_came_after_it_has_no_facts_of_it(each_database: str) -> None:
    left, leaving, coming = (make_subscriber(f"1380000620{n}") for n in range(3))
    changed(left, closed_on=date(2026, 9, 30))
    changed(leaving, closed_on=date(2026, 10, 1))
    changed(coming, opened_on=date(2026, 11, 1))

    facts.reckon(OCTOBER)

    assert (fact(left), fact(coming)) == (None, None)
    assert known(leaving).month == 202610


def test_reckoning_again_writes_only_what_changed(each_database: str) -> None:
    one, other = make_subscriber(), make_subscriber("13800006208", key="C2")
    first = facts.reckon(OCTOBER)

    billed(other, (202610, 9900, None))

    assert (first, facts.reckon(OCTOBER), facts.reckon(OCTOBER)) == (2, 1, 0)
    assert (known(one).arpu_3, known(other).arpu_3) == (0, 3300)


def test_a_bill_that_was_taken_back_says_nothing(each_database: str) -> None:
    one = make_subscriber()
    billed(one, (202610, 9900, None))
    with database.unit_of_work() as session:
        bill = session.exec(select(Bill)).one()
        bill.gone_at = MONDAY_MORNING
        session.add(bill)

    facts.reckon(OCTOBER)

    assert known(one).arpu_3 == 0


def test_the_month_reckoned_is_the_last_one_with_bills(each_database: str) -> None:
    one = make_subscriber()
    with database.reading() as session:
        assert facts.latest_month(session, NOVEMBER_26) == OCTOBER
    billed(one, (202609, 9900, None))
    with database.reading() as session:
        assert facts.latest_month(session, NOVEMBER_26) == OCTOBER.back(1)
    billed(one, (202611, 9900, None))
    with database.reading() as session:
        assert facts.latest_month(session, NOVEMBER_26) == OCTOBER.back(1)


def test_a_load_of_bills_is_reckoned_once_it_and_its_neighbours_are_in(each_database: str) -> None:
    for handler in facts.handlers():
        jobs.introduce(handler)
    one = make_subscriber()
    billed(one, (202610, 9900, None))
    for entity in ("bill", "event", "number", "account"):
        facts.note_load({"load_id": 1, "entity": entity, "source": "billing"}, NOVEMBER_26)

    with database.reading() as session:
        assert jobs.waiting(session)[facts.RECKON] == 1
    assert jobs.run_all_due(NOVEMBER_26) == 0
    jobs.run_all_due(NOVEMBER_26 + facts.SETTLES)
    assert known(one).arpu_3 == 3300


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.integers(-2400, 2400))
def test_months_count_as_a_calendar_does(day: date, months: int) -> None:
    month = Month.of(day)

    assert Month.read(month.code) == month
    assert month.first_day == day.replace(day=1)
    assert month.back(months).back(-months) == month
    assert (month.first_day - timedelta(days=1)).replace(day=1) == month.back(1).first_day


def test_every_day_is_counted_as_one_would_on_a_calendar(each_database: str) -> None:
    """The oracle is a set of days."""
    one = make_subscriber()
    paid = [date(2026, 1, 20), None, date(2026, 4, 2), date(2026, 9, 9), date(2026, 5, 30), None]
    months = [202510, 202511, 202512, 202602, 202605, 202606]
    billed(one, *((month, 100, day) for month, day in zip(months, paid, strict=True)))

    facts.reckon(OCTOBER)

    late: set[date] = set()
    for month, day in zip(months, paid, strict=True):
        due = Month.read(month).back(-2).first_day
        late |= {due + timedelta(days=n) for n in range(((day or date(2026, 11, 1)) - due).days)}
    year = {one_day for one_day in late if date(2025, 11, 1) <= one_day < date(2026, 11, 1)}
    assert known(one).arrears_days == len(year)
