"""What was the rule on a day, and what will be: the version in force then."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from core.clock import day_of, start_of
from kb.models import Publication
from kb.search_source import KEPT, PERIODS, key_of, period_key
from search.document import DocumentKey
from search.hits import Hit, Hits
from search.query import SearchQuery

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
_YEARS_AGO = {"前年": 2, "去年": 1, "上年": 1, "今年": 0}
_SAID = (
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>20\d\d)\s?年\s?(?P<month>\d{1,2})\s?月(?:份|(?P<day>\d{1,2})\s?[日号])?"),
    re.compile(r"(?P<ago>前年|去年|上年|今年)\s?(?P<month>\d{1,2})\s?月(?:份|(?P<day>\d{1,2})\s?[日号])?"),
)


@dataclass(frozen=True)
class SaidDay:
    """A day that the question names; `rest` is the question without it."""

    day: date
    rest: str


def moment_of(day: date) -> datetime:
    """Return the last moment of that day in the centre: what was published during it counts."""
    return start_of(day + timedelta(days=1)) - timedelta(seconds=1)


def another_day(as_of: date | None, at: datetime) -> date | None:
    """Return the day unless it is today, or none that anybody could mean."""
    return as_of if as_of and as_of != day_of(at) and EARLIEST <= as_of <= LATEST else None


def earliest_kept(at: datetime) -> date:
    """Return the first day of which every rule can still be found: what ended before it is not searched."""
    return day_of(at - KEPT) + timedelta(days=1)


def on(query: SearchQuery, day: date | None) -> SearchQuery:
    """Return the query as it is to be asked for that day, if it is one."""
    return replace(query, at=moment_of(day), of_another_day=True) if day else query


def as_articles(session: Session, hits: Hits) -> Hits:
    """Return the hits by article, be it found by what holds now or by another period; each once."""
    periods = [UUID(hit.key.id) for hit in hits.ranked if hit.key.source == PERIODS]
    if not periods:
        return hits
    known = select(Publication.id, Publication.article_id).where(col(Publication.id).in_(periods))
    keys = {period_key(id_): key_of(article_id) for id_, article_id in session.exec(known)}
    found: dict[DocumentKey, Hit] = {}
    for hit in hits.ranked:
        key = keys.get(hit.key, hit.key)
        if key.source != PERIODS:
            found.setdefault(key, replace(hit, key=key))
    return replace(hits, ranked=tuple(found.values()))


def day_said(text: str, at: datetime) -> SaidDay | None:
    """Return the first day that is named, such as 2025-08-01, 2025年8月 (its first) or 去年8月1号."""
    for match, day in _days(text, day_of(at)):
        rest = " ".join((text[: match.start()] + " " + text[match.end() :]).split())
        return SaidDay(day, rest or text)
    return None


def _days(text: str, today: date) -> Iterator[tuple[re.Match[str], date]]:
    for pattern in _SAID:
        for match in pattern.finditer(text):
            said = match.groupdict()
            year = int(said["year"]) if "year" in said else today.year - _YEARS_AGO[said["ago"]]
            month, day = int(said["month"]), int(said["day"] or 1)
            try:
                yield match, date(year, month, day)
            except ValueError:  # there is no such day: the agent meant something else
                continue
