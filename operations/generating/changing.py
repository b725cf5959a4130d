"""What the sources say a day later of a made-up customer: moved, paid, used more, called once more."""

from collections.abc import Iterator
from random import Random

from operations.generating import identities, making, places
from operations.generating.days import Days
from operations.generating.rows import Row, said, said_again, taken_back, yuan
from subscribers.entities import ENTITIES
from subscribers.loading.layouts import Cell

_AT = "05:00:00"
_PLACE = {
    (entity.name, field.name): place
    for entity in ENTITIES.values()
    for place, field in enumerate(entity.fields)
}


def is_chosen(number: int, share: float) -> bool:
    return number * 2_654_435_761 % 2**32 < share * 2**32


def changes_of(number: int, days: Days) -> Iterator[Row]:
    """Return what differs from the first time, and what is new; the same whenever it is asked."""
    day = _Day(number, days)
    for row in making.rows_of(number, days):
        yield from day.after(row)


class _Day:
    def __init__(self, number: int, days: Days) -> None:
        self.number, self.today = number, days.ago[0]
        self.changed = f"{self.today} {_AT}"
        self.chance = Random(number)  # noqa: S311 - nothing secret
        self.has_called = False

    def after(self, row: Row) -> Iterator[Row]:
        if row.entity == "customer":
            yield self._moved(row)
        elif row.entity == "account":
            yield from self._paid(row)
        elif row.entity == "bill" and not _of(row, "paid_on"):
            yield self._again(row, paid_on=self.today)
        elif row.entity == "subscription":
            yield from self._called(row)
        elif row.entity == "product":
            yield from self._used(row)

    def _again(self, row: Row, **values: Cell) -> Row:
        kept = list(row.values)
        for name, value in values.items():
            kept[_PLACE[row.entity, name]] = value
        return said_again(row, self.changed, tuple(kept))

    def _moved(self, row: Row) -> Row:
        home, _, _ = identities.identity(self.number)
        return self._again(row, address=places.address(self.chance, home))

    def _paid(self, row: Row) -> Iterator[Row]:
        """Whoever was in arrears pays now; from the others the day's use goes off."""
        arrears = _of(row, "arrears")
        if arrears == "0.00":
            yield self._again(row, balance=yuan(int(self.chance.random() * 20_000)))
            return
        yield self._again(row, arrears="0.00", arrears_since=None)
        values = (row.key, f"{self.today} 04:30:00", arrears, "星河APP")
        yield said("payment", f"Y{row.key[1:]}-late", self.changed, values)

    def _called(self, row: Row) -> Iterator[Row]:
        if _of(row, "status") == "suspended":
            yield self._again(row, status="active", status_since=self.today)
        if not self.has_called and _of(row, "status") != "gone":
            self.has_called = True
            values = (row.key, f"{self.today} 04:40:00", "咨询", "问何时复机、余额多少", "热线", "李思远")
            yield said("event", f"E{row.key[1:]}-new", self.changed, values)

    def _used(self, row: Row) -> Iterator[Row]:
        allowed = int(_of(row, "data_mb"))
        if _of(row, "kind") == "plan" and allowed:
            yield self._again(row, data_used_mb=str(int(allowed * self.chance.random())))
        elif _of(row, "kind") == "addon" and self.chance.random() < 0.2:
            yield taken_back(row, self.changed)


def _of(row: Row, name: str) -> str:
    return row.values[_PLACE[row.entity, name]] or ""
