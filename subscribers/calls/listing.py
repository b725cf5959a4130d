"""The calls there were: an agent's own, or everybody's for a supervisor; and one of them in full."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import Session, col, select

from core.clock import start_of
from core.identity import Actor, Staff
from core.paging import Page, page_of
from core.permissions import Permission, may, require
from core.sign_in import is_signed_in
from subscribers.calls import codes, using, wrapping_up
from subscribers.calls.models import (
    PRACTICE,
    AgentState,
    Call,
    CallEvent,
    CallLeg,
    CallUse,
    Doing,
    Phase,
    WrapUp,
)
from subscribers.models import Customer
from subscribers.restrictions import is_restricted


class Outcome(StrEnum):
    MISSED = "missed"
    OPEN = "open"
    UNWRITTEN = "unwritten"
    PRACTICE = "practice"

    @property
    def label(self) -> str:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.MISSED: "未接",
    Outcome.OPEN: "进行中",
    Outcome.UNWRITTEN: "没有小结",
    Outcome.PRACTICE: "模拟来电",
}


@dataclass(frozen=True)
class Wanted:
    day: date | None = None
    agent: UUID | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Part:
    """An agent's part in a call, and what they wrote of it."""

    leg: CallLeg
    name: str
    wrap_up: WrapUp | None
    code: str


@dataclass(frozen=True)
class CallRow:
    call: Call
    customer: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Story:
    """A call with all that is known of it."""

    row: CallRow
    events: tuple[CallEvent, ...]
    uses: tuple[CallUse, ...]
    is_mine: bool


@dataclass(frozen=True)
class AtWork:
    """What an agent does now, and since when."""

    staff: Staff
    label: str
    since: datetime


def calls(session: Session, actor: Actor, wanted: Wanted, page: int) -> Page[CallRow]:
    """Return a page of calls, the newest first."""
    statement = select(Call).order_by(col(Call.rang_at).desc(), col(Call.id))
    for condition in _conditions(actor, wanted):
        statement = statement.where(condition)
    found = page_of(session, statement, page)
    return found.of(_rows(session, found.rows))


def _conditions(actor: Actor, wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    agent = wanted.agent if may(actor, Permission.SEE_CALLS) else actor.staff_id
    leg = exists().where(col(CallLeg.call_id) == Call.id)
    if agent:
        leg = leg.where(col(CallLeg.staff_id) == agent)
        conditions.append(leg)
    if wanted.day:
        conditions += [
            Call.rang_at >= start_of(wanted.day),
            Call.rang_at < start_of(wanted.day + timedelta(days=1)),
        ]
    written = (
        exists()
        .where(col(WrapUp.call_id) == CallLeg.call_id, col(WrapUp.staff_id) == CallLeg.staff_id)
        .where(col(WrapUp.saved_at).is_not(None))
    )
    by_outcome: dict[Outcome, list[Any]] = {
        Outcome.MISSED: [col(Call.phase) == Phase.ENDED, col(Call.answered_at).is_(None)],
        Outcome.OPEN: [col(Call.phase) != Phase.ENDED],
        Outcome.UNWRITTEN: [leg.where(col(CallLeg.answered_at).is_not(None), ~written)],
        Outcome.PRACTICE: [col(Call.switch) == PRACTICE],
    }
    return conditions + (by_outcome[wanted.outcome] if wanted.outcome else [])


def _rows(session: Session, found: Sequence[Call]) -> list[CallRow]:
    parts = parts_of(session, [call.id for call in found])
    ids = {call.customer_id for call in found if call.customer_id}
    named = select(Customer.id, Customer.name).where(
        col(Customer.id).in_(ids), ~is_restricted(col(Customer.id))
    )
    names: dict[int | None, str] = dict(session.exec(named).all())
    return [CallRow(call, names.get(call.customer_id, ""), tuple(parts[call.id])) for call in found]


def parts_of(session: Session, call_ids: Sequence[UUID]) -> dict[UUID, list[Part]]:
    """Return who had each of these calls, in the order in which it rang at their desks."""
    wanted = (
        select(CallLeg, Staff.name, WrapUp)
        .join(Staff, col(Staff.id) == CallLeg.staff_id)
        .outerjoin(
            WrapUp, (col(WrapUp.call_id) == CallLeg.call_id) & (col(WrapUp.staff_id) == CallLeg.staff_id)
        )
        .where(col(CallLeg.call_id).in_(call_ids))
        .order_by(col(CallLeg.rang_at))
    )
    paths = {code.id: code.path for code in codes.tree(session)}
    parts: dict[UUID, list[Part]] = defaultdict(list)
    for leg, name, written in session.exec(wanted):
        wrap_up: WrapUp | None = written
        code = paths.get(wrap_up.code_id, "") if wrap_up is not None and wrap_up.code_id else ""
        parts[leg.call_id].append(Part(leg, name, wrap_up, code))
    return parts


def story(session: Session, call_id: UUID, actor: Actor) -> Story:
    """
    :raises NotYourCall: if it is not there, or another's and the actor is no supervisor
    """
    call = session.get(Call, call_id)
    if call is None:
        raise wrapping_up.NotYourCall
    (row,) = _rows(session, [call])
    is_mine = any(part.leg.staff_id == actor.staff_id for part in row.parts)
    if not is_mine and not may(actor, Permission.SEE_CALLS):
        raise wrapping_up.NotYourCall
    in_order = select(CallEvent).where(CallEvent.call_id == call_id)
    events = session.exec(in_order.order_by(col(CallEvent.at), col(CallEvent.sequence))).all()
    return Story(row, tuple(events), tuple(using.uses_of(session, call_id)), is_mine)


def call_seen_by(session: Session, call_id: UUID | None, actor: Actor) -> Call | None:
    """Return the call if it is there and this person has or had it, or may see those of others."""
    call = session.get(Call, call_id) if call_id else None
    if call is None or may(actor, Permission.SEE_CALLS):
        return call
    mine = select(CallLeg.id).where(CallLeg.call_id == call.id, CallLeg.staff_id == actor.staff_id)
    return call if session.exec(mine).first() else None


def at_work(session: Session, actor: Actor, *, at: datetime) -> list[AtWork]:
    """Return what the agents of the centre do now, those in a call first; who went home does nothing."""
    require(actor, Permission.SEE_CALLS)
    in_call = {}
    open_legs = (
        select(CallLeg, Call, Staff)
        .join(Call, col(Call.id) == CallLeg.call_id)
        .join(Staff, col(Staff.id) == CallLeg.staff_id)
        .where(col(CallLeg.left_at).is_(None), Call.phase != Phase.ENDED)
        .order_by(col(CallLeg.rang_at))
    )
    for leg, call, staff in session.exec(open_legs):
        label = call.standing.label if leg.answered_at else Phase.RINGING.label
        in_call[staff.id] = AtWork(staff, label, leg.answered_at or leg.rang_at)
    between = (
        select(AgentState, Staff)
        .join(Staff, col(Staff.id) == AgentState.staff_id)
        .where(col(AgentState.until).is_(None), is_signed_in(col(AgentState.staff_id), at=at))
        .order_by(col(AgentState.since))
    )
    others = [
        AtWork(staff, Doing(state.state).label, state.since)
        for state, staff in session.exec(between)
        if staff.id not in in_call
    ]
    return [*in_call.values(), *others]


def agents_with_calls(session: Session) -> list[tuple[UUID, str]]:
    """Return who ever had a call, for the filter."""
    had = select(CallLeg.staff_id).distinct()
    staff = session.exec(select(Staff.id, Staff.login, Staff.name).where(col(Staff.id).in_(had)))
    return [(staff_id, f"{login} {name}") for staff_id, login, name in sorted(staff, key=lambda one: one[1])]
