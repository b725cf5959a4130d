"""Whose call it is: looked up once, as of the moment it rang, and kept whoever gets the number afterwards."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core import audit, news
from core.errors import NotFound
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.calls.models import Call
from subscribers.lookup import owners_of
from subscribers.models import Customer


class NoSuchCall(NotFound):
    message = "没有找到这通电话。"


def match(session: Session, call: Call) -> None:
    """Note whose number it is, if that is not known yet and there is no doubt."""
    if call.customer_id is not None or not call.party:
        return
    owners = owners_of(session, call.party, at=call.rang_at)
    holders = [owner for owner in owners if owner.subscription_id is not None] or list(owners)
    if len(holders) == 1:
        call.customer_id, call.subscription_id = holders[0].customer_id, holders[0].subscription_id
        session.add(call)


def choose(session: Session, call_id: UUID, customer_id: int, *, actor: Actor, at: datetime) -> None:
    """Let an agent say who is calling, where the number does not.

    :raises NoSuchCall: if the call or the customer is not there
    """
    require(actor, Permission.TAKE_CALLS)
    call = session.get(Call, call_id)
    if call is None or session.get(Customer, customer_id) is None:
        raise NoSuchCall
    if call.customer_id == customer_id:
        return
    call.customer_id, call.subscription_id = customer_id, None
    session.add(call)
    details = {"customer": customer_id}
    audit.record(
        session,
        actor=actor,
        action="subscribers.call.caller_chosen",
        subject_id=call_id,
        at=at,
        details=details,
    )
    if call.agent_id:
        news.tell(session, [call.agent_id])
