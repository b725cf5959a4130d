"""What an agent said meets what the source sends, on both databases."""

from datetime import date, datetime, timedelta

import pytest

from core import database
from core.identity import Actor
from subscribers.correcting import meeting, rules, settling
from subscribers.correcting.meeting import Met
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.overlaying import claim, stated
from subscribers.correcting.settling import Decision
from subscribers.correcting.survivorship import Verdict, verdict
from subscribers.entities import ENTITIES, Survives
from subscribers.models import Customer
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber
from tests.subscribers.correcting.people_and_values import (
    customer_of,
    kept,
    meet,
    says,
    seen_of,
    source_sends,
    steps_of,
)
from tests.subscribers.correcting.test_survivorship import MEETINGS

OLD, NEW, THIRD = "文三路 1 号", "文三路 99 号", "天目山路 5 号"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY_MORNING + DAY


@pytest.fixture
def customer(each_database: str, centre: object) -> Customer:
    return customer_of(make_subscriber(address=OLD, changed_at=MONDAY_MORNING - DAY).customer_id)


def number(row: Customer) -> int:
    assert row.id is not None
    return row.id


def test_the_source_takes_the_correction_over(customer: Customer, agent_chen: Actor) -> None:
    correction = says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    met = source_sends(customer, LATER, address="文三路99号")

    assert met == Met(confirmed=1)
    assert kept(correction).state == CorrectionState.CONFIRMED
    assert not kept(correction).is_open
    assert seen_of(number(customer), "address").value == "文三路99号"
    assert steps_of(correction) == ["open", "confirmed"]


def test_the_old_value_sent_again_is_not_yet_applied(customer: Customer, agent_chen: Actor) -> None:
    correction = says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    met = source_sends(customer, LATER, name="陈婉青")

    assert met == Met(unapplied=1)
    assert kept(correction).met_at == LATER
    assert kept(correction).state == CorrectionState.OPEN
    assert seen_of(number(customer), "address").value == NEW
    assert steps_of(correction) == ["open"]


def test_a_newer_third_value_is_a_conflict_once_however_often_it_is_heard(
    customer: Customer, agent_chen: Actor
) -> None:
    correction = says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    assert source_sends(customer, LATER, address=THIRD) == Met(conflicts=1)
    assert meet(customer, LATER + HOUR) == Met(unapplied=1)

    assert kept(correction).state == CorrectionState.CONFLICT
    assert kept(correction).contradictions == 1
    assert seen_of(number(customer), "address").value == NEW
    assert seen_of(number(customer), "address").is_doubted
    assert steps_of(correction) == ["open", "conflict"]


def test_a_source_that_contradicts_twice_is_believed_until_a_person_decides(
    customer: Customer, agent_chen: Actor, supervisor_he: Actor
) -> None:
    correction = says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)
    source_sends(customer, LATER, address=THIRD)
    with database.unit_of_work() as session:
        decided = {"version": kept(correction).version, "actor": supervisor_he, "at": LATER + HOUR}
        settling.settle(session, kept(correction).id, Decision.KEEP, **decided)
    assert kept(correction).state == CorrectionState.OPEN

    met = source_sends(customer, LATER + DAY, address="莫干山路 8 号")

    assert met == Met(conflicts=1)
    assert kept(correction).contradictions == 2
    assert seen_of(number(customer), "address").value == "莫干山路 8 号"
    with database.unit_of_work() as session:
        decided = {"version": kept(correction).version, "actor": supervisor_he, "at": LATER + 2 * DAY}
        settling.settle(session, kept(correction).id, Decision.KEEP, **decided)
    assert seen_of(number(customer), "address").value == NEW


def test_what_the_source_knew_before_the_caller_spoke_is_no_contradiction(
    customer: Customer, agent_chen: Actor
) -> None:
    """An agent edits during a merge: the row changes under the correction, to something older."""
    says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    met = source_sends(customer, MONDAY_MORNING + HOUR, address=THIRD, changed_at=MONDAY_MORNING - HOUR)

    assert met == Met(unapplied=1)
    assert seen_of(number(customer), "address").value == NEW


def test_the_row_is_deleted_at_the_source_and_comes_back(customer: Customer, agent_chen: Actor) -> None:
    correction = says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    assert source_sends(customer, LATER, gone_at=LATER) == Met(gone=1)
    assert kept(correction).state == CorrectionState.GONE

    assert source_sends(customer, LATER + DAY, gone_at=None) == Met(revived=1, unapplied=1)
    assert kept(correction).is_open
    assert seen_of(number(customer), "address").value == NEW


def test_where_the_newest_wins_the_source_ends_the_correction(customer: Customer, agent_chen: Actor) -> None:
    correction = says(agent_chen, number(customer), "email", "chen@qq.com", at=MONDAY_MORNING)

    assert source_sends(customer, LATER, email="wanqing@163.com") == Met(superseded=1)
    assert kept(correction).state == CorrectionState.SUPERSEDED


def test_a_day_is_compared_as_a_day(customer: Customer, agent_chen: Actor) -> None:
    says(agent_chen, number(customer), "birthday", "19850601", at=MONDAY_MORNING)

    assert source_sends(customer, LATER, birthday=date(1985, 6, 1)) == Met(confirmed=1)


def test_another_sources_load_leaves_it_alone(customer: Customer, agent_chen: Actor) -> None:
    says(agent_chen, number(customer), "address", NEW, at=MONDAY_MORNING)

    with database.unit_of_work() as session:
        assert meeting.meet(session, "customer", "billing", at=LATER) == Met()
        assert meeting.meet(session, "account", "crm", at=LATER) == Met()


@pytest.mark.parametrize("told", MEETINGS)
def test_sql_says_what_the_pure_rule_says(
    customer: Customer,
    agent_chen: Actor,
    supervisor_he: Actor,
    told: tuple[Survives, str, datetime | None, str, Verdict],
) -> None:
    rule, says_now, changed_at, met, means = told
    with database.unit_of_work() as session:
        rules.choose(session, "customer", "address", rule, 2, actor=supervisor_he, at=MONDAY_MORNING)
        base = "" if (rule, met) == (Survives.FILL_EMPTY, "") else OLD
        said = Correction(
            entity="customer",
            row_id=number(customer),
            customer_id=number(customer),
            field="address",
            source="crm",
            base=base,
            met=met,
            proposed=NEW,
            evidence="said",
            staff_id=agent_chen.staff_id,
            affirmed_at=MONDAY_MORNING,
            state_since=MONDAY_MORNING,
        )
        session.add(said)
        row = session.get_one(Customer, number(customer))
        row.address, row.changed_at = says_now, changed_at
        session.add(row)
        session.flush()
        address = ENTITIES["customer"].field("address")
        assert verdict(rule, stated(row, address), claim(said)) is means
        found = meeting.meet(session, "customer", "crm", at=LATER)
    expected = {"conflict": "conflicts"}.get(means, str(means))
    assert found == Met(**{expected: 1})
