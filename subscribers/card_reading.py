"""The rows of a card: a few statements, most put together once, since a ringing telephone waits for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select
from sqlmodel import Session, col

from core.clock import day_of
from subscribers.correcting.overlaying import Effective, laid_over, open_corrections
from subscribers.correcting.rules import rules_of, weights
from subscribers.joining import everyone
from subscribers.lookup import held_at
from subscribers.models import (
    Account,
    Bill,
    Customer,
    Product,
    ServiceEvent,
    Status,
    Subscription,
    SubscriptionNumber,
)
from subscribers.restrictions import is_restricted

MOST_SUBSCRIPTIONS = 12  # a company has thousands: the first are on the card, and how many there are
MOST_NUMBERS = 60
MOST_PRODUCTS = 60
MOST_CONTACTS = 5


@dataclass(frozen=True)
class CardRows:
    """`seen` is what people see of the customer's fields, `weights` how much each counts towards
    completeness; `month` is the newest that has a bill, or 0."""

    people: Sequence[int]
    customer: Customer
    seen: Mapping[str, Effective]
    weights: Mapping[str, int]
    accounts: Sequence[Account]
    subscriptions: Sequence[Subscription]
    subscription_count: int
    numbers: Sequence[SubscriptionNumber]
    products: Sequence[Product]
    events: Sequence[Any]
    event_count: int
    month: int
    month_total: int


def read(session: Session, customer_id: int, *, line: int | None, at: datetime) -> CardRows | None:
    """Return them under the name that is kept, with those of every customer who is the same person."""
    people = everyone(session, customer_id)
    customer = session.execute(_customer(), {"customer": people[0]}).scalar() if people else None
    if customer is None:
        return None
    asked: dict[str, Any] = {"people": people, "line": line, "at": at, "day": day_of(at)}
    counted = session.execute(_subscriptions(), asked).all()
    subscriptions = [row.Subscription for row in counted]
    asked["ids"] = [one.id for one in subscriptions]
    asked["paying"] = [one.account_id for one in subscriptions if one.account_id]
    events = session.execute(_events(), asked).all()
    bill = session.execute(_month(), asked).first()
    rules = rules_of(session)
    corrections = open_corrections(session, "customer", people[:1])
    return CardRows(
        people=people,
        customer=customer,
        seen=laid_over("customer", [customer], corrections, rules)[people[0]],
        weights=weights(rules),
        accounts=session.execute(_accounts(), asked).scalars().all(),
        subscriptions=subscriptions,
        subscription_count=counted[0].all_of_them if counted else 0,
        numbers=session.execute(_numbers(), asked).scalars().all(),
        products=session.execute(_products(), asked).scalars().all(),
        events=events,
        event_count=events[0].all_of_them if events else 0,
        month=bill.month if bill else 0,
        month_total=bill.total if bill else 0,
    )


@cache
def _customer() -> Any:
    return select(Customer).where(col(Customer.id) == bindparam("customer"), ~is_restricted(col(Customer.id)))


@cache
def _subscriptions() -> Any:
    """The line that this is about first, then those in use, the oldest before the newer.

    They are put in order by what the index has; whole rows are read of those alone that are shown.
    """
    first = case((col(Subscription.id) == bindparam("line"), 0), else_=1)
    gone = case((col(Subscription.status) == Status.GONE, 1), else_=0)
    order = (first, gone, col(Subscription.opened_on), col(Subscription.id))
    theirs = (col(Subscription.customer_id).in_(_people()), col(Subscription.gone_at).is_(None))
    shown = select(col(Subscription.id)).where(*theirs).order_by(*order).limit(MOST_SUBSCRIPTIONS)
    how_many = select(func.count()).select_from(Subscription).where(*theirs).scalar_subquery()
    return (
        select(Subscription, how_many.label("all_of_them"))
        .where(col(Subscription.id).in_(shown.scalar_subquery()))
        .order_by(*order)
    )


@cache
def _accounts() -> Any:
    """Those of the customer, and whoever pays for one of the subscriptions."""
    paying: Any = bindparam("paying", expanding=True)
    return (
        select(Account)
        .where(
            or_(col(Account.customer_id).in_(_people()), col(Account.id).in_(paying)),
            col(Account.gone_at).is_(None),
        )
        .order_by(col(Account.id))
        .limit(MOST_SUBSCRIPTIONS)
    )


@cache
def _numbers() -> Any:
    return (
        select(SubscriptionNumber)
        .where(col(SubscriptionNumber.subscription_id).in_(_ids()), held_at(bindparam("at")))
        .order_by(col(SubscriptionNumber.id))
        .limit(MOST_NUMBERS)
    )


@cache
def _products() -> Any:
    """What holds today, the dearest first."""
    ends, begins = col(Product.ends_on), col(Product.starts_on)
    day: Any = bindparam("day")
    return (
        select(Product)
        .where(
            col(Product.subscription_id).in_(_ids()),
            col(Product.gone_at).is_(None),
            or_(ends.is_(None), ends >= day),
            or_(begins.is_(None), begins <= day),
        )
        .order_by(col(Product.fee).desc(), col(Product.id))
        .limit(MOST_PRODUCTS)
    )


@cache
def _events() -> Any:
    return (
        select(
            col(ServiceEvent.at),
            col(ServiceEvent.kind),
            col(ServiceEvent.title),
            col(ServiceEvent.channel),
            col(ServiceEvent.handler),
            func.count().over().label("all_of_them"),
        )
        .where(
            col(ServiceEvent.subscription_id).in_(_ids()),
            col(ServiceEvent.gone_at).is_(None),
            col(ServiceEvent.at) <= bindparam("at"),
        )
        .order_by(col(ServiceEvent.at).desc(), col(ServiceEvent.id).desc())
        .limit(MOST_CONTACTS)
    )


@cache
def _month() -> Any:
    return (
        select(col(Bill.month), func.sum(col(Bill.total)).label("total"))
        .where(col(Bill.subscription_id).in_(_ids()), col(Bill.gone_at).is_(None))
        .group_by(col(Bill.month))
        .order_by(col(Bill.month).desc())
        .limit(1)
    )


def _people() -> Any:
    return bindparam("people", expanding=True)


def _ids() -> Any:
    return bindparam("ids", expanding=True)
