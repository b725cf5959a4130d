"""What was asked, what came of it, and which of it was opened or copied."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, ColumnElement, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from core.clock import day_of
from core.errors import NotFound
from core.identity import Staff
from core.model import Record
from core.privacy import masked
from search.document import DocumentKey
from search.hits import Degradation
from search.keystrokes import are_one_search
from search.query import SearchQuery
from search.query_kinds import QueryKind, kind_of

RECENT_LOOKED_AT = 100
REWORDING = timedelta(seconds=90)
WAS_DEGRADED = "CAST(degradations AS VARCHAR) <> '[]'"
_FOLLOWS = "follows IS NOT NULL"
_SPACED_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}")
_MASKED = re.compile(r"\d\*+\d")


class SettledBy(StrEnum):
    """What made the agent's typing a question: a key, a rest of the hands, or a link."""

    ENTER = "enter"
    PAUSE = "pause"
    LINK = "link"


class Action(StrEnum):
    OPENED = "opened"
    COPIED = "copied"


class NoSuchQuery(NotFound):
    message = "这次查询的记录不存在，请重新查询。"


class AskedQuery(Record, table=True):
    """One search of one person: the keystrokes that led to it are one row, with the text that came last.

    Numbers of five digits and more are masked before they are kept. `best_place` is where in the list the
    best of what was used stood: none if nothing was, 0 if nobody knows. `as_of` is the day whose rules were
    asked for, if that was not the day itself: what came of it tells nothing of today's. `follows` is the
    search that this one puts in other words: asked shortly before, nothing of it used till then.
    """

    __tablename__ = "search_query"
    __table_args__ = (
        Index("ix_search_query_asked", "staff_id", "at"),
        Index(
            "ix_search_query_measured",
            *("at", "result_count", "best_place", "duration_ms", "team_code", "kind"),
        ),
        Index("ix_search_query_follows", "at", sqlite_where=sql(_FOLLOWS), postgresql_where=sql(_FOLLOWS)),
        Index(
            "ix_search_query_degraded",
            "at",
            sqlite_where=sql(WAS_DEGRADED),
            postgresql_where=sql(WAS_DEGRADED),
        ),
    )

    staff_id: UUID = Field(foreign_key="core_staff.id")
    team_code: str | None = None
    text: str
    kind: str
    at: datetime
    result_count: int
    duration_ms: int
    degradations: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    filters: dict[str, list[str]] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    settled_by: str
    best_place: int | None = None
    as_of: date | None = None
    follows: UUID | None = None


class DocumentUse(SQLModel, table=True):
    """Somebody opened or copied a document; for the same answer, a second click changes nothing.

    Without `query_id` it was reached otherwise: by a link, or from a list.
    """

    __tablename__ = "search_use"
    __table_args__ = (
        UniqueConstraint("query_id", "source", "document_id", "action"),
        Index("ix_search_use_recent", "staff_id", "at"),
    )

    number: int | None = Field(default=None, primary_key=True)
    query_id: UUID | None = Field(default=None, foreign_key="search_query.id")
    staff_id: UUID = Field(foreign_key="core_staff.id")
    source: str
    document_id: str = Field(index=True)
    action: str
    position: int
    at: datetime


@dataclass(frozen=True)
class Outcome:
    """What the person saw: `result_count` after the database had its say."""

    result_count: int
    duration_ms: int
    degradations: frozenset[Degradation]
    settled_by: SettledBy


@dataclass(frozen=True)
class Use:
    """What somebody did last with a document, and when."""

    key: DocumentKey
    action: Action
    at: datetime


def note_query(  # noqa: PLR0913 - what, and what came of it, by whom, in which team, and when
    session: Session,
    query: SearchQuery,
    outcome: Outcome,
    *,
    staff_id: UUID,
    at: datetime,
    query_id: UUID | None = None,
    team_code: str | None = None,
) -> UUID:
    """Keep a settled query; the id ties later uses to it. It may have been shown before this is kept.

    A text that goes on typing the person's last one, or is the same looked for elsewhere, takes its row over,
    id and all, unless that was used.
    """
    _take_turn(session, staff_id)
    asked = AskedQuery(
        id=query_id or uuid4(),
        staff_id=staff_id,
        team_code=team_code,
        text=without_numbers(query.text),
        kind=_kind_of(query),
        at=at,
        result_count=outcome.result_count,
        duration_ms=outcome.duration_ms,
        degradations=sorted(outcome.degradations),
        filters={name: sorted(wish) for name, wish in query.filters.items()},
        settled_by=outcome.settled_by,
        as_of=day_of(query.at) if query.of_another_day else None,
    )
    last = _last_of(session, staff_id)
    kept = _kept(last, asked) if last else asked
    session.add(kept)
    session.flush()
    return kept.id


def _kind_of(query: SearchQuery) -> QueryKind:
    """Tell the kind by the text, and wrong characters by the correction that was made."""
    kind = kind_of(query.text)
    was_corrected = any(reading.is_sure for reading in query.corrections)
    return QueryKind.HOMOPHONE if was_corrected and kind is QueryKind.HANZI else kind


def _take_turn(session: Session, staff_id: UUID) -> None:
    """Let what one person's screens write at once come one after the other."""
    session.exec(select(Staff.id).where(Staff.id == staff_id).with_for_update(key_share=True)).one_or_none()


def _last_of(session: Session, staff_id: UUID) -> AskedQuery | None:
    theirs = select(AskedQuery).where(AskedQuery.staff_id == staff_id)
    latest = theirs.order_by(col(AskedQuery.at).desc(), col(AskedQuery.created_at).desc())
    return session.exec(latest.limit(1)).first()


def _kept(last: AskedQuery, asked: AskedQuery) -> AskedQuery:
    """Return the row that stands for what was asked now, seeing what this person had asked last."""
    was_overtaken = asked.at < last.at
    if are_one_search(last, asked) and (was_overtaken or last.best_place is None):
        return last if was_overtaken else _typed_on(last, asked)
    if timedelta() <= asked.at - last.at <= REWORDING and last.best_place is None:
        asked.follows = last.id
    return asked


def _typed_on(last: AskedQuery, asked: AskedQuery) -> AskedQuery:
    for name in AskedQuery.model_fields.keys() - {"created_at", "follows"}:
        setattr(last, name, getattr(asked, name))
    return last


def note_use(  # noqa: PLR0913 - what, of which answer, by whom, where and when
    session: Session,
    query_id: UUID | None,
    key: DocumentKey,
    action: Action,
    *,
    position: int,
    staff_id: UUID,
    at: datetime,
) -> None:
    """Keep that a document of this answer was used, once for each action.

    :raises NoSuchQuery: if this person asked no such query
    """
    asked = _asked_by(session, query_id, staff_id) if query_id else None
    use = DocumentUse(
        query_id=query_id,
        staff_id=staff_id,
        source=key.source,
        document_id=key.id,
        action=action,
        position=position,
        at=at,
    )
    try:
        with session.begin_nested():
            session.add(use)
    except IntegrityError:
        return  # it was kept before
    if asked:
        asked.best_place = _better(asked.best_place, position)
        session.add(asked)


def _asked_by(session: Session, query_id: UUID, staff_id: UUID) -> AskedQuery:
    _take_turn(session, staff_id)
    asked = session.get(AskedQuery, query_id)
    if asked is None or asked.staff_id != staff_id:
        raise NoSuchQuery
    return asked


def _better(place: int | None, other: int) -> int:
    """Return the place nearer to the top; one that nobody knows is none."""
    return min((each for each in (place, other) if each and each > 0), default=0)


def recent_uses(session: Session, staff_id: UUID, *, limit: int = 8) -> list[Use]:
    """Return what this person opened or copied last, each document once with the last thing done to it."""
    theirs = select(DocumentUse).where(DocumentUse.staff_id == staff_id)
    latest = session.exec(theirs.order_by(col(DocumentUse.at).desc()).limit(RECENT_LOOKED_AT))
    uses: dict[DocumentKey, Use] = {}
    for use in latest:
        key = DocumentKey(use.source, use.document_id)
        uses.setdefault(key, Use(key, Action(use.action), use.at))
    return list(uses.values())[:limit]


def recent_of(session: Session, staff_id: UUID, *, limit: int = 8) -> list[str]:
    """Return what this person asked last, each once; what had to be masked cannot be asked again."""
    latest = select(AskedQuery.text).where(AskedQuery.staff_id == staff_id)
    texts = session.exec(latest.order_by(col(AskedQuery.at).desc()).limit(RECENT_LOOKED_AT))
    return [text for text in dict.fromkeys(texts) if can_be_asked_again(text)][:limit]


def of_today(asked: Any = AskedQuery) -> ColumnElement[bool]:
    """Tell of a search whether it was for what held when it was asked, and not for another day."""
    return col(asked.as_of).is_(None)


def can_be_asked_again(text: str) -> bool:
    """Tell whether the log has the text whole: of a number it has only the ends."""
    return not _MASKED.search(text)


def without_numbers(text: str) -> str:
    """Return the text without the inside of long numbers, also of those written in groups."""
    joined = _SPACED_NUMBER.sub(lambda number: re.sub(r"\D", "", number[0]), text)
    return masked(joined)
