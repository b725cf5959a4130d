"""What searches had to do without lately, from the log of what was asked."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import String, cast, func, text
from sqlmodel import Session, col, select

from search.hits import Degradation
from search.query_log import WAS_DEGRADED, AskedQuery

JUST_NOW, A_DAY = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True)
class Lately:
    """`named` counts, of so many searches, those that had to do without something, by what it was."""

    searches: int = 0
    named: Counter[Degradation] = field(default_factory=Counter)


def degraded_since(session: Session, since: datetime, *, at: datetime) -> Lately:
    within = (col(AskedQuery.at) > since, col(AskedQuery.at) <= at)
    searches = session.exec(select(func.count()).where(*within)).one()
    said = cast(col(AskedQuery.degradations), String)
    counted = select(said, func.count()).where(*within, text(WAS_DEGRADED)).group_by(said)
    named: Counter[Degradation] = Counter()
    for names, times in session.exec(counted):
        named.update({Degradation(name): times for name in json.loads(names)})
    return Lately(searches, named)
