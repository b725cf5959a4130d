"""What an agent has at hand: the call that rings or is spoken, and calls that are still to be wrapped up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.clock import day_of, start_of
from core.identity import Staff
from subscribers.calls import presence
from subscribers.calls.models import PRACTICE, Call, CallLeg, Doing, Phase, WrapUp

UNWRITTEN_SINCE = timedelta(hours=12)  # a shift: what was not wrapped up then is not asked for any more


class Showing(StrEnum):
    """What the call bar says."""

    IDLE = "idle"
    BUSY = "busy"
    REST = "rest"
    WRAPPING = "wrapping"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"

    @property
    def label(self) -> str:
        doing = {one.value: one.label for one in Doing}
        return (doing | {one.value: one.label for one in Phase})[self.value]


@dataclass(frozen=True)
class AtHand:
    """`call` is the one that matters most; `others` are held or ring beside it. `seconds` is how long it has
    been so, if anybody knows. `unwritten` are the calls whose wrap-up is wanted, the newest first."""

    showing: Showing
    seconds: int | None
    call: Call | None = None
    others: int = 0
    came_from: str = ""
    unwritten: tuple[UUID, ...] = ()
    answered_today: int = 0
    mean_seconds: int = 0


_PRESSING = {Phase.TALKING: 0, Phase.RINGING: 1, Phase.HELD: 2}


def at_hand(session: Session, staff_id: UUID, *, at: datetime) -> AtHand:
    """Return what the call bar of this agent shows."""
    open_ones = _open(session, staff_id)
    answered, mean = _today(session, staff_id, at)
    waiting = tuple(unwritten(session, staff_id, at=at))
    if open_ones:
        call, leg = open_ones[0]
        showing = Showing.RINGING if leg.answered_at is None else Showing(call.phase)
        seconds = _since(_begun(call, leg), at)
        came_from = _came_from(session, call, leg)
        return AtHand(showing, seconds, call, len(open_ones) - 1, came_from, waiting, answered, mean)
    now = presence.now_of(session, staff_id)
    showing = Showing(now.state) if now else Showing.BUSY
    idle_for = _since(now.since, at) if now else None
    return AtHand(showing, idle_for, unwritten=waiting, answered_today=answered, mean_seconds=mean)


def call_of(session: Session, staff_id: UUID, *, at: datetime) -> UUID | None:
    """Return the call that the agent works for now: the open one, or the last not yet wrapped up."""
    open_ones = _open(session, staff_id)
    if open_ones:
        return open_ones[0][0].id
    return next(iter(unwritten(session, staff_id, at=at)), None)


def calls_of(session: Session, staff_id: UUID, *, at: datetime) -> list[UUID]:
    """Return the calls that the agent is in, or still has to wrap up."""
    return [*(call.id for call, _ in _open(session, staff_id)), *unwritten(session, staff_id, at=at)]


def unwritten(session: Session, staff_id: UUID, *, at: datetime) -> list[UUID]:
    """Return the calls that the agent answered and did not wrap up yet, the newest first."""
    wanted = (
        select(CallLeg.call_id)
        .outerjoin(
            WrapUp,
            (col(WrapUp.call_id) == CallLeg.call_id) & (col(WrapUp.staff_id) == CallLeg.staff_id),
        )
        .where(
            CallLeg.staff_id == staff_id,
            CallLeg.rang_at > at - UNWRITTEN_SINCE,
            col(CallLeg.answered_at).is_not(None),
            col(WrapUp.saved_at).is_(None),
        )
        .order_by(col(CallLeg.rang_at).desc())
    )
    return list(session.exec(wanted))


def _open(session: Session, staff_id: UUID) -> list[tuple[Call, CallLeg]]:
    wanted = (
        select(Call, CallLeg)
        .join(CallLeg, col(CallLeg.call_id) == Call.id)
        .where(CallLeg.staff_id == staff_id, col(CallLeg.left_at).is_(None), Call.phase != Phase.ENDED)
    )
    return sorted(session.exec(wanted), key=_pressing)


def _pressing(one: tuple[Call, CallLeg]) -> tuple[int, float]:
    call, leg = one
    phase = Phase.RINGING if leg.answered_at is None else Phase(call.phase)
    return _PRESSING[phase], -leg.rang_at.timestamp()


def _begun(call: Call, leg: CallLeg) -> datetime:
    if call.phase == Phase.HELD and call.held_at:
        return call.held_at
    return leg.answered_at or leg.rang_at


def _since(moment: datetime, at: datetime) -> int:
    return max(0, round((at - moment).total_seconds()))


def _came_from(session: Session, call: Call, leg: CallLeg) -> str:
    """Return the colleague who handed the call over, if one did."""
    before = (
        select(Staff.name)
        .join(CallLeg, col(CallLeg.staff_id) == Staff.id)
        .where(
            CallLeg.call_id == call.id, col(CallLeg.transferred_to) != "", CallLeg.staff_id != leg.staff_id
        )
        .order_by(col(CallLeg.left_at).desc())
        .limit(1)
    )
    return session.exec(before).first() or ""


def _today(session: Session, staff_id: UUID, at: datetime) -> tuple[int, int]:
    """Return how many calls the agent answered today and their mean length; practice does not count."""
    legs: Any = (
        select(CallLeg.answered_at, CallLeg.left_at)
        .join(Call, col(Call.id) == CallLeg.call_id)
        .where(
            CallLeg.staff_id == staff_id,
            CallLeg.rang_at >= start_of(day_of(at)),
            col(CallLeg.answered_at).is_not(None),
            Call.switch != PRACTICE,
        )
    )
    spans = session.exec(legs).all()
    lengths = [(left - answered).total_seconds() for answered, left in spans if left]
    return len(spans), round(sum(lengths) / len(lengths)) if lengths else 0
