"""One card says what is known of a customer, and nothing on it is of use to a thief."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from core import database, sealing
from core.identity import Actor
from subscribers import joining, restrictions
from subscribers.cards import NoSuchCustomer, SubscriberCard, card_of
from subscribers.correcting import rules
from subscribers.correcting.of_customer import fields_of
from subscribers.correcting.proposing import Evidence, lay
from subscribers.entities import ENTITIES, Survives
from subscribers.loading.preparing import CERTIFICATE
from subscribers.lookup import find, owners_of
from subscribers.models import (
    Bill,
    Customer,
    Product,
    ProductKind,
    ServiceEvent,
    Status,
    Subscription,
    SubscriptionNumber,
)
from subscribers.product_cards import months_between
from tests.conftest import MONDAY_MORNING
from tests.makers import give, make_subscriber

NOW = MONDAY_MORNING
TODAY = date(2026, 3, 2)


def product(name: str, **said: Any) -> Product:
    return Product(key=f"P{name}", source="crm", name=name, **said)


def card(session: Session, made: Subscription, line: Subscription | None = None) -> SubscriberCard:
    return card_of(session, made.customer_id, line=line.id if line else None, at=NOW)


@pytest.mark.usefixtures("each_database")
def test_a_card_says_what_a_customer_has_and_owes(session: Session) -> None:
    made = make_subscriber(
        birthday=date(1985, 1, 1), gender="女", phone="13800006207", address="浙江省杭州市西湖区文三路 99 号"
    )
    give(
        made,
        product("彩铃", fee=600),
        product(
            "5G 畅享融合 129 元",
            kind=ProductKind.PLAN,
            fee=12900,
            data_mb=61440,
            data_used_mb=42189,
            voice_minutes=1000,
            voice_used_minutes=312,
        ),
        product(
            "家庭宽带 500M",
            kind=ProductKind.CONTRACT,
            starts_on=date(2024, 5, 1),
            ends_on=TODAY + timedelta(days=38),
            contract_months=24,
        ),
        product("去年的包", ends_on=TODAY - timedelta(days=1)),
        product("下月的包", starts_on=TODAY + timedelta(days=1)),
        Bill(key="B1", source="billing", month=202601, total=9900),
        Bill(key="B2", source="billing", month=202602, total=12900),
        ServiceEvent(key="E1", source="crm", at=NOW - timedelta(days=2), kind="投诉", title="宽带晚间掉线"),
        ServiceEvent(key="E2", source="crm", at=NOW - timedelta(days=1), kind="咨询", title="千兆提速价格"),
    )

    seen = card(session, made)

    assert (seen.customer.name, seen.customer.age) == ("陈婉清", 41)
    assert [one.name for one in seen.products] == ["5G 畅享融合 129 元", "家庭宽带 500M", "彩铃"]
    assert [usage.text for usage in seen.products[0].usages] == ["41.2 / 60 GB", "312 / 1000 分钟"]
    assert seen.next_end
    assert (seen.next_end.days_left, seen.next_end.served) == (38, 22)
    assert seen.month
    assert (seen.month.month, seen.month.total) == (202602, 12900)
    assert [contact.title for contact in seen.contacts] == ["千兆提速价格", "宽带晚间掉线"]
    assert seen.contact_count == 2
    assert seen.main
    assert seen.main.months == 12
    assert seen.account
    assert seen.account.pay_kind == "后付"


def test_nothing_personal_is_on_the_card(session: Session) -> None:
    secrets = {
        "certificate_sealed": sealing.seal("330102198501011234", CERTIFICATE),
        "birthday": date(1985, 1, 1),
        "phone": "13800006207",
        "email": "wanqing.chen@example.com",
        "address": "浙江省杭州市西湖区文三路 99 号",
    }
    made = make_subscriber(**secrets)

    told = str(asdict(card(session, made, made)))

    assert {"3***************34", "138 **** 6207", "1985-**-**"} <= set(told.split("'"))
    for secret in ("330102198501011234", "13800006207", "01-01", "wanqing.chen", "文三路"):
        assert secret not in told.replace("C13800006207", "").replace("A1380", "").replace("S13800006207", "")


def test_a_seal_without_its_key_does_not_hide_the_rest(session: Session) -> None:
    made = make_subscriber(certificate_sealed="lost:AAAA")

    [certificate] = card(session, made).customer.personal

    assert certificate.shown == "已登记，密钥缺失，打不开"


def test_it_begins_with_the_subscription_that_calls(session: Session) -> None:
    first = make_subscriber("13800006207")
    second = another(first, "S2", "13800006208")

    assert main_key(card(session, first)) == first.key
    assert main_key(card(session, first, second)) == second.key


def test_what_is_gone_comes_last_and_its_products_are_not_shown(session: Session) -> None:
    first = make_subscriber("13800006207")
    old = another(first, "S0", "13800006209", status=Status.GONE, opened_on=date(2010, 1, 1))
    give(old, product("老套餐"))

    seen = card(session, first)

    assert [one.status for one in seen.subscriptions] == [Status.ACTIVE, Status.GONE]
    assert seen.products == ()


def test_a_company_with_many_numbers_is_read_in_as_few_statements(session: Session) -> None:
    made = make_subscriber("13800006207")
    last = [another(made, f"S{place}", f"1390000{place:04}") for place in range(30)][-1]
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    seen = card(session, made, last)
    event.remove(database.engine(), "before_cursor_execute", note)

    assert (main_key(seen), len(seen.subscriptions), seen.subscription_count) == ("S29", 12, 31)
    assert len([one for one in statements if one.startswith(("SELECT", "WITH"))]) == 10


def test_nobody_has_no_card(session: Session) -> None:
    with pytest.raises(NoSuchCustomer):
        card_of(session, 4711, at=NOW)


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2024, 5, 1), date(2026, 3, 2), 22),
        (date(2024, 5, 3), date(2026, 3, 2), 21),
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (date(2027, 1, 1), date(2026, 3, 2), 0),
        (None, date(2026, 3, 2), 0),
    ],
)
def test_months_are_whole(since: date | None, until: date, months: int) -> None:
    assert months_between(since, until) == months


def another(first: Subscription, key: str, number: str, **said: Any) -> Subscription:
    with database.unit_of_work() as session:
        row = Subscription(
            key=key,
            source="crm",
            customer_id=first.customer_id,
            name="移动电话",
            **{"opened_on": TODAY} | said,
        )
        session.add(row)
    give(
        row,
        SubscriptionNumber(key=f"N{key}", number=number, source="crm", valid_from=NOW - timedelta(days=9)),
    )
    return row


def main_key(seen: SubscriberCard) -> str:
    assert seen.main
    return seen.main.key


def test_what_an_agent_corrected_is_seen_at_once_and_marked(session: Session, agent_chen: Actor) -> None:
    made = make_subscriber(address="浙江省杭州市西湖区文三路 99 号", phone="13800006207")
    session.commit()
    with database.unit_of_work() as other:
        row = other.get_one(Customer, made.customer_id)
        address = ENTITIES["customer"].field("address")
        new = "浙江省杭州市滨江区江南大道 1 号"
        lay(other, row, address, new, Evidence.VERIFIED, actor=agent_chen, at=NOW)

    shown = {one.name: (one.shown, one.is_corrected) for one in card(session, made).customer.personal}

    assert shown["address"] == ("浙江省杭州市滨江区****", True)
    assert shown["phone"] == ("138 **** 6207", False)


def test_what_is_not_known_is_asked_for(session: Session) -> None:
    made = make_subscriber(phone="13800006207", birthday=date(1985, 1, 1))

    customer = card(session, made).customer

    assert customer.asks == ("联系地址", "电子邮箱")
    assert customer.completeness.percent == 67


def test_a_company_is_not_asked_for_its_birthday(session: Session) -> None:
    made = make_subscriber(name="星河物业有限公司", kind="group", phone="057188880001")

    customer = card(session, made).customer

    assert customer.asks == ("联系地址", "电子邮箱")
    assert fields_of(session, customer.id).completeness == customer.completeness


def test_what_a_supervisor_finds_weighty_is_asked_for(session: Session, supervisor_he: Actor) -> None:
    made = make_subscriber(phone="13800006207", birthday=date(1985, 1, 1), email="c@example.com")
    with database.unit_of_work() as other:
        rules.choose(other, "customer", "gender", Survives.FILL_EMPTY, 9, actor=supervisor_he, at=NOW)
        rules.choose(
            other, "customer", "address", Survives.AGENT_UNTIL_CONFIRMED, 0, actor=supervisor_he, at=NOW
        )

    assert card(session, made).customer.asks == ("性别",)


def test_two_customers_who_are_one_person_have_one_card(session: Session, supervisor_he: Actor) -> None:
    kept = make_subscriber("13800006207", "陈婉清")
    same = make_subscriber("13377778888", "陈婉青")
    with database.unit_of_work() as other:
        joining.merge(other, kept.customer_id, same.customer_id, actor=supervisor_he, at=NOW)

    seen = card(session, same, same)

    assert (seen.customer.name, seen.subscription_count) == ("陈婉清", 2)
    assert main_key(seen) == same.key
    assert len(seen.accounts) == 2


def test_whose_data_is_restricted_is_nobody_here(session: Session, supervisor_he: Actor) -> None:
    made = make_subscriber("13800006207", "陈婉清", phone="13800006207")
    with database.unit_of_work() as other:
        restrictions.restrict(other, made.customer_id, reason="本人要求", actor=supervisor_he, at=NOW)

    assert owners_of(session, "13800006207", at=NOW) == ()
    assert find(session, "6207", at=NOW) == ()
    with pytest.raises(restrictions.CustomerRestricted):
        card(session, made)
