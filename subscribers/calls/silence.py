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
    """Let an agent say that his call is over, though the switch did not.

    :raises NotYourCall: if it is another's, and the actor is no supervisor
    :raises OverAlready: if it has ended
    """
    require(actor, Permission.TAKE_CALLS)
    mine = select(CallLeg.id).where(CallLeg.call_id == call_id, CallLeg.staff_id == actor.staff_id)
    call = session.get(Call, call_id)
    if call is None or not (may(actor, Permission.SEE_CALLS) or session.exec(mine).first()):
        raise wrapping_up.NotYourCall
    if call.phase == Phase.ENDED:
        raise OverAlready
    receiving.take_for_lost(session, call, at=at)
