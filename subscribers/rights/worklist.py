"""What waits at the desk for rights, and how to find the person there, hidden or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_
from sqlmodel import Session, col, select

from core import clock, sealing, working_days
from core.identity import Actor
from core.permissions import Permission, may
from subscribers.loading.preparing import CERTIFICATE
from subscribers.loading.values import half_width
from subscribers.masking import masked_phone
from subscribers.models import Customer, CustomerKind, Subscription, SubscriptionNumber
from subscribers.restrictions import is_restricted, restricted_among
from subscribers.rights.models import OPEN_STATES, RightsKind, RightsRequest, RightsState
from subscribers.rights.moving import NoSuchRequest, moves_from
from subscribers.rights.receiving import NoSuchCustomer
from subscribers.spelling import plain_certificate, plain_number

MOST_FOUND = 20


@dataclass(frozen=True)
class RequestLine:
    """A request as the list shows it. `days_left` is in working days, none once it is closed."""

    request: RightsRequest
    kind: RightsKind
    state: RightsState
    customer: str
    days_left: int | None


@dataclass(frozen=True)
class Late:
    """How many requests ran out of time, and for how many working days the oldest has."""

    count: int
    days: int


@dataclass(frozen=True)
class PersonLine:
    id: int
    key: str
    name: str
    kind: CustomerKind
    numbers: tuple[str, ...]
    is_restricted: bool


def seen_by(actor: Actor) -> Any:
    """Return the select of requests that somebody may see: all at the desk, elsewhere those they took in."""
    if may(actor, Permission.SERVE_PERSONAL_RIGHTS):
        return select(RightsRequest)
    own = select(RightsRequest).where(RightsRequest.received_by == actor.staff_id)
    return own.where(~is_restricted(col(RightsRequest.customer_id)))


def listed(actor: Actor, *, is_open: bool, kind: RightsKind | None) -> Any:
    """Return the select of a list: what is open by its due day, what is closed by when that was."""
    wanted = seen_by(actor).where(col(RightsRequest.state).in_(OPEN_STATES) == is_open)
    if kind:
        wanted = wanted.where(RightsRequest.kind == kind)
    newest = col(RightsRequest.closed_at).desc()
    order = (col(RightsRequest.due_on), col(RightsRequest.number)) if is_open else (newest,)
    return wanted.order_by(*order)


def counts(session: Session, actor: Actor, *, at: datetime) -> tuple[int, int]:
    """Return how many requests are open, and how many of those are late."""
    open_ones = seen_by(actor).where(col(RightsRequest.state).in_(OPEN_STATES)).subquery()
    late = case((open_ones.c.due_on < clock.day_of(at), 1), else_=0)
    said = select(func.count(), func.coalesce(func.sum(late), 0)).select_from(open_ones)
    waiting, overdue = session.exec(said).one()
    return waiting, overdue


def late(session: Session, actor: Actor, *, at: datetime) -> Late | None:
    """Return what is late, to those who may do something about it; none if nothing is."""
    if not may(actor, Permission.SERVE_PERSONAL_RIGHTS):
        return None
    today = clock.day_of(at)
    overdue = col(RightsRequest.state).in_(OPEN_STATES), col(RightsRequest.due_on) < today
    said = select(func.count(), func.min(col(RightsRequest.due_on))).where(*overdue)
    count, oldest = session.exec(said).one()
    return Late(count, -working_days.left_until(session, today, [oldest])[oldest]) if count else None


def lines(session: Session, requests: Sequence[RightsRequest], *, at: datetime) -> list[RequestLine]:
    names = _names(session, [request.customer_id for request in requests])
    left = working_days.left_until(session, clock.day_of(at), [request.due_on for request in requests])
    return [
        RequestLine(
            request,
            RightsKind(request.kind),
            RightsState(request.state),
            names[request.customer_id],
            left[request.due_on] if request.state in OPEN_STATES else None,
        )
        for request in requests
    ]


def seen(session: Session, number: int, *, actor: Actor) -> RightsRequest:
    """
    :raises NoSuchRequest: if there is none of that number that this person may see
    """
    found: RightsRequest | None = session.exec(seen_by(actor).where(RightsRequest.number == number)).first()
    if found is None:
        raise NoSuchRequest
    return found


def possible(request: RightsRequest) -> frozenset[RightsState]:
    return moves_from(RightsKind(request.kind), RightsState(request.state))


def find_people(session: Session, text: str, *, actor: Actor, at: datetime) -> list[PersonLine]:
    """Return who has this number now, this certificate, or this customer key; exactly, never by a part."""
    said = half_width(text).replace(" ", "").strip()
    if not said:
        return []
    certificate = plain_certificate(said.replace("-", ""))
    named = [
        col(Customer.certificate_hash).in_(sealing.hashes_of(certificate, CERTIFICATE)),
        col(Customer.key) == said,
    ]
    if number := plain_number(said):
        named.append(col(Customer.id).in_(_holding(at).where(SubscriptionNumber.number == number)))
    wanted = select(Customer).where(or_(*named))
    if not may(actor, Permission.SERVE_PERSONAL_RIGHTS):
        wanted = wanted.where(~is_restricted(col(Customer.id)))
    found = session.exec(wanted.order_by(col(Customer.id)).limit(MOST_FOUND)).all()
    return people(session, found, at=at)


def person(session: Session, customer_id: int, *, actor: Actor, at: datetime) -> PersonLine:
    """
    :raises NoSuchCustomer: if there is none of that number that this person may see
    """
    wanted = select(Customer).where(Customer.id == customer_id)
    if not may(actor, Permission.SERVE_PERSONAL_RIGHTS):
        wanted = wanted.where(~is_restricted(col(Customer.id)))
    found = session.exec(wanted).all()
    if not found:
        raise NoSuchCustomer
    return people(session, found, at=at)[0]


def people(session: Session, customers: Sequence[Customer], *, at: datetime) -> list[PersonLine]:
    ids = [customer.id for customer in customers if customer.id is not None]
    hidden = restricted_among(session, ids)
    numbers = _numbers(session, ids, at)
    return [
        PersonLine(
            customer.id or 0,
            customer.key,
            customer.name,
            CustomerKind(customer.kind),
            tuple(map(masked_phone, numbers.get(customer.id or 0, {}).values())),
            customer.id in hidden,
        )
        for customer in customers
    ]


def numbers_of(session: Session, customer_id: int, *, at: datetime) -> dict[int, str]:
    """Return the numbers that a customer has now, by their rows: a page names the row, never the number."""
    return _numbers(session, [customer_id], at).get(customer_id, {})


def _numbers(session: Session, customer_ids: Sequence[int], at: datetime) -> dict[int, dict[int, str]]:
    of_number = (col(SubscriptionNumber.id), col(SubscriptionNumber.number))
    having = _holding(at, *of_number).where(col(Subscription.customer_id).in_(customer_ids))
    found: dict[int, dict[int, str]] = {}
    for customer_id, row_id, number in session.exec(having.order_by(col(SubscriptionNumber.id))):
        found.setdefault(customer_id, {})[row_id] = number
    return found


def _holding(at: datetime, *more: Any) -> Any:
    """Return the select of customers with a number at that moment."""
    until = col(SubscriptionNumber.valid_until)
    return (
        select(Subscription.customer_id, *more)
        .join(SubscriptionNumber, col(SubscriptionNumber.subscription_id) == col(Subscription.id))
        .where(
            col(SubscriptionNumber.valid_from) <= at,
            or_(until.is_(None), until > at),
            col(SubscriptionNumber.gone_at).is_(None),
            col(SubscriptionNumber.number) != "",
        )
    )


def _names(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    wanted = select(Customer.id, Customer.name).where(col(Customer.id).in_(customer_ids))
    return {customer_id: name for customer_id, name in session.exec(wanted) if customer_id is not None}
