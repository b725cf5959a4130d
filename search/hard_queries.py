"""Queries that did not go well: nothing was found, nothing was used, or they were put in other words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
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
    """A question that was put in other words, till the person stopped or found it; `ended_well` counts how
    often the last of them was used."""

    texts: tuple[str, ...]
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
    """Return what was asked one after the other, from the first wording to the last, the most frequent first.

    A link holds only while nothing of the earlier search was used, also later on. The way of typing that is
    looked at is the one of the first text; what the person tried next may be typed in any way.
    """
    same: dict[tuple[str, ...], list[_Chain]] = defaultdict(list)
    for chain in _chains(session, looked):
        same[chain.texts].append(chain)
    found = (_rewording(texts, chains) for texts, chains in same.items())
    return sorted(found, key=lambda one: (-one.times, -one.people, one.texts))


@dataclass(frozen=True, slots=True)
class _Chain:
    """Searches of one person, each but the first of which puts the one before in other words."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    staff: str
    ended_well: bool


_EARLIER, _LATER = aliased(AskedQuery), aliased(AskedQuery)
# As the driver gives them: to make an object of each would take longer than the query.
_LINK: tuple[Any, ...] = (
    type_coerce(_EARLIER.id, String).label("earlier_id"),
    type_coerce(_LATER.id, String).label("later_id"),
    type_coerce(_LATER.staff_id, String).label("staff"),
    col(_EARLIER.text).label("first"),
    col(_LATER.text).label("then"),
    _EARLIER.kind,
    _LATER.best_place,
)


def _chains(session: Session, looked: Looked) -> Iterator[_Chain]:
    """Walk from each search that puts no other in other words to what followed it."""
    link_of = {link.earlier_id: link for link in session.execute(_linked(looked))}
    later = {link.later_id for link in link_of.values()}
    for id_, link in link_of.items():
        if id_ in later or looked.kind not in {None, link.kind}:
            continue
        walked = list(_walk(id_, link_of))
        said = [text for text, _ in groupby([link.first, *(each.then for each in walked)])]
        if len(said) > 1:
            ids = (id_, *(each.later_id for each in walked))
            yield _Chain(tuple(said), ids, link.staff, walked[-1].best_place is not None)


def _walk(id_: str, link_of: Mapping[str, Any]) -> Iterator[Any]:
    while id_ in link_of:
        yield link_of[id_]
        id_ = link_of[id_].later_id


def _linked(looked: Looked) -> Any:
    return (
        select(*_LINK)
        .select_from(_LATER)
        .join(_EARLIER, col(_EARLIER.id) == _LATER.follows)
        .where(col(_LATER.follows).is_not(None), col(_EARLIER.best_place).is_(None))
        .where(*replace(looked, kind=None).conditions(_LATER))
    )


def _rewording(texts: tuple[str, ...], chains: Sequence[_Chain]) -> Rewording:
    people = {chain.staff for chain in chains}
    return Rewording(texts, len(chains), len(people), sum(chain.ended_well for chain in chains))


def asked_in_a_row(session: Session, looked: Looked, texts: Sequence[str]) -> list[UUID]:
    """Return all searches of those who asked just these texts one after the other."""
    wanted = tuple(texts)
    return [
        UUID(str(id_)) for chain in _chains(session, looked) if chain.texts == wanted for id_ in chain.ids
    ]
