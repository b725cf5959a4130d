"""Everything that the sources say of one made-up customer, in the order in which it may be loaded."""

from collections.abc import Iterator
from random import Random

from operations.generating import customers, dealings, lines
from operations.generating.days import Days
from operations.generating.rows import Row, said


def rows_of(number: int, days: Days) -> Iterator[Row]:
    """Return the same rows whenever it is asked for the same customer and the same day."""
    chance = Random()  # noqa: S311 - nothing secret
    one = customers.customer(number, chance)
    known_since = f"{days.ago[one.opened]} 09:00:00"
    yield said("customer", one.key, known_since, customers.values(one, chance))
    theirs = list(lines.lines(one, chance))
    yield dealings.account(one, theirs, days, chance)
    for line in theirs:
        yield lines.subscription(one, line, dealings.account_key(one), days)
        yield from lines.numbers(one, line, days, chance)
    for line in theirs:
        yield from lines.products(line, days, chance)
        yield from dealings.bills(line, days, chance)
        yield from dealings.events(line, days, chance)
    yield from dealings.payments(one, theirs, days, chance)
