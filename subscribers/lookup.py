"""Who is calling, and who is meant: customers by a number at a moment, or by whatever is known of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session, col

from subscribers.correcting.models import Correction
from subscribers.joining import kept_ones
from subscribers.masking import masked_phone
from subscribers.models import Customer, CustomerKind, Status, Subscription, SubscriptionNumber
from subscribers.restrictions import is_restricted
from subscribers.spelling import plain_number
from subscribers.ways import Way, ways

MOST_OWNERS = 8
MOST_FOUND = 20
MOST_NUMBERS = 10  # of one customer in a list
MOST_READ = 200  # of one way: a name may be that of thousands


@dataclass(frozen=True)
class Owner:
    """Somebody a number belongs to. Without a subscription it is only where the customer can be reached."""

    customer_id: int
    name: str
    kind: CustomerKind
    region: str
    subscription_id: int | None = None


@dataclass(frozen=True)
class FoundCustomer:
    """One row of a list; numbers are masked, and `why` says by what it was found.

    `contact` is the number at which they can be reached, if it was that which was typed.
    """

    customer_id: int
    name: str
    kind: CustomerKind
    region: str
    numbers: tuple[str, ...]
    is_gone: bool
    why: Way
    contact: str = ""


def owners_of(session: Session, number: str, *, at: datetime) -> tuple[Owner, ...]:
    """Return whose number it was at that moment, the likeliest first, then who can be reached at it.

    If that is nobody, it is whoever an agent heard can be reached at it, before the source knows.
    A number outlives its owners: what somebody had before is not his any more, and what was taken away
    counts only while nobody else has it. Customers who are one person count once.
    """
    asked = {"number": plain_number(number), "at": at}
    if not asked["number"]:
        return ()
    held = session.execute(_holders(), asked).all()
    living = [row for row in held if row.status != Status.GONE] or held
    reached = session.execute(_reached(), asked).all()
    if not held and not reached:
        reached = session.execute(_heard_of(), asked).all()
    owners = tuple(_owner(row) for row in (*living, *reached))[: 2 * MOST_OWNERS]
    kept = kept_ones(session, {one.customer_id for one in owners}) if len(owners) > 1 else {}
    return tuple(_once(owners, kept))[:MOST_OWNERS]


def _owner(row: Any) -> Owner:
    return Owner(row.id, row.name, CustomerKind(row.kind), row.region, row.subscription_id)


def _once(owners: Iterable[Owner], kept: Mapping[int, int]) -> Iterable[Owner]:
    first: dict[int, Owner] = {}
    for owner in owners:
        first.setdefault(kept.get(owner.customer_id, owner.customer_id), owner)
    return first.values()


@cache
def _holders() -> Any:
    """Put together once, as all of this: a ringing telephone waits for it."""
    at: Any = bindparam("at")
    return (
        _owners(col(Subscription.id).label("subscription_id"), col(Subscription.status))
        .select_from(SubscriptionNumber)
        .join(Subscription, col(Subscription.id) == SubscriptionNumber.subscription_id)
        .join(Customer, col(Customer.id) == Subscription.customer_id)
        .where(col(SubscriptionNumber.number) == bindparam("number"), held_at(at))
        .order_by(col(SubscriptionNumber.valid_from).desc())
        .limit(MOST_OWNERS)
    )


@cache
def _reached() -> Any:
    return _reachable().where(col(Customer.phone) == bindparam("number"))


@cache
def _heard_of() -> Any:
    heard = (col(Correction.entity) == "customer") & (col(Correction.field) == "phone")
    of_them = heard & (col(Correction.customer_id) == col(Customer.id))
    return (
        _reachable()
        .join(Correction, of_them)
        .where(col(Correction.is_open), col(Correction.proposed) == bindparam("number"))
    )


def _reachable() -> Any:
    """Return the select of customers without a subscription of theirs."""
    nothing = select(col(Subscription.id)).where(col(Subscription.id).is_(None)).scalar_subquery()
    living = _owners(nothing.label("subscription_id")).where(col(Customer.gone_at).is_(None))
    return living.order_by(col(Customer.id)).limit(MOST_OWNERS)


def _owners(*more: Any) -> Any:
    """Return the select of customers who may be seen: those whose data is restricted are nobody here."""
    seen = (Customer.id, Customer.name, Customer.kind, Customer.region)
    return select(*map(col, seen), *more).where(~is_restricted(col(Customer.id)))


def held_at(at: Any) -> Any:
    """Return the condition that a number was somebody's at that moment."""
    ends = col(SubscriptionNumber.valid_until)
    return (
        (col(SubscriptionNumber.valid_from) <= at)
        & or_(ends.is_(None), ends > at)
        & col(SubscriptionNumber.gone_at).is_(None)
    )


def find(session: Session, text: str, *, at: datetime) -> tuple[FoundCustomer, ...]:
    """Return the customers who may be meant, those found in the most certain way first."""
    dialect = session.get_bind().dialect.name
    meant: dict[int, Way] = {}
    for way, statement, asked in ways(text, dialect):
        if len(meant) >= MOST_FOUND or (meant and way.is_last_resort):
            break
        (whose,) = statement.selected_columns
        shown = statement.where(~is_restricted(whose)).limit(MOST_READ)  # hidden ones take nobody's place
        ids = session.execute(shown, asked).scalars()
        for customer_id in sorted(set(ids))[:MOST_FOUND]:
            meant.setdefault(customer_id, way)
    return _rows(session, meant, at)[:MOST_FOUND]


def _rows(session: Session, meant: Mapping[int, Way], at: datetime) -> tuple[FoundCustomer, ...]:
    """Return a row for each person, under the name that is kept, with the numbers of all who were meant."""
    if not meant:
        return ()
    kept = kept_ones(session, meant)
    ids = sorted(meant.keys() | kept.values())
    customers = {row.id: row for row in session.execute(_named(), {"ids": ids})}
    numbers = _numbers(session, ids, at)
    people: dict[int, list[Any]] = {}
    for customer_id in ids:
        if customer_id in customers:
            people.setdefault(kept.get(customer_id, customer_id), []).append(customers[customer_id])
    rows = [_found(customers.get(name, same[0]), same, meant, numbers) for name, same in people.items()]
    order = list(Way)
    return tuple(sorted(rows, key=lambda row: (order.index(row.why), row.is_gone, row.customer_id)))


def _found(
    named: Any, same: Sequence[Any], meant: Mapping[int, Way], numbers: Mapping[int, list[str]]
) -> FoundCustomer:
    by_way = {meant[one.id]: one for one in reversed(same) if one.id in meant}
    why = min(by_way, key=list(Way).index)
    return FoundCustomer(
        named.id,
        named.name,
        CustomerKind(named.kind),
        named.region,
        tuple(dict.fromkeys(number for one in same for number in numbers.get(one.id, ()))),
        all(one.gone_at is not None for one in same),
        why,
        masked_phone(by_way[why].phone) if why.is_contact else "",
    )


@cache
def _named() -> Any:
    return _owners(col(Customer.gone_at), col(Customer.phone)).where(
        col(Customer.id).in_(bindparam("ids", expanding=True))
    )


def _numbers(session: Session, customer_ids: Sequence[int], at: datetime) -> dict[int, list[str]]:
    """Return the numbers of each, masked, a few of them: a company may have ten thousand.

    They are read together; one by one only if somebody has so many that the others might come too short.
    """
    rows = _first_numbers(session, customer_ids, MOST_NUMBERS * MOST_FOUND, at)
    if len(rows) == MOST_NUMBERS * MOST_FOUND:
        rows = [row for one in customer_ids for row in _first_numbers(session, [one], MOST_NUMBERS, at)]
    found: dict[int, list[str]] = {}
    for customer_id, number in rows:
        found.setdefault(customer_id, []).append(masked_phone(number))
    return {customer_id: numbers[:MOST_NUMBERS] for customer_id, numbers in found.items()}


def _first_numbers(session: Session, ids: Sequence[int], most: int, at: datetime) -> Sequence[Any]:
    return session.execute(_numbers_of(), {"ids": ids, "most": most, "at": at}).all()


@cache
def _numbers_of() -> Any:
    return (
        select(col(Subscription.customer_id), col(SubscriptionNumber.number))
        .join(SubscriptionNumber, col(SubscriptionNumber.subscription_id) == Subscription.id)
        .where(col(Subscription.customer_id).in_(bindparam("ids", expanding=True)), held_at(bindparam("at")))
        .order_by(col(Subscription.id))
        .limit(bindparam("most"))
    )
