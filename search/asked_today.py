"""What most people in the centre asked and found today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.clock import day_of, start_of
from search.query_log import AskedQuery, can_be_asked_again, of_today


@dataclass(frozen=True)
class PopularQuery:
    text: str
    people: int
    times: int


def popular_today(session: Session, *, at: datetime, limit: int = 10) -> list[PopularQuery]:
    """Return what most people in the centre asked and found today."""
    since = start_of(day_of(at))
    people = func.count(func.distinct(col(AskedQuery.staff_id)))
    counted = (
        select(AskedQuery.text, people, func.count())
        .where(AskedQuery.at >= since, AskedQuery.at < since + timedelta(days=1), AskedQuery.result_count > 0)
        .where(of_today())
        .group_by(AskedQuery.text)
        .order_by(people.desc(), func.count().desc(), AskedQuery.text)
        .limit(2 * limit)
    )
    found = [PopularQuery(*row) for row in session.exec(counted)]
    return [query for query in found if can_be_asked_again(query.text)][:limit]
