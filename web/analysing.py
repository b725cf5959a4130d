"""What the page of search analytics shows: which searches, which table, and its rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session

from core import staff
from core.clock import day_of
from search.hard_queries import Ending, HardQuery, Rewording, hard_queries, rewordings
from search.query_kinds import QueryKind
from search.search_analysis import (
    NO_TEAM,
    By,
    Figures,
    Looked,
    counts,
    degraded,
    figures_by,
    figures_of_spans,
    people_searching,
    volume,
)
from web.bars import Picture, draw
from web.forms import OrAll
from web.periods import Period, Stretch, between, last_days
from web.templating import local_time

SHOWN = 50
IN_A_FILE = 10_000
NO_TEAM_NAME = "未分组"


class Table(StrEnum):
    NOTHING = "nothing"
    UNUSED = "unused"
    REWORDINGS = "rewordings"
    DAYS = "days"
    TEAMS = "teams"
    KINDS = "kinds"

    @property
    def label(self) -> str:
        return _TABLES[self]


_TABLES = {
    Table.NOTHING: "没有结果的查询",
    Table.UNUSED: "有结果没人点的查询",
    Table.REWORDINGS: "换说法的过程",
    Table.DAYS: "按天",
    Table.TEAMS: "按班组",
    Table.KINDS: "按方式",
}


class Asked(BaseModel):
    """What the address says: the last so many days, or from one to another; a team; a way of typing."""

    days: int = Field(7, ge=1, le=366)
    since: OrAll[date] = None
    until: OrAll[date] = None
    team: str = Field("", max_length=60)
    kind: OrAll[QueryKind] = None
    table: Table = Table.NOTHING

    def period(self, at: datetime) -> Period:
        today = day_of(at)
        if self.since or self.until:
            return between(self.since or self.until or today, self.until or today)
        return last_days(self.days, today)

    def looked(self, at: datetime) -> Looked:
        period = self.period(at)
        return Looked(period.since, period.until, self.team, self.kind)

    def address(self) -> dict[str, str]:
        """Return what a link says to stay with these searches."""
        said = self.model_dump(mode="json", exclude_defaults=True, include=set(Asked.model_fields))
        return {name: str(value) for name, value in said.items() if value}


@dataclass(frozen=True)
class Group:
    """A row of the tables by day, by team, by kind; `only` is what a link adds to see its searches."""

    label: str
    only: dict[str, str]
    figures: Figures


@dataclass(frozen=True)
class Overview:
    """`rows` are those of the table that is open."""

    figures: Figures
    people: int
    picture: Picture
    rows: list[Any]


def overview(session: Session, asked: Asked, *, at: datetime) -> Overview:
    looked, stretches = asked.looked(at), asked.period(at).stretches()
    rows = table_rows(session, asked, limit=SHOWN, at=at)
    groups = [row.figures for row in rows if isinstance(row, Group)]
    counted = volume if groups else counts
    course = [counted(session, _within(looked, stretch)) for stretch in stretches]
    return Overview(
        figures=sum(groups or [*course, degraded(session, looked)], Figures()),  # groups add up to the whole
        people=people_searching(session, looked),
        picture=draw(list(zip(stretches, course, strict=True))),
        rows=rows,
    )


def _within(looked: Looked, stretch: Stretch) -> Looked:
    return replace(looked, since=stretch.since, until=stretch.until)


def table_rows(session: Session, asked: Asked, *, limit: int, at: datetime) -> list[Any]:
    read: dict[Table, Callable[[], list[Any]]] = {
        Table.NOTHING: lambda: hard_queries(session, asked.looked(at), Ending.NOTHING, limit=limit),
        Table.UNUSED: lambda: hard_queries(session, asked.looked(at), Ending.UNUSED, limit=limit),
        Table.REWORDINGS: lambda: rewordings(session, asked.looked(at))[:limit],
        Table.DAYS: lambda: _by_day(session, asked, at),
        Table.TEAMS: lambda: _by_team(session, asked.looked(at)),
        Table.KINDS: lambda: _by_kind(session, asked.looked(at)),
    }
    return read[asked.table]()


def _by_day(session: Session, asked: Asked, at: datetime) -> list[Group]:
    days = asked.period(at).days()
    found = figures_of_spans(session, asked.looked(at), [(day.since, day.until) for day in days])
    return [
        Group(day.label, {"since": day.first.isoformat(), "until": day.last.isoformat()}, figures)
        for day, figures in reversed(list(zip(days, found, strict=True)))
        if figures.searches
    ]


def _by_team(session: Session, looked: Looked) -> list[Group]:
    names = team_names(session)
    found = figures_by(session, looked, By.TEAM)
    return _busiest([Group(names.get(code, code), {"team": code}, each) for code, each in found.items()])


def _by_kind(session: Session, looked: Looked) -> list[Group]:
    found = figures_by(session, looked, By.KIND)
    return _busiest([Group(QueryKind(kind).label, {"kind": kind}, each) for kind, each in found.items()])


def _busiest(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.figures.searches, group.label))


def team_names(session: Session) -> dict[str, str]:
    return {team.code: team.name for team in staff.all_teams(session)} | {NO_TEAM: NO_TEAM_NAME}


HEADINGS: dict[type, tuple[str, ...]] = {
    HardQuery: ("查询", "次数", "人数", "最近一次"),
    Rewording: ("先后的问法", "次数", "人数", "最后点开或复制"),
    Group: (
        *("", "检索次数", "没有结果", "有结果没人点", "首条就用上", "前 3 条用上", "前 10 条用上"),
        *("平均位置", "P50 毫秒", "P95 毫秒", "P99 毫秒", "降级次数"),
    ),
}
_ROWS_OF = {Table.NOTHING: HardQuery, Table.UNUSED: HardQuery, Table.REWORDINGS: Rewording}


def headings(table: Table) -> tuple[str, ...]:
    first, *rest = HEADINGS[_ROWS_OF.get(table, Group)]
    return (first or table.label, *rest)


def cells(row: HardQuery | Rewording | Group) -> tuple[object, ...]:
    """Return a row of a table as a file has it."""
    if isinstance(row, HardQuery):
        return row.text, row.times, row.people, local_time(row.last_at)
    if isinstance(row, Rewording):
        return " → ".join(row.texts), row.times, row.people, row.ended_well
    counted = row.figures
    return (
        *(row.label, counted.searches, counted.nothing, counted.unused),
        *(counted.at_1, counted.at_3, counted.at_10, counted.mean_place),
        *(counted.duration_of(share) for share in (0.5, 0.95, 0.99)),
        counted.degraded,
    )
