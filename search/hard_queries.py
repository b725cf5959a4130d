"""Queries that did not go well: nothing was found, nothing was used, or they were put in other words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String, func, select, text, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from search.query_log import WAS_DEGRADED, AskedQuery
from search.search_analysis import Looked


class Ending(StrEnum):
    """What came of a search."""

    NOTHING = "nothing"
    UNUSED = "unused"
    USED = "used"
    DEGRADED = "degraded"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def condition(self) -> Any:
        found, used = col(AskedQuery.result_count) > 0, col(AskedQuery.best_place).is_not(None)
        conditions: dict[Ending, Any] = {
            Ending.NOTHING: col(AskedQuery.result_count) == 0,
            Ending.UNUSED: found & ~used,
            Ending.USED: used,
            Ending.DEGRADED: text(WAS_DEGRADED),
        }
        return conditions[self]


_LABELS = {
    Ending.NOTHING: "没有结果",
    Ending.UNUSED: "有结果没人点",
    Ending.USED: "点开或复制过",
    Ending.DEGRADED: "降级",
}


@dataclass(frozen=True)
class HardQuery:
    text: str
    times: int
    people: int
    last_at: datetime


@dataclass(frozen=True)
class Rewording:
    """A question that was put in other words; `ended_well` counts how often the last of them was used."""

    first: str
    then: str
    times: int
    people: int
    ended_well: int


def hard_queries(session: Session, looked: Looked, ending: Ending, *, limit: int) -> list[HardQuery]:
    """Return the texts that most often ended so."""
    times = func.count()
    grouped = (
        select(
            col(AskedQuery.text),
            times,
            func.count(func.distinct(col(AskedQuery.staff_id))),
            func.max(col(AskedQuery.at)),
        )
        .where(*looked.conditions(), ending.condition())
        .group_by(col(AskedQuery.text))
        .order_by(times.desc(), func.max(col(AskedQuery.at)).desc(), col(AskedQuery.text))
        .limit(limit)
    )
    return [HardQuery(*row) for row in session.execute(grouped)]


def rewordings(session: Session, looked: Looked) -> list[Rewording]:
    """Return each pair of texts of which one followed the other, the most frequent first.

    A link holds only while nothing of the earlier search was used, also later on. The way of typing that is
    looked at is the one of the earlier text; what the person tried next may be typed in any way.
    """
    links = session.execute(_linked(looked, *_RAW_IDS, _EARLIER.text, _LATER.text, *_MORE)).all()
    next_of = {earlier: later for earlier, later, *_ in links}
    used = {later for _, later, *_, best_place in links if best_place is not None}
    pairs: dict[tuple[str, str], list[tuple[Any, bool]]] = defaultdict(list)
    for _, later, staff, first, then, kind, _ in links:
        if first != then and looked.kind in {None, kind}:
            pairs[first, then].append((staff, _end_of(later, next_of) in used))
    found = (_rewording(*texts, chains) for texts, chains in pairs.items())
    return sorted(found, key=lambda one: (-one.times, -one.people, one.first, one.then))


_EARLIER, _LATER = aliased(AskedQuery), aliased(AskedQuery)
# As the driver gives them: to make an object of each would take longer than the query.
_RAW_IDS = (
    type_coerce(_EARLIER.id, String).label("earlier_id"),
    type_coerce(_LATER.id, String).label("later_id"),
    type_coerce(_LATER.staff_id, String).label("staff"),
)
_MORE = (_EARLIER.kind, _LATER.best_place)


def _linked(looked: Looked, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(_LATER)
        .join(_EARLIER, col(_EARLIER.id) == _LATER.follows)
        .where(col(_LATER.follows).is_not(None), col(_EARLIER.best_place).is_(None))
        .where(*replace(looked, kind=None).conditions(_LATER))
    )


def _end_of(query_id: str, next_of: Mapping[str, str]) -> str:
    while query_id in next_of:
        query_id = next_of[query_id]
    return query_id


def _rewording(first: str, then: str, chains: Sequence[tuple[Any, bool]]) -> Rewording:
    people = {staff for staff, _ in chains}
    return Rewording(first, then, len(chains), len(people), sum(ended_well for _, ended_well in chains))


def asked_in_a_row(session: Session, looked: Looked, first: str, then: str) -> list[UUID]:
    """Return the searches for one text that were followed by the other, and those that followed."""
    wanted = _linked(looked, _EARLIER.id, _LATER.id).where(_EARLIER.text == first, _LATER.text == then)
    if looked.kind:
        wanted = wanted.where(_EARLIER.kind == looked.kind)
    return [id_ for row in session.execute(wanted) for id_ in row]
