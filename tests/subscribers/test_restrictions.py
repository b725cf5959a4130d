"""A customer whose data may not be used: hidden while that holds, on every database."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core import audit, database
from core.identity import Actor
from subscribers.models import Customer
from subscribers.restrictions import (
    CustomerRestricted,
    NotRestricted,
    Restriction,
    is_restricted,
    lift,
    require_shown,
    restrict,
    restricted_among,
)
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber

pytestmark = pytest.mark.usefixtures("each_database")
LATER = MONDAY_MORNING + timedelta(days=3)


def customer_at(number: str) -> Customer:
    make_subscriber(number, "某客户")
    with database.reading() as session:
        return session.exec(select(Customer).where(Customer.key == f"C{number}")).one()


def shown() -> list[str]:
    """The customers that a list shows, as every list of the centre asks."""
    with database.reading() as session:
        visible = select(Customer.key).where(~is_restricted(col(Customer.id)))
        return list(session.exec(visible.order_by(Customer.key)))


def test_only_the_restricted_one_is_hidden_and_only_while_it_is(supervisor_he: Actor) -> None:
    hidden, other = customer_at("13800000001"), customer_at("13800000002")
    assert shown() == [hidden.key, other.key]

    with database.unit_of_work() as session:
        restrict(session, hidden.id or 0, reason="客户要求", actor=supervisor_he, at=MONDAY_MORNING)
    assert shown() == [other.key]
    with database.reading() as session:
        assert restricted_among(session, [hidden.id or 0, other.id or 0]) == {hidden.id}
        require_shown(session, other.id or 0)
        with pytest.raises(CustomerRestricted):
            require_shown(session, hidden.id or 0)

    with database.unit_of_work() as session:
        lift(session, hidden.id or 0, reason="客户撤回", actor=supervisor_he, at=LATER)
    assert shown() == [hidden.key, other.key]


def test_saying_it_twice_changes_nothing_and_again_after_lifting_is_new(supervisor_he: Actor) -> None:
    hidden = customer_at("13800000001")
    with database.unit_of_work() as session:
        first = restrict(session, hidden.id or 0, reason="客户要求", actor=supervisor_he, at=MONDAY_MORNING)
        again = restrict(session, hidden.id or 0, reason="又说一次", actor=supervisor_he, at=LATER)
        assert again.id == first.id
        lift(session, hidden.id or 0, reason="撤回", actor=supervisor_he, at=LATER)
        with pytest.raises(NotRestricted):
            lift(session, hidden.id or 0, reason="撤回", actor=supervisor_he, at=LATER)
        assert (
            restrict(session, hidden.id or 0, reason="第三次", actor=supervisor_he, at=LATER).id != first.id
        )
        actions = [entry.action for entry in session.exec(audit.entries(action="subscribers.restrict"))]
    assert actions == [
        "subscribers.restricted",
        "subscribers.restriction_lifted",
        "subscribers.restricted",
    ]


def test_two_open_restrictions_of_one_customer_cannot_be(supervisor_he: Actor, session: Session) -> None:
    hidden = customer_at("13800000001")
    for _ in range(2):
        session.add(
            Restriction(
                customer_id=hidden.id or 0,
                reason="同时",
                staff_id=supervisor_he.staff_id,
                since=MONDAY_MORNING,
            )
        )
    with pytest.raises(IntegrityError):
        session.flush()
