"""What happened to a customer, page by page: bills, payments, events, and every number they ever had."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from subscribers.masking import masked_phone
from subscribers.models import (
    Account,
    Bill,
    Payment,
    ServiceEvent,
    Subscription,
    SubscriptionNumber,
)

MONTHS = 24
PAYMENTS = 24
NUMBERS = 50


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


def bills(session: Session, customer_id: int) -> list[BillLine]:
    """Return the newest first."""
    rows = session.exec(
        select(Bill, Subscription.name)
        .join(Subscription, col(Subscription.id) == Bill.subscription_id)
        .where(Subscription.customer_id == customer_id, col(Bill.gone_at).is_(None))
        .order_by(col(Bill.month).desc(), col(Bill.id))
        .limit(MONTHS)
    )
    return [BillLine(bill.month, name, bill.total, items_of(bill.items), bill.paid_on) for bill, name in rows]


def items_of(written: str) -> tuple[tuple[str, int], ...]:
    """Return the lines of a bill; what is not a line of `名称=分` is left out."""
    parts = (part.rpartition("=") for part in written.split(";"))
    return tuple((name, int(cents)) for name, _, cents in parts if name and cents.lstrip("-").isdecimal())


def payments(session: Session, customer_id: int) -> list[PaymentLine]:
    rows = session.exec(
        select(Payment)
        .join(Account, col(Account.id) == Payment.account_id)
        .where(Account.customer_id == customer_id, col(Payment.gone_at).is_(None))
        .order_by(col(Payment.paid_at).desc())
        .limit(PAYMENTS)
    )
    return [PaymentLine(row.paid_at, row.amount, row.channel) for row in rows]


def numbers(session: Session, customer_id: int) -> list[NumberLine]:
    rows = session.exec(
        select(SubscriptionNumber, Subscription.name)
        .join(Subscription, col(Subscription.id) == SubscriptionNumber.subscription_id)
        .where(Subscription.customer_id == customer_id)
        .order_by(col(SubscriptionNumber.valid_from).desc(), col(SubscriptionNumber.id))
        .limit(NUMBERS)
    )
    return [
        NumberLine(masked_phone(row.number), name, row.origin, row.valid_from, row.valid_until)
        for row, name in rows
    ]


def events(customer_id: int) -> Any:
    """Return the select of what happened, the newest first, for `paging.page_of`."""
    return (
        select(ServiceEvent)
        .join(Subscription, col(Subscription.id) == ServiceEvent.subscription_id)
        .where(Subscription.customer_id == customer_id, col(ServiceEvent.gone_at).is_(None))
        .order_by(col(ServiceEvent.at).desc(), col(ServiceEvent.id).desc())
    )
