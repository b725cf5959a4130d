"""The shortest valid thing of each sort."""

from datetime import datetime, timedelta
from typing import Any

from core import database, jobs
from core.identity import SYSTEM, Actor, Role
from core.scope import Brand, Channel, Product, Region, Tier
from kb import publishing, writing
from kb.forms import ArticleDraft
from kb.models import ArticleVersion
from search.pinyin import initials, sound
from subscribers.models import Account, Copied, Customer, Subscription, SubscriptionNumber, id_of
from tests.conftest import MONDAY_MORNING

LIBRARIAN = Actor(SYSTEM.staff_id, "馆员", roles=frozenset({Role.EDITOR, Role.ADMIN}))


def make_draft(title: str = "宽带移机", **content: Any) -> ArticleDraft:
    return ArticleDraft(title=title, **content)


def make_article(
    title: str = "宽带移机", *, at: datetime = MONDAY_MORNING, published: bool = True, **content: Any
) -> ArticleVersion:
    with database.unit_of_work() as session:
        version = writing.start_article(session, make_draft(title, **content), actor=LIBRARIAN, at=at)
        if published:
            publishing.publish(session, version, actor=LIBRARIAN, at=at)
        return version


def make_indexed(title: str = "宽带移机", *, at: datetime = MONDAY_MORNING, **content: Any) -> ArticleVersion:
    version = make_article(title, at=at, **content)
    jobs.run_all_due(at)
    return version


def make_scopes() -> None:
    """Two provinces with a city each, and one of everything else."""
    with database.unit_of_work() as session:
        session.add_all([Region(code="330000", name="浙江"), Region(code="510000", name="四川")])
        session.flush()
        session.add_all(
            [
                Region(code="330100", name="杭州", parent_code="330000"),
                Brand(code="changxiang", name="畅享"),
                Product(code="broadband", name="家庭宽带"),
                Channel(code="hotline", name="热线"),
                Tier(code="gold", name="金卡"),
                Tier(code="diamond", name="钻石"),
            ]
        )


def make_subscriber(
    number: str = "13800006207", name: str = "陈婉清", *, at: datetime = MONDAY_MORNING, **customer: Any
) -> Subscription:
    """A customer with one account and one subscription that has had this number for a year."""
    said = {"key": f"C{number}", "source": "crm", "region": "330100"} | customer
    with database.unit_of_work() as session:
        person = Customer(name=name, name_sound=sound(name), name_initials=initials(name), **said)
        session.add(person)
        session.flush()
        account = Account(key=f"A{number}", source="billing", customer_id=id_of(person), pay_kind="后付")
        session.add(account)
        session.flush()
        subscription = Subscription(
            key=f"S{number}",
            source="crm",
            customer_id=id_of(person),
            account_id=id_of(account),
            name="移动电话",
            region=person.region,
            opened_on=(at - timedelta(days=365)).date(),
        )
        session.add(subscription)
        session.flush()
        session.add(
            SubscriptionNumber(
                key=f"N{number}",
                source="crm",
                subscription_id=id_of(subscription),
                number=number,
                middle=number[3:],
                backwards=number[::-1],
                valid_from=at - timedelta(days=365),
            )
        )
        return subscription


def give(subscription: Subscription, *rows: Copied) -> None:
    """Put rows beside the subscription: products, bills, events, another number."""
    with database.unit_of_work() as session:
        for row in rows:
            row.subscription_id = subscription.id  # type: ignore[attr-defined]
            row.source = row.source or "crm"
            session.add(row)
