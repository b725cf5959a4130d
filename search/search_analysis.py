"""How searching went: how much, how well, how fast; over a time, by team and by way of typing."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import starmap
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select, text
from sqlmodel import Session, col

from core.identity import Staff
from search.hits import Degradation
from search.query_kinds import QueryKind
from search.query_log import WAS_DEGRADED, AskedQuery

NO_TEAM = "-"
Span = tuple[datetime, datetime]


class By(StrEnum):
    """What figures are told apart by."""

    TEAM = "team"
    KIND = "kind"


_TEAM = func.coalesce(col(AskedQuery.team_code), NO_TEAM)
_KEYS: dict[By, Any] = {By.TEAM: _TEAM, By.KIND: col(AskedQuery.kind)}


@dataclass(frozen=True)
class Looked:
    """Which searches are looked at: from `since` on, before `until`, of one team, typed in one way."""

    since: datetime
    until: datetime
    team_code: str = ""
    kind: QueryKind | None = None

    def conditions(self, asked: Any = AskedQuery) -> list[ColumnElement[bool]]:
        wanted = [asked.at >= self.since, asked.at < self.until]
        if self.team_code:
            wanted.append(func.coalesce(asked.team_code, NO_TEAM) == self.team_code)
        if self.kind:
            wanted.append(asked.kind == self.kind)
        return wanted


@dataclass(frozen=True)
class Figures:
    """Counts of searches. Those `placed` have something used whose place is known; `places` is their sum."""

    searches: int = 0
    nothing: int = 0
    unused: int = 0
    at_1: int = 0
    at_3: int = 0
    at_10: int = 0
    placed: int = 0
    places: int = 0
    durations: Counter[int] = field(default_factory=Counter)
    degraded: int = 0
    degradations: Counter[Degradation] = field(default_factory=Counter)

    def share(self, count: int) -> float | None:
        return count / self.searches if self.searches else None

    @property
    def mean_place(self) -> float | None:
        return self.places / self.placed if self.placed else None

    def duration_of(self, share: float) -> int | None:
        """Return the milliseconds within which that share of the searches was answered."""
        seen = 0
        total = self.durations.total()
        for milliseconds in sorted(self.durations):
            seen += self.durations[milliseconds]
            if seen >= share * total:
                return milliseconds
        return None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


_ASKED, _PLACE = col(AskedQuery.result_count), col(AskedQuery.best_place)
_SAID = cast(col(AskedQuery.degradations), String)
_COUNTS: Any = (
    func.count(),
    func.count().filter(_ASKED == 0),
    func.count().filter(_ASKED > 0, _PLACE.is_(None)),
    func.count().filter(_PLACE == 1),
    func.count().filter(_PLACE.between(1, 3)),
    func.count().filter(_PLACE.between(1, 10)),
    func.count().filter(_PLACE > 0),
    func.coalesce(func.sum(_PLACE), 0),
)
# One long text is added up sooner than the database sorts what it would have to group.
_TAKEN = func.aggregate_strings(cast(col(AskedQuery.duration_ms), String), ",")


def volume(session: Session, looked: Looked) -> Figures:
    """Return the figures without durations and degradations."""
    return Figures(*session.execute(select(*_COUNTS).where(*looked.conditions())).one())


def counts(session: Session, looked: Looked) -> Figures:
    """Return the figures without degradations."""
    return _counted(session.execute(select(*_COUNTS, _TAKEN).where(*looked.conditions())).one())


def _counted(row: Any) -> Figures:
    *counted, taken = row
    times = Counter(taken.split(",")) if taken else {}
    durations = Counter({int(said): count for said, count in times.items()})
    return replace(Figures(*counted), durations=durations)


def degraded(session: Session, looked: Looked) -> Figures:
    """Return only what `counts` leaves out: what could not be used."""
    missed = _degraded(looked).with_only_columns(_SAID, func.count()).group_by(_SAID)
    return sum(starmap(_degradations, session.execute(missed)), Figures())


def figures_of_spans(session: Session, looked: Looked, spans: Sequence[Span]) -> list[Figures]:
    """Return the figures of each stretch of the time."""
    stretches = [replace(looked, since=since, until=until) for since, until in spans]
    return [counts(session, stretch) + degraded(session, stretch) for stretch in stretches]


def figures_by(session: Session, looked: Looked, by: By) -> dict[str, Figures]:
    """Return the figures of each team or kind that searched."""
    key = _KEYS[by]
    rows = session.execute(select(key, *_COUNTS, _TAKEN).where(*looked.conditions()).group_by(key))
    found = {name: _counted(counted) for name, *counted in rows}
    missed = _degraded(looked).with_only_columns(key, _SAID, func.count()).group_by(key, _SAID)
    for name, said, count in session.execute(missed):
        found[name] += _degradations(said, count)
    return found


def _degraded(looked: Looked) -> Any:
    return select(col(AskedQuery.id)).where(*looked.conditions(), text(WAS_DEGRADED))


def _degradations(said: str, count: int) -> Figures:
    named = Counter({Degradation(name): count for name in json.loads(said)})
    return Figures(degraded=count, degradations=named)


def people_searching(session: Session, looked: Looked) -> int:
    """Return how many different people asked."""
    counted: Any
    if looked.team_code or looked.kind:
        counted = select(func.count(func.distinct(col(AskedQuery.staff_id)))).where(*looked.conditions())
    else:  # one look into the index for each person, instead of one for each search
        theirs = select(col(AskedQuery.id)).where(col(AskedQuery.staff_id) == Staff.id, *looked.conditions())
        counted = select(func.count()).select_from(Staff).where(theirs.exists())
    return int(session.execute(counted).scalar_one())
