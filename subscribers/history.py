"""What happened to somebody under all their customer numbers: bills, payments, months, telephone numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from subscribers.masking import masked_phone
from subscribers.models import (
    Account,
    Bill,
    MonthlyFact,
    Payment,
    Subscription,
    SubscriptionNumber,
)

MONTHS = 24
PAYMENTS = 24
NUMBERS = 50
SUBSCRIPTIONS = 12


@dataclass(frozen=True)
class BillLine:
    month: int
    subscription: str
    total: int
    items: tuple[tuple[str, int], ...]
    paid_on: date | None


@dataclass(frozen=True)
class PaymentLine:
    paid_at: datetime
    amount: int
    channel: str


@dataclass(frozen=True)
class NumberLine:
    """A number that was theirs, masked."""

    number: str
    subscription: str
    origin: str
    valid_from: datetime
    valid_until: datetime | None


def bills(session: Session, people: Sequence[int]) -> list[BillLine]:
    """Return the newest first."""
    rows = session.exec(
        select(Bill, Subscription.name)
        .join(Subscription, col(Subscription.id) == Bill.subscription_id)
        .where(col(Subscription.customer_id).in_(people), col(Bill.gone_at).is_(None))
        .order_by(col(Bill.month).desc(), col(Bill.id))
        .limit(MONTHS)
    )
    return [BillLine(bill.month, name, bill.total, items_of(bill.items), bill.paid_on) for bill, name in rows]


def items_of(written: str) -> tuple[tuple[str, int], ...]:
    """Return the lines of a bill; what is not a line of `名称=分` is left out."""
    parts = (part.rpartition("=") for part in written.split(";"))
    return tuple((name, int(cents)) for name, _, cents in parts if name and cents.lstrip("-").isdecimal())


def payments(session: Session, people: Sequence[int]) -> list[PaymentLine]:
    rows = session.exec(
        select(Payment)
        .join(Account, col(Account.id) == Payment.account_id)
        .where(col(Account.customer_id).in_(people), col(Payment.gone_at).is_(None))
        .order_by(col(Payment.paid_at).desc())
        .limit(PAYMENTS)
    )
    return [PaymentLine(row.paid_at, row.amount, row.channel) for row in rows]


def numbers(session: Session, people: Sequence[int]) -> list[NumberLine]:
    rows = session.exec(
        select(SubscriptionNumber, Subscription.name)
        .join(Subscription, col(Subscription.id) == SubscriptionNumber.subscription_id)
        .where(col(Subscription.customer_id).in_(people))
        .order_by(col(SubscriptionNumber.valid_from).desc(), col(SubscriptionNumber.id))
        .limit(NUMBERS)
    )
    return [
        NumberLine(masked_phone(row.number), name, row.origin, row.valid_from, row.valid_until)
        for row, name in rows
    ]


@dataclass(frozen=True)
class FactLine:
    """What a month said of a subscription; amounts in cents a month."""

    subscription: str
    month: int
    arpu: tuple[int, int, int]
    arrears_days: int
    complaints: int


def facts(session: Session, people: Sequence[int]) -> list[FactLine]:
    """Return of the newest month that was reckoned what it says of each subscription."""
    theirs = select(Subscription.id).where(
        col(Subscription.customer_id).in_(people), col(Subscription.gone_at).is_(None)
    )
    of_theirs = col(MonthlyFact.subscription_id).in_(theirs)
    newest = select(func.max(MonthlyFact.month)).where(of_theirs).scalar_subquery()
    rows = session.exec(
        select(MonthlyFact, Subscription.name)
        .join(Subscription, col(Subscription.id) == MonthlyFact.subscription_id)
        .where(of_theirs, MonthlyFact.month == newest)
        .order_by(col(MonthlyFact.subscription_id))
        .limit(SUBSCRIPTIONS)
    )
    return [
        FactLine(name, row.month, (row.arpu_3, row.arpu_6, row.arpu_12), row.arrears_days, row.complaints)
        for row, name in rows
    ]
