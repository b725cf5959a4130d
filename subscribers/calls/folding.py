"""From the events of a call to what happened: the same whatever came twice, late, or in another order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from subscribers.calls.models import EventKind, Phase

TOGETHER = timedelta(seconds=5)  # what rings later than that rings instead, and not beside


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
    """What the events come to. `agent` is who has the call, or had it last; `rung` is when it rang last
    at whose desk."""

    rang_at: datetime
    phase: Phase = Phase.RINGING
    agent: str = ""
    answered_at: datetime | None = None
    held_at: datetime | None = None
    held_seconds: int = 0
    ended_at: datetime | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    rung: dict[str, datetime] = field(default_factory=dict)
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
    # that it is over was a guess: whatever the switch says of a later moment shows that it was not
    return [
        one
        for place, one in enumerate(ordered)
        if one.kind is not EventKind.LOST or not any(_denies(later, one) for later in ordered[place + 1 :])
    ]


def _denies(later: Fact, lost: Fact) -> bool:
    """Of one agent's part only what is said of that agent says anything."""
    if later.kind is EventKind.LOST:
        return False
    return not lost.agent or lost.agent in {later.agent, later.to}


def _take_details(course: Course, fact: Fact) -> None:
    for name in _SAID_ONCE:
        if (value := getattr(fact, name)) and name not in course.said:
            course.said[name] = value
    if course.queue_seconds is None:
        course.queue_seconds = fact.queue_seconds


def _ring(course: Course, fact: Fact) -> None:
    before = course.legs.get(fact.agent)
    _leg_of(course, fact.agent, fact.at)
    if course.phase is Phase.ENDED or not fact.agent:
        return
    if before and before.left_at and before.answered_at is None:
        course.legs[fact.agent] = Leg(rang_at=fact.at)
    _ring_no_more(course, fact)
    course.rung[fact.agent] = fact.at
    if course.phase is Phase.RINGING:
        course.agent = fact.agent


def _ring_no_more(course: Course, fact: Fact) -> None:
    """A queue tries one desk after the other, and says of none that it has stopped; or it rings at several
    at once, which then go on."""
    rings = {
        who: course.rung.get(who, leg.rang_at)
        for who, leg in course.legs.items()
        if who != fact.agent and leg.answered_at is None and leg.left_at is None
    }
    if rings and fact.at - max(rings.values()) > TOGETHER:
        for who in rings:
            _leave(course, who, fact.at)


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


def _lose(course: Course, fact: Fact) -> None:
    """Take the call for over; or, of an agent, the ringing at that desk alone."""
    if not fact.agent:
        _end(course, fact)
        return
    leg = course.legs.get(fact.agent)
    if leg is None or leg.answered_at or leg.left_at:
        return
    _leave(course, fact.agent, fact.at)
    if course.agent == fact.agent:
        others = [who for who, leg in course.legs.items() if leg.left_at is None]
        course.agent = max(others, key=lambda who: course.rung.get(who, course.rang_at), default=fact.agent)


_STEPS = {
    EventKind.RINGING: _ring,
    EventKind.ANSWERED: _talk,
    EventKind.RESUMED: _talk,
    EventKind.HELD: _hold,
    EventKind.TRANSFERRED: _transfer,
    EventKind.ENDED: _end,
    EventKind.LOST: _lose,
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
