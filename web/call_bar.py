"""The call bar (接续条): what an agent has at hand, as every page shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select

from core.identity import Actor, Staff, StaffRole
from core.permissions import GRANTED, Permission
from core.scope import Region
from core.sign_in import is_signed_in
from subscribers.calls.current import AtHand, at_hand
from subscribers.calls.models import AgentState, Call, Doing, EventKind
from subscribers.calls.practising import STEPS
from subscribers.masking import masked_phone
from subscribers.models import Customer
from subscribers.restrictions import is_restricted
from web.frame import Frame
from web.templating import environment

TEMPLATE = "calls/_bar.html"


def bar_html(request: Request, session: Session, actor: Actor, at: datetime) -> str:
    """Return the bar as it is swapped into a page."""
    shown = shown_on_bar(session, actor, at)
    return environment.get_template(TEMPLATE).render(request=request, frame=Frame(request), **shown)


def shown_on_bar(session: Session, actor: Actor, at: datetime) -> dict[str, Any]:
    hand = at_hand(session, actor.staff_id, at=at)
    call = hand.call
    return {
        "hand": hand,
        "who": who_calls(session, call) if call else None,
        "steps": _steps(hand),
        "colleagues": colleagues(session, actor, at=at) if EventKind.TRANSFERRED in _steps(hand) else [],
    }


def _steps(hand: AtHand) -> tuple[EventKind, ...]:
    """Return what can be done from the bar: with a real call nothing, the telephone does it."""
    call = hand.call
    if call is None or not call.is_practice:
        return ()
    return STEPS[call.standing]


def who_calls(session: Session, call: Call) -> dict[str, str]:
    """Return the name, the masked number and the place, as far as they are known."""
    known = select(Customer).where(Customer.id == call.customer_id, ~is_restricted(col(Customer.id)))
    customer = session.exec(known).first() if call.customer_id else None
    return {
        "name": customer.name if customer else "",
        "number": masked_phone(call.party) if call.party else "号码未知",
        "place": _place(session, customer.region) if customer else "",
    }


def _place(session: Session, code: str) -> str:
    region = session.get(Region, code) if code else None
    if region is None:
        return ""
    above = session.get(Region, region.parent_code) if region.parent_code else None
    return f"{above.name if above else ''}{region.name}"


def colleagues(session: Session, actor: Actor, *, at: datetime) -> list[tuple[str, str]]:
    """Return who may take a call that is handed over: login and name, the idle ones first."""
    roles = [role for role, granted in GRANTED.items() if Permission.TAKE_CALLS in granted]
    takers = select(StaffRole.staff_id).where(col(StaffRole.role).in_(roles))
    idle: set[UUID] = set(
        session.exec(
            select(AgentState.staff_id).where(
                AgentState.state == Doing.IDLE,
                col(AgentState.until).is_(None),
                is_signed_in(col(AgentState.staff_id), at=at),
            )
        )
    )
    staff = session.exec(
        select(Staff)
        .where(col(Staff.id).in_(takers), col(Staff.disabled).is_(False), Staff.id != actor.staff_id)
        .order_by(Staff.login)
    ).all()
    ordered = sorted(staff, key=lambda one: one.id not in idle)
    return [(one.login, f"{one.login} {one.name}{'（空闲）' if one.id in idle else ''}") for one in ordered]
