"""One row as a source says it: texts in the order of the entity's fields."""

from typing import NamedTuple

CRM, BILLING = "crm", "billing"
SOURCES = {
    "customer": CRM,
    "account": BILLING,
    "subscription": CRM,
    "number": CRM,
    "product": CRM,
    "bill": BILLING,
    "payment": BILLING,
    "event": CRM,
}


class Row(NamedTuple):
    """`deed` is I, U or D; `changed` is a moment in the centre's time."""

    entity: str
    deed: str
    key: str
    changed: str
    version: int
    values: tuple[str, ...]


def said(entity: str, key: str, changed: str, values: tuple[str, ...]) -> Row:
    return Row(entity, "I", key, changed, 1, values)


def yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}" if cents >= 0 else f"-{yuan(-cents)}"
