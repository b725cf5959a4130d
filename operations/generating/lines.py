"""What a made-up customer uses: subscriptions, their numbers, and what is ordered on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from operations.generating import identities, offers
from operations.generating.customers import Customer
from operations.generating.days import Days
from operations.generating.offers import Plan
from operations.generating.rows import Row, said, yuan

BIG_PAYERS = 100_000  # one customer of so many pays for
LINES_OF_BIG = 10_000
_REUSED = 97  # one customer of so many lost a number that the next one has now
_CHOICES, _SHARES = offers.PLANS, [plan.share for plan in offers.PLANS]


@dataclass(slots=True)
class Line:
    """Days are counted back from today; `closed` is 0 while it lives."""

    key: str
    number: str
    name: str
    product: str
    plan: Plan
    status: str
    opened: int
    since: int
    closed: int = 0
    unpaid: int = 0  # the last so many bills


def lines(one: Customer, chance: Random) -> Iterator[Line]:
    if one.is_company:
        yield from _of_company(one, chance)
    else:
        yield from _of_person(one, chance)
    if one.number % _REUSED == 5:
        yield _given_up(one)


def _of_person(one: Customer, chance: Random) -> Iterator[Line]:
    plan = _plan(one, chance)
    main = _line(one, 0, "移动电话", "mobile", plan, chance)
    yield main
    if plan.broadband:
        yield _broadband(one, plan, main, chance)
    for place in (1, 2) if chance.random() < 0.12 else ():
        if place == 1 or chance.random() < 0.3:
            yield _line(one, place, "副卡", "mobile", offers.SECOND_CARD, chance)


def _plan(one: Customer, chance: Random) -> Plan:
    if one.born.year >= 2002:
        return offers.OF_THE_YOUNG[int(chance.random() * len(offers.OF_THE_YOUNG))]
    if one.born.year <= 1962 and chance.random() < 0.5:
        return offers.OF_THE_OLD
    return chance.choices(_CHOICES, weights=_SHARES)[0]


def _broadband(one: Customer, plan: Plan, main: Line, chance: Random) -> Line:
    line = _line(one, 9, f"家庭宽带 {plan.broadband}", "broadband", plan, chance)
    line.number = identities.broadband(one.number)
    line.status, line.since, line.closed, line.unpaid = main.status, main.since, main.closed, 0
    line.opened = max(min(line.opened, main.opened), line.closed)
    return line


def _of_company(one: Customer, chance: Random) -> Iterator[Line]:
    for place in range(2 + int(chance.random() * 10)):
        yield _line(one, place, "集团成员", "mobile", offers.OF_COMPANIES, chance)
    cards = LINES_OF_BIG if one.number % BIG_PAYERS == 50_017 else int(chance.random() ** 6 * 60)
    first = one.number // BIG_PAYERS * LINES_OF_BIG if cards == LINES_OF_BIG else 5_000_000 + one.number * 64
    for place in range(cards):
        line = _line(one, 100 + place, "物联网卡", "iot", offers.OF_THINGS, chance)
        line.number = identities.thing(first + place)
        yield line


def _line(one: Customer, place: int, name: str, product: str, plan: Plan, chance: Random) -> Line:
    opened = one.opened if place == 0 else 20 + int(chance.random() * (one.opened - 20))
    line = Line(f"S{one.number:09}-{place}", "", name, product, plan, "active", opened, opened)
    if product == "mobile":
        line.number = one.phone(place)
    draw = chance.random()
    if draw < 0.025:
        line.status, line.closed = "gone", 1 + int(chance.random() * (opened - 1))
        line.since = line.closed
    elif draw < 0.05:
        line.status, line.since = "stopped", 1 + int(draw * 4000) % min(opened, 90)
    elif draw < 0.09 and place == 0:
        line.status, line.since = "suspended", 1 + int(draw * 4000) % min(opened, 60)
        line.unpaid = 1 + int(draw * 1000) % 3
    elif draw < 0.115 and place == 0:
        line.unpaid = 1
    return line


def _given_up(one: Customer) -> Line:
    """The number that the next customer has now, while it was this one's."""
    chance = Random(one.number + 1)  # noqa: S311 - nothing secret
    next_opened = 30 + int(chance.random() ** 1.6 * 5_000)
    number = identities.mobile((one.number + 1) * 16)
    closed = next_opened + 120
    plan = offers.PLANS[1]
    return Line(
        f"S{one.number:09}-14", number, "移动电话", "mobile", plan, "gone", closed + 700, closed, closed
    )


def subscription(one: Customer, line: Line, account: str, days: Days) -> Row:
    changed = days.ago[line.since]
    values = (
        one.key,
        account,
        line.name,
        line.product,
        line.plan.brand,
        one.home.region,
        line.status,
        changed,
        days.ago[line.opened],
        days.ago[line.closed] if line.closed else "",
    )
    return said("subscription", line.key, f"{changed} 03:00:00", values)


def numbers(one: Customer, line: Line, days: Days, chance: Random) -> Iterator[Row]:
    """Each number that the subscription has had: a few were changed, ported in or given again."""
    opened = f"{days.ago[line.opened]} 10:00:00"
    until = f"{days.ago[line.closed]} 10:00:00" if line.closed else ""
    draw = chance.random()
    origin = "携入" if draw < 0.05 else "新开"
    if line.key.endswith("-0") and (one.number - 1) % _REUSED == 5:
        origin = "二次放号"
    if draw > 0.985 and line.product == "mobile" and line.key.endswith("-0") and not line.closed:
        moved = f"{days.ago[line.opened // 2]} 15:20:00"
        values = (line.key, one.phone(15), origin, opened, moved)
        yield said("number", f"N{line.key[1:]}-1", moved, values)
        opened, origin = moved, "换号"
    key = f"N{line.key[1:]}"
    yield said("number", key, until or opened, (line.key, line.number, origin, opened, until))


def products(line: Line, days: Days, chance: Random) -> Iterator[Row]:
    if line.closed:
        return
    plan, started, key = line.plan, days.ago[line.opened], f"P{line.key[1:]}"
    if line.product == "broadband":
        yield _contract(line, days, chance)
        return
    used = chance.random()
    data = plan.data_gb * 1024 or (100 if line.product == "iot" else 0)
    amounts = (data, int(data * used * 1.1), plan.minutes, int(plan.minutes * chance.random()))
    fee = yuan(plan.fee * 100)
    head = (line.key, plan.code, plan.name, "plan", fee, started, "", "0")
    yield said("product", f"{key}-0", f"{days.ago[0]} 02:00:00", (*head, *map(str, amounts)))
    if line.product == "mobile" and used < 0.45:
        yield from _addons(line, days, used)


def _contract(line: Line, days: Days, chance: Random) -> Row:
    """A line runs under contracts of 24 months, one after the other."""
    left = int(chance.random() * 730)
    began = max(0, min(line.opened, 730 - left))
    ends = days.ahead[730 - began] if began <= 730 else ""
    head = (line.key, f"KD{line.plan.broadband}", f"家庭宽带 {line.plan.broadband}", "broadband", "0.00")
    values = (*head, days.ago[began], ends, "24", "0", "0", "0", "0")
    return said("product", f"P{line.key[1:]}-0", f"{days.ago[began]} 02:00:00", values)


def _addons(line: Line, days: Days, draw: float) -> Iterator[Row]:
    at = int(draw * 1e6)
    for place in range(1 + at % 2):
        code, name, kind, fee, data, minutes = offers.ADDONS[(at // 7 + place * 5) % len(offers.ADDONS)]
        is_contract = code == offers.CONTRACT
        began = at % min(line.opened, 700)
        ends = days.ahead[730 - began] if is_contract else ""
        head = (line.key, code, name, kind, yuan(fee * 100), days.ago[began], ends)
        amounts = (24 if is_contract else 0, data, at % (data + 1), minutes, at % (minutes + 1))
        key = f"P{line.key[1:]}-{place + 1}"
        yield said("product", key, f"{days.ago[began]} 02:00:00", (*head, *map(str, amounts)))
