"""The callers of the sample centre that are written by hand, as their sources would say them."""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from typing import Any

from operations.generating.days import Days
from operations.generating.rows import Row, said
from subscribers.entities import ENTITIES

Said = dict[str, Any]


def callers() -> list[Said]:
    text = resources.files("operations.sample_centre").joinpath("subscribers.toml").read_text("utf-8")
    return list(tomllib.loads(text)["caller"])


def rows_of(caller: Said, days: Days) -> Iterator[Row]:
    """Return everything about one caller, in the order in which it may be loaded."""
    book = _Book(caller["key"], days)
    yield book.row("customer", "", caller)
    if "account" in caller:
        account = caller["account"]
        yield book.row("account", "", {"name": caller["name"], "arrears": "0.00"} | account)
        for place, payment in enumerate(account.get("payments", ())):
            yield book.row("payment", f"-{place}", payment)
    for place, one in enumerate(caller.get("subscription", ())):
        yield from book.subscription(f"-{place}", {"region": caller["region"], "status": "active"} | one)


class _Book:
    """Writes rows of one caller under keys of their own."""

    def __init__(self, key: str, days: Days) -> None:
        self.key, self.days, self.changed = key, days, f"{days.ago[0]} 06:00:00"
        self.line = ""

    def row(self, entity: str, place: str, written: Said) -> Row:
        known = {"customer": self.key, "account": f"A{self.key}", "subscription": f"S{self.key}{self.line}"}
        values = [
            known.get(field.refers_to) or self._text(str(written.get(field.name, "")))
            for field in ENTITIES[entity].fields
        ]
        key = known.get(entity, f"{entity[0].upper()}-{self.key}{self.line}{place}")
        return said(entity, key, self.changed, tuple(values))

    def subscription(self, place: str, one: Said) -> Iterator[Row]:
        self.line = place
        yield self.row("subscription", "", {"status_since": one["opened_on"]} | one)
        yield from self._numbers(one)
        for entity, name in (("product", "products"), ("event", "events")):
            for number, written in enumerate(one.get(name, ())):
                yield self.row(entity, f"-{number}", written)
        yield from self._bills(one)
        self.line = ""

    def _numbers(self, one: Said) -> Iterator[Row]:
        since, origin = f"{one['opened_on']} 10:00", one.get("origin", "新开")
        if before := one.get("before"):
            until = f"{before['until']} 15:20"
            had = {"number": before["number"], "origin": origin, "valid_from": since, "valid_until": until}
            yield self.row("number", "-before", had)
            since, origin = until, "换号"
        if "number" in one:
            until = f"{one['closed_on']} 00:05" if "closed_on" in one else ""
            has = {"number": one["number"], "origin": origin, "valid_from": since, "valid_until": until}
            yield self.row("number", "", has)

    def _bills(self, one: Said) -> Iterator[Row]:
        for back, (bill, (month, over)) in enumerate(
            zip(one.get("bills", ()), self.days.months, strict=False)
        ):
            total, _, extra = bill.partition(" ")
            name, _, amount = extra.partition("=")
            rest = _cents(total) - (_cents(amount) if amount else 0)
            items = f"月租={rest}" + (f";{name}={_cents(amount)}" if amount else "")
            paid = "" if back < one.get("unpaid", 0) else self.days.ago[max(0, over - 9)]
            written = {"month": month, "total": total, "items": items, "paid_on": paid}
            yield self.row("bill", f"-{month}", written)

    def _text(self, written: str) -> str:
        """Return a day or moment for what counts days from today, and everything else as it is."""
        count, _, clock = written.partition(" ")
        if count[:1] not in "+-" or not count[1:].isdigit():
            return written
        day = (self.days.today + timedelta(days=int(count))).isoformat()
        return f"{day} {clock}:00" if clock else day


def _cents(yuan: str) -> int:
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part)
