"""Taking an event from a switch: once, in whatever order it comes, and told to whom it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core import news
from core.errors import Conflict, Invalid
from core.identity import Staff
from subscribers.calls import matching, presence
from subscribers.calls.folding import Course, Fact, fold
from subscribers.calls.models import Call, CallEvent, CallLeg, Direction, EventKind, Phase

FUTURE = timedelta(minutes=5)  # by how much the clock of a switch may be ahead
LONGEST_KEY = 100
RINGS_ON = timedelta(minutes=1)  # a desk that gets its next call after that does not ring for the one before
COMES_IN = frozenset({EventKind.RINGING, EventKind.ANSWERED, EventKind.TRANSFERRED})


class EventReused(Conflict):
    message = "这个 event_id 已用于另一个事件。每个事件请用自己的编号，重发同一事件才用原编号。"


class InTheFuture(Invalid):
    message = "事件的时间 at 比服务器晚 5 分钟以上，没有记录。请核对交换机的时钟和时区。"


@dataclass(frozen=True)
class Taken:
    """`is_new` is false for an event that came before; `unknown` are the logins that nobody here has."""

    call: Call
    is_new: bool
    unknown: tuple[str, ...] = ()


def take(session: Session, switch: str, key: str, fact: Fact, *, at: datetime) -> Taken:
    """Keep an event of the call that the switch knows by this key, and bring the call up to it.

    :raises EventReused: if its number was used for something else
    :raises InTheFuture: if it has not happened yet
    """
    if fact.at > at + FUTURE:
        raise InTheFuture
    if known := _known(session, switch, fact.event_id):
        return _again(session, known, key, fact)
    call = _locked(session, switch, key) or _begun(session, switch, key, fact, at)
    event = _event(call, fact, at)
    try:
        with session.begin_nested():
            session.add(event)
    except IntegrityError:  # the same event came twice at one moment
        known = _known(session, switch, fact.event_id)
        if known is None:
            raise
        return _again(session, known, key, fact)
    call.heard_at = at
    unknown = _bring_up(session, call, at)
    if fact.kind in COMES_IN:
        for missed in _rings_before(session, call, at):
            take_for_lost(session, missed, at=at)
    return Taken(call, is_new=True, unknown=unknown)


def take_for_lost(session: Session, call: Call, *, at: datetime) -> None:
    """Add an event of our own: should the switch come back, what it says stands against it."""
    guess = Fact(event_id=f"lost:{call.id}:{at.timestamp():.0f}", kind=EventKind.LOST, at=at)
    take(session, call.switch, call.key, guess, at=at)


def take_ring_for_lost(session: Session, call: Call, login: str, *, at: datetime) -> None:
    """Let it ring at this agent's desk no more; at others' it goes on."""
    course = fold(_facts(session, call))
    written = next((who for who in course.legs if who.lower() == login.lower()), login)
    guess = Fact(f"lost:{call.id}:{login}:{at.timestamp():.0f}", EventKind.LOST, at, agent=written)
    take(session, call.switch, call.key, guess, at=at)


def _rings_before(session: Session, call: Call, at: datetime) -> Sequence[Call]:
    """Return the calls that nobody answered at the desks where this one is now."""
    here = select(CallLeg.staff_id).where(CallLeg.call_id == call.id, col(CallLeg.left_at).is_(None))
    ringing = (
        select(Call)
        .join(CallLeg, col(CallLeg.call_id) == Call.id)
        .where(col(CallLeg.staff_id).in_(here), col(CallLeg.left_at).is_(None))
        .where(Call.id != call.id, Call.phase == Phase.RINGING, Call.heard_at < at - RINGS_ON)
    )
    return session.exec(ringing.distinct()).all()


def _again(session: Session, known: CallEvent, key: str, fact: Fact) -> Taken:
    call = session.get_one(Call, known.call_id)
    if call.key != key or fact_of(known) != fact:
        raise EventReused
    return Taken(call, is_new=False)


def _known(session: Session, switch: str, event_id: str) -> CallEvent | None:
    return session.exec(
        select(CallEvent).where(CallEvent.switch == switch, CallEvent.event_id == event_id)
    ).first()


def _locked(session: Session, switch: str, key: str) -> Call | None:
    """Return the call; whoever else has an event of it waits until this one is kept."""
    wanted = select(Call).where(Call.switch == switch, Call.key == key).with_for_update()
    return session.exec(wanted.execution_options(populate_existing=True)).first()


def _begun(session: Session, switch: str, key: str, fact: Fact, at: datetime) -> Call:
    call = Call(switch=switch, key=key, rang_at=fact.at, heard_at=at, created_at=at)
    try:
        with session.begin_nested():
            session.add(call)
    except IntegrityError:  # its first two events came at one moment
        other = _locked(session, switch, key)
        if other is None:
            raise
        return other
    return call


def _event(call: Call, fact: Fact, at: datetime) -> CallEvent:
    optional = {
        "to": fact.to,
        "caller": fact.caller,
        "called": fact.called,
        "direction": fact.direction,
        "ivr": fact.ivr,
        "queue_seconds": fact.queue_seconds,
    }
    return CallEvent(
        call_id=call.id,
        switch=call.switch,
        event_id=fact.event_id,
        kind=fact.kind,
        at=fact.at,
        sequence=fact.sequence,
        agent=fact.agent,
        said={name: value for name, value in optional.items() if value not in {"", None}},
        created_at=at,
    )


def fact_of(event: CallEvent) -> Fact:
    kind = EventKind(event.kind)
    return Fact(event.event_id, kind, event.at, event.sequence, event.agent, **event.said)


def _bring_up(session: Session, call: Call, at: datetime) -> tuple[str, ...]:
    """Write what all its events come to; return the logins that are not known here."""
    course = fold(_facts(session, call))
    staff = _staff_by_login(session, course)
    _write(session, call, course, staff)
    matching.match(session, call)
    for login, staff_id in staff.items():
        _write_leg(session, call, course, login, staff_id, at)
    session.flush()
    news.tell(session, staff.values())
    return tuple(sorted(login for login in course.legs if login not in staff))


def _facts(session: Session, call: Call) -> list[Fact]:
    return [fact_of(one) for one in session.exec(select(CallEvent).where(CallEvent.call_id == call.id))]


def _staff_by_login(session: Session, course: Course) -> dict[str, UUID]:
    """Return who the logins are; a switch may write them in capitals."""
    lowered = {login.lower(): login for login in course.legs}
    found = session.exec(select(Staff.login, Staff.id).where(func.lower(Staff.login).in_(lowered)))
    return {lowered[login.lower()]: staff_id for login, staff_id in found}


def _write(session: Session, call: Call, course: Course, staff: dict[str, UUID]) -> None:
    call.phase, call.agent_id = course.phase, staff.get(course.agent)
    call.rang_at, call.answered_at, call.ended_at = course.rang_at, course.answered_at, course.ended_at
    call.held_at, call.held_seconds = course.held_at, course.held_seconds
    call.caller, call.called = course.said.get("caller", ""), course.said.get("called", "")
    call.direction = course.said.get("direction", Direction.IN)
    call.ivr, call.queue_seconds = course.said.get("ivr", ""), course.queue_seconds
    session.add(call)


def _write_leg(
    session: Session, call: Call, course: Course, login: str, staff_id: UUID, at: datetime
) -> None:
    leg = session.exec(
        select(CallLeg).where(CallLeg.call_id == call.id, CallLeg.staff_id == staff_id)
    ).first() or CallLeg(call_id=call.id, staff_id=staff_id, rang_at=at, created_at=at)
    was_over = leg.left_at is not None
    now = course.legs[login]
    leg.rang_at, leg.answered_at, leg.left_at = now.rang_at, now.answered_at, now.left_at
    leg.transferred_to = now.transferred_to
    session.add(leg)
    if leg.answered_at and leg.left_at and not was_over:
        presence.call_left(session, staff_id, call.id, left_at=leg.left_at, at=at)
