"""What may be copied, field by field: the table that files, interface, corrections and screens follow."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotFound
from subscribers.models import (
    Account,
    Bill,
    Copied,
    Customer,
    CustomerKind,
    Payment,
    Product,
    ProductKind,
    ServiceEvent,
    Status,
    Subscription,
    SubscriptionNumber,
)


class NoSuchEntity(NotFound):
    message = "没有这种数据，请核对实体名称。"


class Shape(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"  # 2026-11-26 or 20261126
    MOMENT = "moment"  # 2026-11-26 08:30:00, the centre's time
    MONTH = "month"  # 202611
    MONEY = "money"  # yuan with at most two decimals; kept in cents
    COUNT = "count"
    PHONE = "phone"
    CERTIFICATE = "certificate"
    REFERENCE = "reference"  # the key of a row of another entity


class Survives(StrEnum):
    """Which value people see when an agent said something else than the source."""

    SOURCE = "source"
    AGENT_UNTIL_CONFIRMED = "agent"
    FILL_EMPTY = "fill"
    NEWEST = "newest"

    @property
    def label(self) -> str:
        return _SURVIVES[self]


_SURVIVES = {
    Survives.SOURCE: "以来源为准",
    Survives.AGENT_UNTIL_CONFIRMED: "以座席更正为准，直到来源确认",
    Survives.FILL_EMPTY: "来源为空时用座席补充",
    Survives.NEWEST: "以较新的为准",
}


@dataclass(frozen=True)
class Field:
    """`width` is in characters, both the longest text allowed and the column of a fixed-width file.

    `is_personal`: masked unless revealed. `survives` is what holds until an administrator chooses otherwise.
    """

    name: str
    label: str
    shape: Shape = Shape.TEXT
    width: int = 60
    required: bool = False
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    is_personal: bool = False
    survives: Survives = Survives.SOURCE


@dataclass(frozen=True)
class Entity:
    """`parents` are loaded before it, and a row of an unknown one waits; a file declares its `sums`."""

    name: str
    label: str
    table: type[Copied]
    fields: tuple[Field, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field.refers_to for field in self.fields if field.refers_to))

    @property
    def sums(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.shape in {Shape.MONEY, Shape.COUNT})

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def column_of(field: Field) -> str:
    """Return the column that holds it: a reference is kept as the number of its row."""
    return f"{field.refers_to}_id" if field.shape is Shape.REFERENCE else field.name


_AGENT, _FILL = Survives.AGENT_UNTIL_CONFIRMED, Survives.FILL_EMPTY
_CUSTOMER = Field("customer", "客户编号", Shape.REFERENCE, 40, required=True, refers_to="customer")
_SUBSCRIPTION = Field(
    "subscription", "用户编号", Shape.REFERENCE, 40, required=True, refers_to="subscription"
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            "customer",
            "客户",
            Customer,
            (
                Field(
                    "kind", "客户类型", Shape.CHOICE, 10, required=True, choices=tuple(map(str, CustomerKind))
                ),
                Field("name", "姓名", width=80, required=True, survives=_AGENT),
                Field("gender", "性别", Shape.CHOICE, 2, choices=("男", "女"), survives=_FILL),
                Field("birthday", "出生日期", Shape.DATE, 10, is_personal=True, survives=_FILL),
                Field("certificate_kind", "证件类型", width=20),
                Field("certificate", "证件号码", Shape.CERTIFICATE, 30, is_personal=True),
                Field("phone", "联系电话", Shape.PHONE, 20, is_personal=True, survives=_AGENT),
                Field("email", "电子邮箱", width=80, is_personal=True, survives=Survives.NEWEST),
                Field("address", "联系地址", width=200, is_personal=True, survives=_AGENT),
                Field("region", "归属地区", width=32),
                Field("manager", "客户经理", width=40),
            ),
        ),
        Entity(
            "account",
            "账户",
            Account,
            (
                _CUSTOMER,
                Field("name", "账户名称", width=80),
                Field("pay_kind", "付费方式", Shape.CHOICE, 4, choices=("预付", "后付")),
                Field("balance", "余额", Shape.MONEY, 14),
                Field("credit_limit", "信用额度", Shape.MONEY, 14),
                Field("arrears", "欠费", Shape.MONEY, 14),
                Field("arrears_since", "欠费起始", Shape.DATE, 10),
            ),
        ),
        Entity(
            "subscription",
            "用户",
            Subscription,
            (
                _CUSTOMER,
                Field("account", "账户编号", Shape.REFERENCE, 40, refers_to="account"),
                Field("name", "业务名称", width=60, required=True),
                Field("product", "产品代码", width=32),
                Field("brand", "品牌代码", width=32),
                Field("region", "归属地区", width=32),
                Field("status", "状态", Shape.CHOICE, 10, required=True, choices=tuple(map(str, Status))),
                Field("status_since", "状态起始", Shape.DATE, 10),
                Field("opened_on", "入网日期", Shape.DATE, 10),
                Field("closed_on", "销户日期", Shape.DATE, 10),
            ),
        ),
        Entity(
            "number",
            "号码",
            SubscriptionNumber,
            (
                _SUBSCRIPTION,
                Field("number", "号码", Shape.PHONE, 20, required=True, is_personal=True),
                Field("origin", "来历", width=10),
                Field("valid_from", "生效时间", Shape.MOMENT, 19, required=True),
                Field("valid_until", "失效时间", Shape.MOMENT, 19),
            ),
        ),
        Entity(
            "product",
            "产品",
            Product,
            (
                _SUBSCRIPTION,
                Field("code", "产品代码", width=32),
                Field("name", "产品名称", width=80, required=True),
                Field(
                    "kind", "产品类型", Shape.CHOICE, 10, required=True, choices=tuple(map(str, ProductKind))
                ),
                Field("fee", "月费", Shape.MONEY, 14),
                Field("starts_on", "生效日期", Shape.DATE, 10),
                Field("ends_on", "到期日期", Shape.DATE, 10),
                Field("contract_months", "合约月数", Shape.COUNT, 4),
                Field("data_mb", "流量额度（MB）", Shape.COUNT, 12),
                Field("data_used_mb", "已用流量（MB）", Shape.COUNT, 12),
                Field("voice_minutes", "语音额度（分钟）", Shape.COUNT, 8),
                Field("voice_used_minutes", "已用语音（分钟）", Shape.COUNT, 8),
            ),
        ),
        Entity(
            "bill",
            "账单",
            Bill,
            (
                _SUBSCRIPTION,
                Field("month", "账期", Shape.MONTH, 6, required=True),
                Field("total", "合计", Shape.MONEY, 14, required=True),
                Field("items", "明细", width=400),
                Field("paid_on", "缴清日期", Shape.DATE, 10),
            ),
        ),
        Entity(
            "payment",
            "缴费",
            Payment,
            (
                Field("account", "账户编号", Shape.REFERENCE, 40, required=True, refers_to="account"),
                Field("paid_at", "缴费时间", Shape.MOMENT, 19, required=True),
                Field("amount", "金额", Shape.MONEY, 14, required=True),
                Field("channel", "渠道", width=20),
            ),
        ),
        Entity(
            "event",
            "异动与服务记录",
            ServiceEvent,
            (
                _SUBSCRIPTION,
                Field("at", "时间", Shape.MOMENT, 19, required=True),
                Field("kind", "类别", width=20, required=True),
                Field("title", "摘要", width=200),
                Field("channel", "渠道", width=20),
                Field("handler", "经办", width=40),
            ),
        ),
    )
}


def entity(name: str) -> Entity:
    """
    :raises NoSuchEntity: if there is none of that name
    """
    if name not in ENTITIES:
        raise NoSuchEntity
    return ENTITIES[name]
