"""From the events of a call to what happened: the same whatever came twice, late, or in another order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from subscribers.calls.models import EventKind, Phase


@dataclass(frozen=True)
class Fact:
    """One event. `agent` and `to` are logins; what an event does not say is empty."""

    event_id: str
    kind: EventKind
    at: datetime
    sequence: int = 0
    agent: str = ""
    to: str = ""
    caller: str = ""
    called: str = ""
    direction: str = ""
    ivr: str = ""
    queue_seconds: int | None = None


@dataclass(frozen=True)
class Leg:
    """An agent's part in the call."""

    rang_at: datetime
    answered_at: datetime | None = None
    left_at: datetime | None = None
    transferred_to: str = ""


@dataclass
class Course:
    """What the events come to. `agent` is who has the call, or had it last."""

    rang_at: datetime
    phase: Phase = Phase.RINGING
    agent: str = ""
    answered_at: datetime | None = None
    held_at: datetime | None = None
    held_seconds: int = 0
    ended_at: datetime | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    queue_seconds: int | None = None


_RANK = {kind: rank for rank, kind in enumerate(EventKind)}
_SAID_ONCE = ("caller", "called", "direction", "ivr")


def fold(facts: Iterable[Fact]) -> Course:
    """Return the course of a call; there must be at least one event.

    The order is that of the switch's clock, then of its own count; of two events at one moment the one that
    usually comes first goes first. What was lost is inferred from what follows: who holds had answered.
    """
    ordered = _in_order(facts)
    course = Course(rang_at=ordered[0].at)
    for fact in ordered:
        _take_details(course, fact)
        _STEPS[fact.kind](course, fact)
    return course


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    once: Mapping[str, Fact] = {fact.event_id: fact for fact in facts}
    ordered = sorted(once.values(), key=lambda one: (one.at, one.sequence, _RANK[one.kind], one.event_id))
    last_said = max(
        (place for place, one in enumerate(ordered) if one.kind is not EventKind.LOST), default=-1
    )
    # that the call is over was a guess: whatever the switch says of a later moment shows that it was not
    return [one for place, one in enumerate(ordered) if one.kind is not EventKind.LOST or place > last_said]


def _take_details(course: Course, fact: Fact) -> None:
    for name in _SAID_ONCE:
        if (value := getattr(fact, name)) and name not in course.said:
            course.said[name] = value
    if course.queue_seconds is None:
        course.queue_seconds = fact.queue_seconds


def _ring(course: Course, fact: Fact) -> None:
    _leg_of(course, fact.agent, fact.at)
    if course.phase is Phase.RINGING and fact.agent:
        course.agent = fact.agent


def _talk(course: Course, fact: Fact) -> None:
    who = fact.agent or course.agent
    _answer(course, who, fact.at)
    if course.phase is Phase.ENDED:
        return
    for other, leg in list(course.legs.items()):
        if other != who and (other == course.agent or leg.answered_at is None):
            _leave(course, other, fact.at)
    _end_hold(course, fact.at)
    course.agent, course.phase = who, Phase.TALKING


def _hold(course: Course, fact: Fact) -> None:
    _answer(course, fact.agent or course.agent, fact.at)
    if course.phase is Phase.ENDED:
        return
    course.agent = fact.agent or course.agent
    course.phase = Phase.HELD
    course.held_at = course.held_at or fact.at


def _transfer(course: Course, fact: Fact) -> None:
    who = fact.agent or course.agent
    _answer(course, who, fact.at)
    if course.phase is Phase.ENDED:
        return
    if who == fact.to:
        return
    _end_hold(course, fact.at)
    _leave(course, who, fact.at, to=fact.to)
    course.agent = fact.to
    taken = _leg_of(course, fact.to, fact.at)
    course.phase = Phase.TALKING if taken and taken.answered_at else Phase.RINGING


def _end(course: Course, fact: Fact) -> None:
    if course.phase is Phase.ENDED:
        return
    _end_hold(course, fact.at)
    course.phase, course.ended_at = Phase.ENDED, fact.at
    course.agent = course.agent or fact.agent
    for who in list(course.legs):
        _leave(course, who, fact.at)


_STEPS = {
    EventKind.RINGING: _ring,
    EventKind.ANSWERED: _talk,
    EventKind.RESUMED: _talk,
    EventKind.HELD: _hold,
    EventKind.TRANSFERRED: _transfer,
    EventKind.ENDED: _end,
    EventKind.LOST: _end,
}


def _leg_of(course: Course, who: str, at: datetime) -> Leg | None:
    """Return the agent's part, begun anew if the call comes back to somebody who had left it."""
    if not who:
        return None
    leg = course.legs.get(who, Leg(rang_at=at))
    if course.ended_at:
        leg = replace(leg, rang_at=min(leg.rang_at, course.ended_at), left_at=leg.left_at or course.ended_at)
    elif leg.left_at:
        leg = replace(leg, left_at=None, transferred_to="")
    course.legs[who] = leg
    return leg


def _answer(course: Course, who: str, at: datetime) -> None:
    at = min(at, course.ended_at) if course.ended_at else at
    course.answered_at = course.answered_at or at
    if leg := _leg_of(course, who, at):
        at = min(at, leg.left_at) if leg.left_at else at
        course.legs[who] = replace(leg, answered_at=leg.answered_at or at)


def _leave(course: Course, who: str, at: datetime, *, to: str = "") -> None:
    leg = course.legs.get(who)
    if leg and leg.left_at is None:
        course.legs[who] = replace(leg, left_at=at, transferred_to=to)


def _end_hold(course: Course, at: datetime) -> None:
    if course.held_at:
        course.held_seconds += max(0, round((at - course.held_at).total_seconds()))
        course.held_at = None
