"""How long it takes to know who calls, and to find customers by what somebody remembers of them."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from benchmarks.quantiles import milliseconds, quantiles
from core import clock, database
from subscribers import cards, lookup
from subscribers.models import Customer, SubscriptionNumber

ASKED = 400
SEED = 6
CALLER = "caller's card from a ringing number"


def measure(asked: int = ASKED) -> dict[str, Any]:
    """Return p50, p95 and p99 of each way, in milliseconds; every question is asked once."""
    chance = random.Random(SEED)
    at = clock.now()
    with database.reading() as session:
        numbers = _some(session, SubscriptionNumber, SubscriptionNumber.number, asked, chance)
        names = _some(session, Customer, Customer.name, asked, chance)
    ways: dict[str, tuple[Sequence[str], Callable[[Session, str, datetime], object]]] = {
        CALLER: (numbers, _caller),
        "whose number": (numbers, lambda session, one, at: lookup.owners_of(session, one, at=at)),
        "last four digits": ([one[-4:] for one in numbers], _find),
        "middle digits": ([one[3:7] for one in numbers], _find),
        "first seven digits": ([one[:7] for one in numbers], _find),
        "name": (names, _find),
    }
    return {way: _timed(questions, ask, at) for way, (questions, ask) in ways.items()}


def _timed(
    questions: Sequence[str], ask: Callable[[Session, str, datetime], object], at: datetime
) -> dict[str, float]:
    def once(one: str) -> tuple[float, float]:
        def work() -> None:
            with database.reading() as session:
                ask(session, one, at)

        began = time.process_time()
        return milliseconds(work), (time.process_time() - began) * 1000

    once(questions[0])
    times = [once(one) for one in questions]
    found, busy = quantiles([one for one, _ in times]), quantiles([one for _, one in times])
    return {"p50": found.p50, "p95": found.p95, "p99": found.p99, "busy p50": busy.p50, "busy p95": busy.p95}


def _caller(session: Session, number: str, at: datetime) -> None:
    """As when the telephone rings: whose it is, and all that is known of the likeliest owner."""
    owners = lookup.owners_of(session, number, at=at)
    if owners:
        cards.card_of(session, owners[0].customer_id, line=owners[0].subscription_id, at=at)


def _find(session: Session, remembered: str, at: datetime) -> None:
    lookup.find(session, remembered, at=at)


def _some(session: Session, table: Any, column: Any, count: int, chance: random.Random) -> list[str]:
    last = session.execute(select(func.max(col(table.id)))).scalar_one()
    ids = [chance.randint(1, last) for _ in range(count)]
    found = session.execute(select(column).where(col(table.id).in_(ids))).scalars().all()
    return list(found)
