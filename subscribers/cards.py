"""What is known of a customer, on one card: everything personal is masked, and a few statements read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from core import sealing
from core.clock import day_of
from core.errors import NotFound
from subscribers.card_reading import CardRows, read
from subscribers.completeness import Completeness, completeness
from subscribers.correcting.overlaying import Overlay
from subscribers.entities import ENTITIES
from subscribers.loading.preparing import CERTIFICATE
from subscribers.masking import masked_certificate, masked_field, masked_phone
from subscribers.models import Account, Customer, CustomerKind, Status, Subscription, id_of
from subscribers.product_cards import ProductCard, by_weight, months_between, product_cards
from subscribers.restrictions import require_shown


class NoSuchCustomer(NotFound):
    message = "没有这位客户的资料，可能已按规定删除。请按号码或姓名重新查找。"


@dataclass(frozen=True)
class PersonalField:
    """One thing about somebody that is masked until it is revealed; `row_id` says of which row.

    `is_corrected`: an agent said it, and the source has not confirmed it yet.
    """

    entity: str
    name: str
    label: str
    row_id: int
    shown: str
    is_corrected: bool = False


@dataclass(frozen=True)
class CustomerCard:
    id: int
    key: str
    name: str
    kind: CustomerKind
    gender: str
    age: int | None
    region: str
    manager: str
    certificate_kind: str
    personal: tuple[PersonalField, ...]
    is_gone: bool
    completeness: Completeness

    @property
    def asks(self) -> tuple[str, ...]:
        """Return the names of what to ask the caller for."""
        return tuple(ENTITIES["customer"].field(name).label for name in self.completeness.asks)


@dataclass(frozen=True)
class NumberCard:
    personal: PersonalField
    origin: str
    valid_from: datetime


@dataclass(frozen=True)
class SubscriptionCard:
    id: int
    key: str
    account_id: int | None
    name: str
    product: str
    brand: str
    region: str
    status: Status
    status_since: date | None
    opened_on: date | None
    months: int
    numbers: tuple[NumberCard, ...]
    products: tuple[ProductCard, ...]

    @property
    def is_in_use(self) -> bool:
        return self.status is not Status.GONE


@dataclass(frozen=True)
class AccountCard:
    id: int
    key: str
    name: str
    pay_kind: str
    balance: int
    credit_limit: int
    arrears: int
    arrears_since: date | None


@dataclass(frozen=True)
class ContactCard:
    at: datetime
    kind: str
    title: str
    channel: str
    handler: str
    note: str = ""
    seconds: int = 0


@dataclass(frozen=True)
class MonthCard:
    month: int
    total: int


@dataclass(frozen=True)
class SubscriberCard:
    """`subscriptions` are the first few of `subscription_count`, the line that calls before the others;
    `people` are all customers who are this person."""

    customer: CustomerCard
    accounts: tuple[AccountCard, ...]
    subscriptions: tuple[SubscriptionCard, ...]
    subscription_count: int
    contacts: tuple[ContactCard, ...]
    contact_count: int
    month: MonthCard | None
    people: tuple[int, ...]

    @property
    def main(self) -> SubscriptionCard | None:
        """Return the subscription that this is about."""
        return self.subscriptions[0] if self.subscriptions else None

    @property
    def in_use(self) -> tuple[SubscriptionCard, ...]:
        return tuple(one for one in self.subscriptions if one.is_in_use)

    @property
    def products(self) -> tuple[ProductCard, ...]:
        return tuple(sorted((product for one in self.in_use for product in one.products), key=by_weight))

    @property
    def account(self) -> AccountCard | None:
        """Return the account that pays for what this is about."""
        paying = self.main.account_id if self.main else None
        first = next(iter(self.accounts), None)
        return next((account for account in self.accounts if account.id == paying), first)

    @property
    def next_end(self) -> ProductCard | None:
        """Return the contract that ends first, if that is soon."""
        ending = [product for product in self.products if product.contract_months and product.ends_soon]
        return min(ending, key=lambda product: product.days_left or 0, default=None)


def card_of(session: Session, customer_id: int, *, line: int | None = None, at: datetime) -> SubscriberCard:
    """Return the card of a customer; `line` is the subscription that calls, with which it begins.

    :raises NoSuchCustomer: if there is none
    :raises CustomerRestricted: if their data may be seen only at the desk for rights
    """
    rows = read(session, customer_id, line=line, at=at)
    if rows is None:
        require_shown(session, customer_id)
        raise NoSuchCustomer
    today = day_of(at)
    return SubscriberCard(
        customer=_customer(rows, today),
        accounts=tuple(map(_account, rows.accounts)),
        subscriptions=tuple(_subscription(one, rows, today) for one in rows.subscriptions),
        subscription_count=rows.subscription_count,
        contacts=tuple(
            ContactCard(one.at, one.kind, one.title, one.channel, one.handler) for one in rows.events
        ),
        contact_count=rows.event_count,
        month=MonthCard(rows.month, rows.month_total) if rows.month else None,
        people=tuple(rows.people),
    )


def _customer(rows: CardRows, today: date) -> CustomerCard:
    """Return the customer as people see them: with what agents corrected."""
    row, seen = rows.customer, rows.seen
    birthday = seen["birthday"].value
    return CustomerCard(
        id=id_of(row),
        key=row.key,
        name=seen["name"].value,
        kind=CustomerKind(row.kind),
        gender=seen["gender"].value,
        age=_years(date.fromisoformat(birthday) if birthday else None, today),
        region=seen["region"].value,
        manager=seen["manager"].value,
        certificate_kind=seen["certificate_kind"].value,
        personal=tuple(_personal(row, seen)),
        is_gone=row.gone_at is not None,
        completeness=_completeness(row, seen, rows.weights),
    )


def _completeness(row: Customer, seen: Overlay, weights: Mapping[str, int]) -> Completeness:
    doubted = tuple(name for name, one in seen.items() if one.is_doubted)
    values = {name: one.value for name, one in seen.items()}
    return completeness(values, weights, is_group=row.kind == CustomerKind.GROUP, doubted=doubted)


def _personal(row: Customer, seen: Overlay) -> list[PersonalField]:
    """Return what is personal and known, masked."""
    found = []
    for field in (field for field in ENTITIES["customer"].fields if field.is_personal):
        one = seen.get(field.name)
        shown = masked_field(field, one.value) if one else _masked_certificate(row)
        corrected = one.is_corrected if one else False
        if shown:
            found.append(PersonalField("customer", field.name, field.label, id_of(row), shown, corrected))
    return found


def _masked_certificate(row: Customer) -> str:
    if not row.certificate_sealed:
        return ""
    try:
        return masked_certificate(sealing.unseal(row.certificate_sealed, CERTIFICATE))
    except sealing.KeyMissing:
        return "已登记，密钥缺失，打不开"


def _account(row: Account) -> AccountCard:
    return AccountCard(
        id_of(row),
        row.key,
        row.name,
        row.pay_kind,
        row.balance,
        row.credit_limit,
        row.arrears,
        row.arrears_since,
    )


def _subscription(row: Subscription, rows: CardRows, today: date) -> SubscriptionCard:
    label = ENTITIES["number"].field("number").label
    return SubscriptionCard(
        id=id_of(row),
        key=row.key,
        account_id=row.account_id,
        name=row.name,
        product=row.product,
        brand=row.brand,
        region=row.region,
        status=Status(row.status),
        status_since=row.status_since,
        opened_on=row.opened_on,
        months=months_between(row.opened_on, today),
        numbers=tuple(
            NumberCard(
                PersonalField("number", "number", label, id_of(one), masked_phone(one.number)),
                one.origin,
                one.valid_from,
            )
            for one in rows.numbers
            if one.subscription_id == row.id
        ),
        products=product_cards([one for one in rows.products if one.subscription_id == row.id], today),
    )


def _years(since: date | None, until: date) -> int | None:
    return months_between(since, until) // 12 if since else None
