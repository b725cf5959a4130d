"""What agents are doing between calls: 空闲, 示忙, 小休, 话后; by their own hand, or as a call ends."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from core import news
from core.errors import Conflict
from core.identity import Actor, Staff
from core.permissions import Permission, require
from subscribers.calls.models import AgentState, Doing, WrapUp

CHOSEN = (Doing.IDLE, Doing.BUSY, Doing.REST)
TOO_LATE = timedelta(minutes=10)  # a switch may send again what happened long ago: nobody wraps that up now


class NotToBeChosen(Conflict):
    message = "话后由挂机自动开始，不能自己选。请选空闲、示忙或小休。"


def now_of(session: Session, staff_id: UUID) -> AgentState | None:
    """Return what the agent does now; None is before the first choice."""
    mine = select(AgentState).where(AgentState.staff_id == staff_id, col(AgentState.until).is_(None))
    return session.exec(mine).first()


def choose(session: Session, doing: Doing, *, actor: Actor, at: datetime) -> None:
    """
    :raises NotToBeChosen: if it is not for the agent to say
    """
    require(actor, Permission.TAKE_CALLS)
    if doing not in CHOSEN:
        raise NotToBeChosen
    change(session, actor.staff_id, doing, at=at)


def call_left(session: Session, staff_id: UUID, call_id: UUID, *, left_at: datetime, at: datetime) -> None:
    """Let the agent wrap the call up, unless that is done already."""
    if left_at < at - TOO_LATE:
        return
    saved = select(WrapUp.id).where(
        WrapUp.call_id == call_id, WrapUp.staff_id == staff_id, col(WrapUp.saved_at).is_not(None)
    )
    done = session.exec(saved).first() is not None
    change(session, staff_id, Doing.IDLE if done else Doing.WRAPPING, at=at)


def leave(session: Session, staff_id: UUID, *, at: datetime) -> None:
    """End what the agent did: whoever went home is not idle."""
    session.exec(select(Staff.id).where(Staff.id == staff_id).with_for_update(key_share=True)).one()
    doing = now_of(session, staff_id)
    if doing is not None:
        doing.until = max(at, doing.since)
        session.add(doing)
        session.flush()


def change(session: Session, staff_id: UUID, doing: Doing, *, at: datetime) -> None:
    """End what was and begin what is; the same again changes nothing. Two browsers of one agent wait for
    each other."""
    session.exec(select(Staff.id).where(Staff.id == staff_id).with_for_update(key_share=True)).one()
    before = now_of(session, staff_id)
    if before is not None and before.state == doing:
        return
    if before is not None:
        before.until = max(at, before.since)
        session.add(before)
        session.flush()
    session.add(AgentState(staff_id=staff_id, state=doing, since=at, created_at=at))
    session.flush()
    news.tell(session, [staff_id])
