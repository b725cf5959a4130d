"""What is known of a customer, on one card: everything personal is masked, and a few statements read it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from core import sealing
from core.clock import day_of
from core.errors import NotFound
from subscribers.card_reading import CardRows, read
from subscribers.entities import ENTITIES, Field, Shape
from subscribers.masking import masked_certificate, masked_field, masked_phone
from subscribers.models import Account, Customer, CustomerKind, Product, ProductKind, Status, Subscription
from subscribers.spelling import plain_number
from subscribers.ways import CERTIFICATE

NEARLY = 0.8
SOON = 60  # days
_ORDER = (
    ProductKind.PLAN,
    ProductKind.BROADBAND,
    ProductKind.CONTRACT,
    ProductKind.ADDON,
    ProductKind.BENEFIT,
)


class NoSuchCustomer(NotFound):
    message = "没有这位客户的资料，可能已按规定删除。请按号码或姓名重新查找。"


@dataclass(frozen=True)
class PersonalField:
    """One thing about somebody that is masked until it is revealed; `row_id` says of which row."""

    entity: str
    name: str
    label: str
    row_id: int
    shown: str


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


@dataclass(frozen=True)
class Usage:
    label: str
    used: float
    total: float
    unit: str

    @property
    def share(self) -> float:
        return min(1.0, self.used / self.total) if self.total else 0.0

    @property
    def is_nearly_out(self) -> bool:
        return self.share >= NEARLY

    @property
    def text(self) -> str:
        return f"{self.used:g} / {self.total:g} {self.unit}"


@dataclass(frozen=True)
class ProductCard:
    """`days_left` of what ends; `served` and `contract_months` of a contract."""

    id: int
    code: str
    name: str
    kind: ProductKind
    fee: int
    ends_on: date | None
    days_left: int | None
    contract_months: int
    served: int
    usages: tuple[Usage, ...]

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left <= SOON

    @property
    def contract_share(self) -> float:
        return min(1.0, self.served / self.contract_months) if self.contract_months else 0.0


@dataclass(frozen=True)
class NumberCard:
    personal: PersonalField
    origin: str
    valid_from: datetime
    is_calling: bool


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


@dataclass(frozen=True)
class MonthCard:
    month: int
    total: int


@dataclass(frozen=True)
class SubscriberCard:
    """`subscriptions` are the first of `subscription_count`, the one that calls before the others."""

    customer: CustomerCard
    accounts: tuple[AccountCard, ...]
    subscriptions: tuple[SubscriptionCard, ...]
    subscription_count: int
    contacts: tuple[ContactCard, ...]
    contact_count: int
    month: MonthCard | None

    @property
    def main(self) -> SubscriptionCard | None:
        """Return the subscription that this is about: the one that calls, or the first in use."""
        return self.subscriptions[0] if self.subscriptions else None

    @property
    def in_use(self) -> tuple[SubscriptionCard, ...]:
        return tuple(one for one in self.subscriptions if one.is_in_use)

    @property
    def products(self) -> tuple[ProductCard, ...]:
        return tuple(product for one in self.in_use for product in one.products)

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


def card_of(session: Session, customer_id: int, *, number: str = "", at: datetime) -> SubscriberCard:
    """Return the card of a customer; the `number` that calls says with which subscription it begins.

    :raises NoSuchCustomer: if there is none
    """
    calling = plain_number(number)
    rows = read(session, customer_id, number=calling, at=at)
    if rows is None:
        raise NoSuchCustomer
    today = day_of(at)
    return SubscriberCard(
        customer=_customer(rows.customer, today),
        accounts=tuple(map(_account, rows.accounts)),
        subscriptions=tuple(_subscription(one, rows, calling, today) for one in rows.subscriptions),
        subscription_count=rows.subscription_count,
        contacts=tuple(
            ContactCard(one.at, one.kind, one.title, one.channel, one.handler) for one in rows.events
        ),
        contact_count=rows.event_count,
        month=MonthCard(rows.month, rows.month_total) if rows.month else None,
    )


def _customer(row: Customer, today: date) -> CustomerCard:
    return CustomerCard(
        id=_id(row),
        key=row.key,
        name=row.name,
        kind=CustomerKind(row.kind),
        gender=row.gender,
        age=_years(row.birthday, today),
        region=row.region,
        manager=row.manager,
        certificate_kind=row.certificate_kind,
        personal=tuple(_personal(row)),
        is_gone=row.gone_at is not None,
    )


def _personal(row: Customer) -> list[PersonalField]:
    """Return what is personal and known, masked."""
    fields = [field for field in ENTITIES["customer"].fields if field.is_personal]
    shown = [(field, _masked(row, field)) for field in fields]
    return [
        PersonalField("customer", field.name, field.label, _id(row), text) for field, text in shown if text
    ]


def _masked(row: Customer, field: Field) -> str:
    if field.shape is not Shape.CERTIFICATE:
        return masked_field(field, str(getattr(row, field.name) or ""))
    if not row.certificate_sealed:
        return ""
    try:
        return masked_certificate(sealing.unseal(row.certificate_sealed, CERTIFICATE))
    except sealing.KeyMissing:
        return "已登记，密钥缺失，打不开"


def _account(row: Account) -> AccountCard:
    return AccountCard(
        _id(row),
        row.key,
        row.name,
        row.pay_kind,
        row.balance,
        row.credit_limit,
        row.arrears,
        row.arrears_since,
    )


def _subscription(row: Subscription, rows: CardRows, calling: str, today: date) -> SubscriptionCard:
    label = ENTITIES["number"].field("number").label
    return SubscriptionCard(
        id=_id(row),
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
                PersonalField("number", "number", label, _id(one), masked_phone(one.number)),
                one.origin,
                one.valid_from,
                one.number == calling,
            )
            for one in rows.numbers
            if one.subscription_id == row.id
        ),
        products=_products([one for one in rows.products if one.subscription_id == row.id], today),
    )


def _products(rows: list[Product], today: date) -> tuple[ProductCard, ...]:
    """Plans come before what was added to them."""
    return tuple(sorted((_product(one, today) for one in rows), key=lambda one: _ORDER.index(one.kind)))


def _product(row: Product, today: date) -> ProductCard:
    return ProductCard(
        id=_id(row),
        code=row.code,
        name=row.name,
        kind=ProductKind(row.kind),
        fee=row.fee,
        ends_on=row.ends_on,
        days_left=(row.ends_on - today).days if row.ends_on else None,
        contract_months=row.contract_months,
        served=min(months_between(row.starts_on, today), row.contract_months),
        usages=tuple(_usages(row)),
    )


def _usages(row: Product) -> list[Usage]:
    found = []
    if row.data_mb:
        found.append(_data(row.data_used_mb, row.data_mb))
    if row.voice_minutes:
        found.append(Usage("语音", row.voice_used_minutes, row.voice_minutes, "分钟"))
    return found


def _data(used: int, total: int) -> Usage:
    if total < 1024:
        return Usage("流量", used, total, "MB")
    return Usage("流量", round(used / 1024, 1), round(total / 1024, 1), "GB")


def months_between(since: date | None, until: date) -> int:
    """Return the whole months from one day to another."""
    if since is None or since > until:
        return 0
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def _years(since: date | None, until: date) -> int | None:
    return months_between(since, until) // 12 if since else None


def _id(row: Any) -> int:
    return int(row.id)
