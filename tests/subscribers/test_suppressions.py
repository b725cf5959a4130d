"""Refusal of marketing: whom a row covers, at which number and when."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from core import database
from core.identity import Actor
from subscribers.models import Customer, Subscription, SubscriptionNumber
from subscribers.suppressions import (
    ConsentMissing,
    NobodyNamed,
    NotSuppressed,
    SuppressionSource,
    consent_again,
    is_suppressed,
    standing_of,
    suppress,
    suppressed,
)
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber

MINE, OTHERS = "13800000001", "13900000002"
BEFORE, LATER = MONDAY_MORNING - timedelta(seconds=1), MONDAY_MORNING + timedelta(days=3)


@pytest.fixture
def chen_id(each_database: str) -> int:
    return make_subscriber(MINE).customer_id


@pytest.fixture
def li_id(each_database: str) -> int:
    return make_subscriber(OTHERS, "李四").customer_id


def refuse(session: Session, customer_id: int | None, number: str, actor: Actor) -> None:
    suppress(
        session,
        customer_id=customer_id,
        number=number,
        source=SuppressionSource.CALL,
        proof="录音 88",
        actor=actor,
        at=MONDAY_MORNING,
    )


@pytest.mark.parametrize(
    ("of_chen", "number", "covered"),
    [
        # whom the row names        the calls that it forbids: (Chen?, at the number)
        (True, "", {(True, MINE), (True, OTHERS)}),
        (True, MINE, {(True, MINE)}),
        (False, MINE, {(True, MINE), (False, MINE)}),
    ],
    ids=["a customer, everywhere", "a customer at one number", "a number, whoever has it"],
)
def test_a_refusal_covers(
    chen_id: int, li_id: int, supervisor_he: Actor, of_chen: bool, number: str, covered: set[object]
) -> None:
    with database.unit_of_work() as session:
        refuse(session, chen_id if of_chen else None, number, supervisor_he)

    with database.reading() as session:
        forbidden = {
            (is_chen, at_number)
            for is_chen in (True, False)
            for at_number in (MINE, OTHERS)
            if is_suppressed(session, chen_id if is_chen else li_id, at_number, at=LATER)
        }
        early = is_suppressed(session, chen_id, MINE, at=BEFORE)
    assert forbidden == covered
    assert not early


def test_a_whole_audience_is_asked_in_one_query(chen_id: int, li_id: int, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session:
        refuse(session, chen_id, "", supervisor_he)

    reachable = (
        select(Customer.id)
        .join(Subscription, col(Subscription.customer_id) == col(Customer.id))
        .join(SubscriptionNumber, col(SubscriptionNumber.subscription_id) == col(Subscription.id))
        .where(~suppressed(col(Customer.id), col(SubscriptionNumber.number), at=LATER))
    )
    with database.reading() as session:
        assert list(session.exec(reachable)) == [li_id]


def test_only_a_new_consent_ends_it_and_leaves_the_row(chen_id: int, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session:
        refuse(session, chen_id, "", supervisor_he)
        refuse(session, chen_id, "", supervisor_he)
        (row,) = standing_of(session, [chen_id], at=LATER)
        with pytest.raises(ConsentMissing):
            consent_again(session, row.id, proof="  ", actor=supervisor_he, at=LATER)
        consent_again(session, row.id, proof="签字单 12", actor=supervisor_he, at=LATER)

    with database.unit_of_work() as session:
        assert is_suppressed(session, chen_id, MINE, at=LATER - timedelta(seconds=1))
        assert not is_suppressed(session, chen_id, MINE, at=LATER)
        with pytest.raises(NotSuppressed):
            consent_again(session, row.id, proof="签字单 12", actor=supervisor_he, at=LATER)
        with pytest.raises(NotSuppressed):
            consent_again(session, uuid4(), proof="签字单 12", actor=supervisor_he, at=LATER)


def test_a_refusal_names_somebody(session: Session, supervisor_he: Actor) -> None:
    with pytest.raises(NobodyNamed):
        refuse(session, None, "", supervisor_he)
