"""A person with something of every sort, and a neighbour who must not be touched."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core import database, sealing
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
)
from subscribers.rights.holdings import rows_of
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber

NUMBER, NEIGHBOURS = "13800006207", "13900001111"
CERTIFICATE = "330102198501011234"
PERSONAL = {
    "birthday": date(1985, 1, 1),
    "gender": "女",
    "certificate_kind": "身份证",
    "phone": "13711112222",
    "email": "wanqing@example.com",
    "address": "杭州市西湖区文三路 1 号",
    "manager": "赵经理",
}


def make_whole(number: str = NUMBER, name: str = "陈婉清", *, closed_on: date | None = None) -> int:
    """Return the customer: five months of bills, payments and events; closed if a day is given."""
    sealed = {
        "certificate_sealed": sealing.seal(CERTIFICATE, "certificate"),
        "certificate_hash": sealing.hash_now(CERTIFICATE, "certificate"),
    }
    made = make_subscriber(number, name, **PERSONAL, **sealed)
    with database.unit_of_work() as session:
        subscription = session.exec(select(Subscription).where(Subscription.id == made.id)).one()
        if closed_on:
            subscription.status, subscription.closed_on = Status.GONE, closed_on
        account = session.exec(select(Account).where(Account.id == made.account_id)).one()
        account.name = f"{name}的账户"
        session.add_all([subscription, account, *_happened(made, number)])
    return made.customer_id


def _happened(made: Subscription, number: str, *, at: datetime = MONDAY_MORNING) -> list[Any]:
    mine = {"subscription_id": made.id, "source": "crm"}
    rows: list[Any] = [
        Product(key=f"P{number}", name="畅享 129", kind="plan", fee=12900, **mine),
        MonthlyFact(subscription_id=made.id, month=202602, arpu_3=12900),
    ]
    for back in range(5):
        when = at - timedelta(days=30 * back)
        month = when.year * 100 + when.month
        rows += [
            Bill(key=f"B{number}{back}", month=month, total=12900, items="月租=12900", **mine),
            Payment(
                key=f"Y{number}{back}", source="billing", account_id=made.account_id, paid_at=when, amount=9
            ),
            ServiceEvent(key=f"E{number}{back}", at=when, kind="投诉", title=f"{number} 信号差", **mine),
        ]
    return rows


def everything(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row of a person, to compare before and after."""
    session.expire_all()
    return {
        name: [row.model_dump() for row in session.exec(rows_of(entity, [customer_id]))]
        for name, entity in ENTITIES.items()
    }


def customer_of(session: Session, customer_id: int) -> Customer:
    return session.exec(select(Customer).where(col(Customer.id) == customer_id)).one()
