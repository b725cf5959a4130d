"""A switch may send an event late, twice, or not at all: what is kept is the same, on each database."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import select

from core import database
from core.identity import Actor
from subscribers.calls import erased, receiving, silence
from subscribers.calls.current import AtHand, Showing, at_hand
from subscribers.calls.folding import Fact, fold
from subscribers.calls.models import Call, CallEvent, CallLeg, EventKind, Phase
from subscribers.models import Customer
from tests.conftest import MONDAY_MORNING as AT
from tests.makers import make_subscriber
from tests.people import hire
from tests.subscribers.calls.switch import CALLER, Switch

STEPS = (
    (0, "ringing", "chen", ""),
    (5, "answered", "chen", ""),
    (60, "held", "chen", ""),
    (80, "resumed", "chen", ""),
    (100, "transferred", "chen", "zhao"),
    (106, "answered", "zhao", ""),
    (300, "ended", "", ""),
)
FACTS = [
    Fact(f"e{number}", EventKind(kind), AT + timedelta(seconds=second), number, agent, to=to)
    for number, (second, kind, agent, to) in enumerate(STEPS)
]
NOON = AT + timedelta(hours=3)


@pytest.fixture
def zhao(centre: object, agent_chen: Actor) -> Actor:
    return hire("zhao", "赵晨", "agent")


def hand_of(actor: Actor, seconds: float) -> AtHand:
    with database.reading() as session:
        return at_hand(session, actor.staff_id, at=AT + timedelta(seconds=seconds))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_late_and_doubled_events_come_to_the_same(
    each_database: str, agent_chen: Actor, zhao: Actor, data: st.DataObject
) -> None:
    key, switch = str(uuid4()), Switch()
    sent = [replace(fact, event_id=f"{key}{fact.event_id}") for fact in FACTS]
    came = data.draw(st.lists(st.sampled_from(sent), min_size=1, unique=True))
    again = data.draw(st.lists(st.sampled_from(came), max_size=4))

    for fact in data.draw(st.permutations([*came, *again])):
        switch.send(key, fact, at=NOON)

    course = fold(came)
    logins = {"chen": agent_chen.staff_id, "zhao": zhao.staff_id}
    with database.reading() as session:
        call = session.exec(select(Call).where(Call.key == key)).one()
        legs = {leg.staff_id: leg for leg in session.exec(select(CallLeg).where(CallLeg.call_id == call.id))}
    assert (call.phase, call.ended_at) == (course.phase, course.ended_at)
    assert (call.answered_at, call.held_seconds) == (course.answered_at, course.held_seconds)
    assert call.agent_id == logins.get(course.agent)
    for login, leg in course.legs.items():
        stored = legs[logins[login]]
        assert (stored.answered_at, stored.left_at) == (leg.answered_at, leg.left_at)


def test_the_bar_follows_the_call(each_database: str, agent_chen: Actor, zhao: Actor) -> None:
    switch = Switch()
    showing = []
    for second, kind, agent, to in STEPS:
        switch.say(kind, agent, after=second, to=to)
        showing.append((hand_of(agent_chen, second).showing.value, hand_of(zhao, second).showing.value))

    assert showing == [
        ("ringing", "busy"),
        ("talking", "busy"),
        ("held", "busy"),
        ("talking", "busy"),
        ("wrapping", "ringing"),
        ("wrapping", "talking"),
        ("wrapping", "wrapping"),
    ]


def test_an_event_that_is_sent_again_with_other_words_is_refused(
    each_database: str, agent_chen: Actor
) -> None:
    switch = Switch()
    switch.ring()
    (_call, fact) = switch.said[0]

    with pytest.raises(receiving.EventReused):
        switch.send("c1", replace(fact, agent="zhao"))
    with pytest.raises(receiving.EventReused):
        switch.send("another", fact)


def test_a_call_that_fell_silent_ends_and_comes_back_if_the_switch_does(
    each_database: str, agent_chen: Actor
) -> None:
    switch = Switch()
    switch.say("answered")
    switch.say("answered", call="c2", after=3 * 3600)

    assert silence.end_silent(AT + timedelta(hours=5)) == 1
    assert hand_of(agent_chen, 5 * 3600).others == 0

    held = switch.say("held", after=5 * 3600 + 60)
    assert held.phase == Phase.HELD


def test_a_ring_that_nobody_answered_becomes_a_missed_call(each_database: str, agent_chen: Actor) -> None:
    Switch().ring()

    assert silence.end_silent(AT + timedelta(seconds=110)) == 0
    assert silence.end_silent(AT + timedelta(seconds=130)) == 1

    with database.reading() as session:
        (call,) = session.exec(select(Call)).all()
    assert (call.phase, call.answered_at) == (Phase.ENDED, None)
    assert hand_of(agent_chen, 131).call is None


def test_the_next_call_ends_a_ring_before_it_unless_that_is_answered_after_all(
    each_database: str, agent_chen: Actor, zhao: Actor
) -> None:
    switch = Switch()
    switch.ring(call="old")
    switch.ring("zhao", call="elsewhere")
    switch.ring(call="fresh", after=60)
    switch.ring(call="next", after=90)

    hand = hand_of(agent_chen, 90)
    assert (hand.call and hand.call.key, hand.others) == ("next", 1)
    assert hand_of(zhao, 90).showing is Showing.RINGING

    assert switch.say("answered", call="old", after=95).phase == Phase.TALKING


def test_what_happened_yesterday_sends_nobody_into_wrapping_up(each_database: str, agent_chen: Actor) -> None:
    switch = Switch()
    for fact in FACTS:
        switch.send("c1", fact, at=AT + timedelta(days=1))

    with database.reading() as session:
        assert at_hand(session, agent_chen.staff_id, at=AT + timedelta(days=1)).showing is Showing.BUSY


def test_a_login_in_capitals_is_the_same_agent(each_database: str, agent_chen: Actor) -> None:
    Switch().ring("CHEN")

    assert hand_of(agent_chen, 1).showing is Showing.RINGING


def test_events_of_nobody_are_kept(each_database: str) -> None:
    switch = Switch()

    switch.say("ended", "")

    with database.reading() as session:
        assert len(session.exec(select(CallEvent)).all()) == 1


def test_an_erased_person_leaves_calls_without_a_number(each_database: str, agent_chen: Actor) -> None:
    subscription = make_subscriber(CALLER)
    switch = Switch()
    switch.ring()

    for part in erased.PARTS:
        with database.unit_of_work() as session:
            theirs = select(Customer.id).where(Customer.id == subscription.customer_id)
            session.exec(update(part.table).where(part.of(theirs)).values(**(part.blank or {})))

    ended = switch.say("ended", after=9)
    assert (ended.phase, ended.caller) == (Phase.ENDED, "")
