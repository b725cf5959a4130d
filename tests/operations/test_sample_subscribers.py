"""The sample centre knows who calls."""

from pathlib import Path

from sqlmodel import col, func, select

from core import database, sealing
from operations.sample_centre import subscribers
from subscribers.models import Account, Bill, Customer, Subscription, SubscriptionNumber
from tests.conftest import MONDAY_MORNING


def test_a_caller_written_by_hand_is_known_by_their_number(each_database: str) -> None:
    subscribers.load(MONDAY_MORNING)

    with database.reading() as session:
        found = session.exec(
            select(Customer, Account)
            .join(Subscription, col(Subscription.customer_id) == Customer.id)
            .join(SubscriptionNumber, col(SubscriptionNumber.subscription_id) == Subscription.id)
            .join(Account, col(Account.id) == Subscription.account_id)
            .where(SubscriptionNumber.number == "13800006207")
        ).one()
        bills = session.exec(select(func.count()).select_from(Bill)).one()

    customer, account = found
    assert (customer.name, customer.name_initials, account.balance) == ("陈婉清", "cwq", 8640)
    assert sealing.unseal(customer.certificate_sealed, "certificate") == "330106198503164223"
    assert bills > 4000


def test_loading_again_adds_nobody(centre: Path) -> None:
    first, second = subscribers.load(MONDAY_MORNING), subscribers.load(MONDAY_MORNING)

    with database.reading() as session:
        assert (first, second) == (session.exec(select(func.count()).select_from(Customer)).one(), 0)
