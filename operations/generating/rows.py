"""One row as a source says it: texts in the order of the entity's fields."""

from typing import NamedTuple

from subscribers.loading.layouts import Cell

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
_HEAD = 4  # deed, key, changed, version


class Row(NamedTuple):
    """`cells` are those of a line of a file: what was done (I, U, D), key, when, which version, values."""

    entity: str
    cells: tuple[Cell, ...]

    @property
    def key(self) -> str:
        return self.cells[1] or ""

    @property
    def values(self) -> tuple[Cell, ...]:
        return self.cells[_HEAD:]


def said(entity: str, key: str, changed: str, values: tuple[Cell, ...]) -> Row:
    return Row(entity, ("I", key, changed, "1", *values))


def said_again(row: Row, changed: str, values: tuple[Cell, ...]) -> Row:
    return Row(row.entity, ("U", row.key, changed, "2", *values))


def taken_back(row: Row, changed: str) -> Row:
    return Row(row.entity, ("D", row.key, changed, "2", *row.values))


def yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}" if cents >= 0 else f"-{yuan(-cents)}"
