"""The copy of other systems' data: customers, their subscriptions and numbers, accounts, and what happened.

`key` is the name that the source gives a row, unique in its table whoever sent it. Money is in cents.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, Integer, SQLColumnExpression, String, literal_column
from sqlmodel import Field, SQLModel

# a column of customers' or other numbers in the query around a condition, or one number
Numbers = SQLColumnExpression[int] | SQLColumnExpression[int | None] | int
# SQLite numbers rows by itself only if the column is called INTEGER
BIG: Any = BigInteger().with_variant(Integer(), "sqlite")


def _bytewise(column: str) -> dict[str, str]:
    """PostgreSQL finds what begins with something by an index only if it compares bytes, not language."""
    return {column: "text_pattern_ops"}


class CustomerKind(StrEnum):
    PERSON = "person"
    GROUP = "group"

    @property
    def label(self) -> str:
        return {CustomerKind.PERSON: "个人客户", CustomerKind.GROUP: "集团客户"}[self]


class Status(StrEnum):
    """Of a subscription. `GONE` rows are kept: they have a history and their number may have a new owner."""

    ACTIVE = "active"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    GONE = "gone"

    @property
    def label(self) -> str:
        return _STATUS[self]


_STATUS = {
    Status.ACTIVE: "在用",
    Status.STOPPED: "停机",
    Status.SUSPENDED: "欠费停机",
    Status.GONE: "已销户",
}


class ProductKind(StrEnum):
    PLAN = "plan"
    ADDON = "addon"
    BROADBAND = "broadband"
    CONTRACT = "contract"
    BENEFIT = "benefit"

    @property
    def label(self) -> str:
        return _PRODUCTS[self]


_PRODUCTS = {
    ProductKind.PLAN: "主套餐",
    ProductKind.ADDON: "附加包",
    ProductKind.BROADBAND: "宽带",
    ProductKind.CONTRACT: "合约",
    ProductKind.BENEFIT: "权益",
}


class Copied(SQLModel):
    """What every copied row says of its origin.

    `version` rises with each change at the source; `digest` is of everything the source said, and `bucket`
    of the key, so that two copies are compared without reading them. `absent_fulls` counts the full files
    that lacked the row.
    """

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    key: str = Field(unique=True)
    source: str
    version: int = Field(default=0, sa_type=BIG)
    changed_at: datetime | None = None
    digest: int = Field(default=0, sa_type=BIG)
    bucket: int = 0
    load_id: int | None = None
    first_load_id: int | None = None
    absent_fulls: int = 0
    gone_at: datetime | None = None


def id_of(row: Copied) -> int:
    """Return the number of a row that is in the database."""
    if row.id is None:
        raise LookupError(f"{row.key} has not been written yet")
    return row.id


# of a contact number the part after its head, and its last four digits, as its indexes know them
MIDDLE_OF_CONTACT: ColumnElement[str] = literal_column("substr(phone, 4)", String)
END_OF_CONTACT: ColumnElement[str] = literal_column("substr(phone, length(phone) - 3)", String)


class Customer(Copied, table=True):
    __tablename__ = "subscribers_customer"
    __table_args__ = (
        Index("ix_subscribers_customer_name_sound", "name_sound", postgresql_ops=_bytewise("name_sound")),
        Index(
            "ix_subscribers_customer_name_initials",
            "name_initials",
            postgresql_ops=_bytewise("name_initials"),
        ),
        Index("ix_subscribers_customer_phone", "phone", postgresql_ops=_bytewise("phone")),
        Index(
            "ix_subscribers_customer_phone_middle",
            MIDDLE_OF_CONTACT.label("middle"),
            postgresql_ops=_bytewise("middle"),
        ),
        Index("ix_subscribers_customer_phone_end", END_OF_CONTACT),
    )

    kind: str = CustomerKind.PERSON
    name: str
    name_sound: str = ""
    name_initials: str = ""
    gender: str = ""
    birthday: date | None = None
    certificate_kind: str = ""
    certificate_sealed: str = ""
    certificate_hash: str = Field(default="", index=True)
    phone: str = ""
    email: str = ""
    address: str = ""
    region: str = ""
    manager: str = ""


class Account(Copied, table=True):
    __tablename__ = "subscribers_account"

    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    name: str = ""
    pay_kind: str = ""
    balance: int = Field(default=0, sa_type=BIG)
    credit_limit: int = Field(default=0, sa_type=BIG)
    arrears: int = Field(default=0, sa_type=BIG)
    arrears_since: date | None = None


class Subscription(Copied, table=True):
    __tablename__ = "subscribers_subscription"
    __table_args__ = (  # all that puts them in order: a company has ten thousand, of which few are shown
        Index("ix_subscribers_subscription_of_customer", "customer_id", "gone_at", "status", "opened_on"),
    )

    customer_id: int = Field(foreign_key="subscribers_customer.id", sa_type=BIG)
    account_id: int | None = Field(
        default=None, foreign_key="subscribers_account.id", index=True, sa_type=BIG
    )
    name: str = ""  # of what it is, such as 移动电话 or 家庭宽带
    product: str = ""
    brand: str = ""
    region: str = ""
    status: str = Status.ACTIVE
    status_since: date | None = None
    opened_on: date | None = None
    closed_on: date | None = None


class SubscriptionNumber(Copied, table=True):
    """Who had a number, from when to when: it may be ported, handed over, or given to somebody new.

    `middle` is the number from its fourth digit and `backwards` the number reversed, so that what callers say
    of it (its head, the part after it, its tail) is found by the beginning of an indexed column.
    """

    __tablename__ = "subscribers_number"
    __table_args__ = (
        Index("ix_subscribers_number_number", "number", "valid_until", postgresql_ops=_bytewise("number")),
        Index("ix_subscribers_number_middle", "middle", postgresql_ops=_bytewise("middle")),
        Index("ix_subscribers_number_backwards", "backwards", postgresql_ops=_bytewise("backwards")),
    )

    subscription_id: int = Field(foreign_key="subscribers_subscription.id", index=True, sa_type=BIG)
    number: str
    middle: str = ""
    backwards: str = ""
    origin: str = ""  # 新开, 携入, 过户, 二次放号
    valid_from: datetime
    valid_until: datetime | None = None


class Product(Copied, table=True):
    """What a subscription has ordered; the amounts are of this month, and 0 is no allowance."""

    __tablename__ = "subscribers_product"

    subscription_id: int = Field(foreign_key="subscribers_subscription.id", index=True, sa_type=BIG)
    code: str = ""
    name: str
    kind: str = ProductKind.ADDON
    fee: int = Field(default=0, sa_type=BIG)
    starts_on: date | None = None
    ends_on: date | None = None
    contract_months: int = 0
    data_mb: int = Field(default=0, sa_type=BIG)
    data_used_mb: int = Field(default=0, sa_type=BIG)
    voice_minutes: int = 0
    voice_used_minutes: int = 0


class Bill(Copied, table=True):
    """One month of one subscription; `items` are lines of `名称=分` joined by `;`."""

    __tablename__ = "subscribers_bill"

    subscription_id: int = Field(foreign_key="subscribers_subscription.id", index=True, sa_type=BIG)
    month: int  # 202611
    total: int = Field(default=0, sa_type=BIG)
    items: str = ""
    paid_on: date | None = None


class Payment(Copied, table=True):
    __tablename__ = "subscribers_payment"

    account_id: int = Field(foreign_key="subscribers_account.id", index=True, sa_type=BIG)
    paid_at: datetime
    amount: int = Field(default=0, sa_type=BIG)
    channel: str = ""


class ServiceEvent(Copied, table=True):
    """What happened to a subscription: 停机, 复机, 换卡, 过户, a complaint, a contact elsewhere."""

    __tablename__ = "subscribers_event"

    subscription_id: int = Field(foreign_key="subscribers_subscription.id", index=True, sa_type=BIG)
    at: datetime
    kind: str
    title: str = ""
    channel: str = ""
    handler: str = ""


class MonthlyFact(SQLModel, table=True):
    """What a month said of a subscription, reckoned from its bills and events. ARPU is in cents a month."""

    __tablename__ = "subscribers_fact"

    subscription_id: int = Field(foreign_key="subscribers_subscription.id", primary_key=True, sa_type=BIG)
    month: int = Field(primary_key=True)
    arpu_3: int = Field(default=0, sa_type=BIG)
    arpu_6: int = Field(default=0, sa_type=BIG)
    arpu_12: int = Field(default=0, sa_type=BIG)
    tenure_months: int = 0
    arrears_days: int = 0
    complaints: int = 0
