"""What is kept how long: copied rows, closed customers and requests. Of a restricted person nothing goes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, delete, select

from core import clock
from core.identity import SYSTEM
from subscribers.correcting.models import Correction, CorrectionStep
from subscribers.entities import ENTITIES
from subscribers.models import (
    Account,
    Bill,
    Customer,
    MonthlyFact,
    Payment,
    Product,
    ServiceEvent,
    Status,
    Subscription,
    SubscriptionNumber,
)
from subscribers.restrictions import Restriction, is_restricted
from subscribers.rights import erasing
from subscribers.rights.holdings import belongs, subscriptions_of
from subscribers.rights.models import OPEN_STATES, PersonFile, RightsRequest, RightsStep
from subscribers.rights.retention import Kept


def _not_held(name: str) -> ColumnElement[bool]:
    """Return the condition, over an entity's table, that no restriction asks to keep the row as it is."""
    return ~belongs(ENTITIES[name], held())


def held() -> Any:
    """Return the select of customers whose rows a restriction asks to keep as they are."""
    return select(Restriction.customer_id).where(
        col(Restriction.lifted_at).is_(None), col(Restriction.is_final).is_(False)
    )


def month_of(moment: datetime) -> int:
    day = clock.day_of(moment)
    return day.year * 100 + day.month


def _bills(before: datetime) -> ColumnElement[bool]:
    return (col(Bill.month) < month_of(before)) & _not_held("bill")


def _payments(before: datetime) -> ColumnElement[bool]:
    return (col(Payment.paid_at) < before) & _not_held("payment")


def _events(before: datetime) -> ColumnElement[bool]:
    return (col(ServiceEvent.at) < before) & _not_held("event")


def _products(before: datetime) -> ColumnElement[bool]:
    return (col(Product.ends_on) < clock.day_of(before)) & _not_held("product")


def _numbers(before: datetime) -> ColumnElement[bool]:
    return (col(SubscriptionNumber.valid_until) < before) & _not_held("number")


def _facts(before: datetime) -> ColumnElement[bool]:
    theirs = subscriptions_of(held())
    return (col(MonthlyFact.month) < month_of(before)) & col(MonthlyFact.subscription_id).not_in(theirs)


def _customers(before: datetime) -> ColumnElement[bool]:
    """Everything that they had was closed before; no money is open, and nobody is asking about them."""
    theirs = col(Subscription.customer_id) == col(Customer.id)
    ended = _last_end(clock.day_of(before))
    money = (col(Account.arrears) != 0) | (col(Account.balance) != 0)
    asking = col(RightsRequest.state).in_(OPEN_STATES)
    return (
        exists(select(Subscription.id).where(theirs))
        & ~exists(select(Subscription.id).where(theirs, ~ended))
        & ~exists(select(Account.id).where(col(Account.customer_id) == col(Customer.id), money))
        & ~exists(select(RightsRequest.id).where(col(RightsRequest.customer_id) == col(Customer.id), asking))
        & ~is_restricted(col(Customer.id))
    )


def _last_end(before: date) -> ColumnElement[bool]:
    ended_on = func.coalesce(col(Subscription.closed_on), col(Subscription.status_since), date.max)
    return (col(Subscription.status) == Status.GONE) & (ended_on < before)


def _erase(session: Session, keys: Sequence[Any], _old: ColumnElement[bool], at: datetime) -> int:
    erasing.erase_closed(session, keys, actor=SYSTEM, at=at)
    return len(keys)


def _requests(before: datetime) -> ColumnElement[bool]:
    return col(RightsRequest.closed_at) < before


def _remove_requests(session: Session, keys: Sequence[Any], _old: ColumnElement[bool], _at: datetime) -> int:
    for table in (RightsStep, PersonFile):
        session.exec(delete(table).where(col(table.request_id).in_(keys)))
    session.exec(delete(RightsRequest).where(col(RightsRequest.id).in_(keys)))
    return len(keys)


def _corrections(before: datetime) -> ColumnElement[bool]:
    """What a merge of two customers laid over stays as long as the merge may be taken back."""
    over = col(Correction.is_open).is_(False) & (col(Correction.state_since) < before)
    return over & col(Correction.merge_id).is_(None) & col(Correction.customer_id).not_in(held())


def _remove_corrections(
    session: Session, keys: Sequence[Any], _old: ColumnElement[bool], _at: datetime
) -> int:
    session.exec(delete(CorrectionStep).where(col(CorrectionStep.correction_id).in_(keys)))
    session.exec(delete(Correction).where(col(Correction.id).in_(keys)))
    return len(keys)


# rows first, then the people they belong to: what a round counts as a bill is not counted again as a person
KEPT = (
    Kept("bill", "账单", "账期", 60, 6, col(Bill.id), _bills),
    Kept("payment", "缴费", "缴费时间", 60, 6, col(Payment.id), _payments),
    Kept("event", "异动与服务记录", "发生时间", 36, 6, col(ServiceEvent.id), _events),
    Kept("product", "已到期的产品", "到期日期", 24, 6, col(Product.id), _products),
    Kept("number", "用过的号码", "失效时间", 60, 6, col(SubscriptionNumber.id), _numbers),
    Kept("fact", "月度指标", "月份", 36, 12, col(MonthlyFact.subscription_id), _facts),
    Kept(
        "correction", "已结的更正", "了结时间", 24, 6, col(Correction.id), _corrections, _remove_corrections
    ),
    Kept("customer", "销户客户的身份资料", "最后一个业务销户", 60, 6, col(Customer.id), _customers, _erase),
    Kept("request", "办结的权利请求", "办结时间", 36, 36, col(RightsRequest.id), _requests, _remove_requests),
)
