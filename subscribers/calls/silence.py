"""Calls of which the switch says nothing more: the hang-up was lost, and they would ring for ever."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from core import database, jobs
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, may, require
from subscribers.calls import receiving, wrapping_up
from subscribers.calls.models import Call, CallLeg, Phase

RINGING = timedelta(minutes=2)
TALKING = timedelta(hours=4)
KIND, EVERY = "subscribers.calls.silent", timedelta(minutes=1)
AT_ONCE = 200


class OverAlready(Conflict):
    message = "这通电话已经结束，不用再处理。"


class LeftAlready(Conflict):
    message = "您已不在这通电话里，不能替别的座席结束它。"


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(KIND, lambda _payloads, at: _run(at), label="结束没有下文的通话"),)


def _run(at: datetime) -> None:
    end_silent(at)


def end_silent(at: datetime) -> int:
    """End the calls that have been silent for too long; return how many."""
    with database.reading() as session:
        ringing = (col(Call.phase) == Phase.RINGING) & (col(Call.heard_at) < at - RINGING)
        talking = (col(Call.phase) != Phase.ENDED) & (col(Call.heard_at) < at - TALKING)
        silent = session.exec(select(Call).where(ringing | talking).limit(AT_ONCE)).all()
    for call in silent:
        with database.unit_of_work() as session:
            receiving.take_for_lost(session, call, at=at)
    return len(silent)


def end_by_hand(session: Session, call_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Let an agent say that his call is over, though the switch did not. What rings or is spoken at another
    desk goes on there: only the ringing at his own ends.

    :raises NotYourCall: if it is another's, and the actor is no supervisor
    :raises OverAlready: if it has ended
    :raises LeftAlready: if the agent has left it to others
    """
    require(actor, Permission.TAKE_CALLS)
    call = session.get(Call, call_id)
    legs = session.exec(select(CallLeg).where(CallLeg.call_id == call_id)).all()
    mine = next((leg for leg in legs if leg.staff_id == actor.staff_id), None)
    if call is None or not (mine or may(actor, Permission.SEE_CALLS)):
        raise wrapping_up.NotYourCall
    if call.phase == Phase.ENDED:
        raise OverAlready
    if not may(actor, Permission.SEE_CALLS) and mine and mine.left_at:
        raise LeftAlready
    is_at_others = any(leg.left_at is None and leg is not mine for leg in legs)
    if mine and mine.left_at is None and mine.answered_at is None and is_at_others:
        receiving.take_ring_for_lost(session, call, actor.login, at=at)
    else:
        receiving.take_for_lost(session, call, at=at)
