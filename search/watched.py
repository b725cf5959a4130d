"""The watched queries: the golden ones and what was really asked last month, each with what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, Session, SQLModel, col, delete, func, or_, select, update

from search.document import DocumentKey
from search.encoder_worker import Vectors
from search.golden import GoldenQuery
from search.kept_scores import Lists, pack, unpack
from search.query import SearchQuery
from search.query_log import Action, AskedQuery, DocumentUse, can_be_asked_again, of_today

MOST = 2000
A_MONTH = timedelta(days=30)
MISSED_TIMES = 2  # asked in vain once may be a slip of the hand; twice is a wish


class WatchedQuery(SQLModel, table=True):
    """`marks`, `scores`: the candidates by signal, `counts` of each (`search.kept_scores`).

    `stamp` tells how the text was read and scored then; empty, if that has to be done anew.
    """

    __tablename__ = "search_watched_query"

    text: str = Field(primary_key=True)
    times: int = 0
    counted_at: datetime
    stamp: str = Field(default="", index=True)
    kept_at: datetime | None = None
    recipe: str = ""
    copied: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    reading: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    shares: list[list[float]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    vector: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    marks: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    scores: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))


@dataclass(frozen=True)
class Found:
    """What a query found: candidates, and how much of the query the best of them contain, by their mark.

    `made_by` is the recipe of the vector, if it has one.
    """

    lists: Lists
    shares: Mapping[int, float]
    vector: Vectors | None = None
    made_by: str = ""


@dataclass(frozen=True)
class Watched:
    """A query with what it found when it was last asked."""

    query: SearchQuery
    times: int
    copied: frozenset[DocumentKey]
    stamp: str
    recipe: str
    found: Found


@dataclass(frozen=True)
class Standing:
    """How many are watched, and how many of them wait for new scores."""

    watched: int
    waiting: int
    counted_at: datetime | None


@dataclass
class _Use:
    times: int = 0
    copied: set[str] = field(default_factory=set)


def gather(session: Session, *, at: datetime) -> None:
    """Decide which queries are watched. What is known of those that stay is kept."""
    golden = session.exec(select(GoldenQuery.text)).all()
    uses = _asked_since(session, at - A_MONTH)
    wanted = [*dict.fromkeys([*golden, *uses])][: max(MOST, len(golden))]  # they come most asked first
    for text, copied in _copied_since(session, at - A_MONTH):
        if text in uses:
            uses[text].copied.add(copied)
    known = set(session.exec(select(WatchedQuery.text)))
    gone = known.difference(wanted)
    session.exec(delete(WatchedQuery).where(col(WatchedQuery.text).in_(gone)))
    session.add_all([WatchedQuery(text=text, counted_at=at) for text in wanted if text not in known])
    session.flush()
    rows = [
        {"text": text, "times": use.times, "copied": sorted(use.copied), "counted_at": at}
        for text, use in ((text, uses.get(text, _Use())) for text in wanted)
    ]
    if rows:
        session.execute(update(WatchedQuery), rows)


def _asked_since(session: Session, since: datetime) -> dict[str, _Use]:
    """Return what was asked, most often first; what had to be masked cannot be asked again."""
    times, best = func.count(), func.max(AskedQuery.result_count)
    recent = select(AskedQuery.text, times).where(AskedQuery.at >= since, of_today())
    counted = recent.group_by(AskedQuery.text)
    fitting = counted.having(or_(best > 0, times >= MISSED_TIMES)).order_by(times.desc(), AskedQuery.text)
    rows = session.exec(fitting.limit(2 * MOST))
    return {text: _Use(count) for text, count in rows if text and can_be_asked_again(text)}


def _copied_since(session: Session, since: datetime) -> Sequence[tuple[str, str]]:
    copied = (
        select(AskedQuery.text, DocumentUse.source, DocumentUse.document_id)
        .join(DocumentUse, col(DocumentUse.query_id) == AskedQuery.id)
        .where(AskedQuery.at >= since, DocumentUse.action == Action.COPIED, of_today())
        .distinct()
    )
    return [(text, str(DocumentKey(source, id_))) for text, source, id_ in session.exec(copied)]


def standing(session: Session, stamp: str) -> Standing:
    waiting = func.count().filter(col(WatchedQuery.stamp) != stamp)
    counted = select(func.count(), waiting, func.min(WatchedQuery.counted_at))
    return Standing(*session.exec(counted).one())


def anything_new(session: Session) -> bool:
    """Tell whether some golden query is not watched, or nothing is although people have asked."""
    watched = select(WatchedQuery.text)
    missing = select(GoldenQuery.id).where(col(GoldenQuery.text).not_in(watched))
    if session.exec(missing.limit(1)).first() is not None:
        return True
    return is_empty(session) and session.exec(select(AskedQuery.id).limit(1)).first() is not None


def is_empty(session: Session) -> bool:
    return session.exec(select(WatchedQuery.text).limit(1)).first() is None


def waiting_for_scores(session: Session, stamp: str, most: int) -> list[WatchedQuery]:
    """Return some that must be asked anew: first those never asked, then those asked longest ago."""
    waiting = select(WatchedQuery).where(WatchedQuery.stamp != stamp)
    oldest = waiting.order_by(col(WatchedQuery.kept_at).asc().nulls_first(), col(WatchedQuery.times).desc())
    return list(session.exec(oldest.limit(most)))


def keep(session: Session, text: str, query: SearchQuery, found: Found, **how: Any) -> None:
    """Keep what it found; `how`: stamp and kept_at. Nothing happens to one not watched any more."""
    counts, marks, scores = pack(found.lists)
    values = {
        "reading": _written(query),
        "counts": counts,
        "shares": [[mark, share] for mark, share in found.shares.items()],
        "vector": b"" if found.vector is None else found.vector.astype("<f4").tobytes(),
        "marks": marks,
        "scores": scores,
        "recipe": found.made_by,
        **how,
    }
    session.exec(update(WatchedQuery).where(col(WatchedQuery.text) == text).values(**values))


def forget_scores(session: Session, texts: Sequence[str] | None = None) -> None:
    """Have these asked anew, or all; until then their former scores are all that is known."""
    changed = update(WatchedQuery).values(stamp="")
    session.exec(changed if texts is None else changed.where(col(WatchedQuery.text).in_(texts)))


def all_kept(session: Session, *, at: datetime) -> list[Watched]:
    """Return all that were ever asked, the most frequent first."""
    kept = select(WatchedQuery).where(col(WatchedQuery.kept_at).is_not(None))
    return [_watched(row, at) for row in session.exec(kept.order_by(col(WatchedQuery.times).desc()))]


def vector_of(row: WatchedQuery, asked: str, recipe: str) -> Vectors | None:
    """Return the vector that is kept of this wording and recipe."""
    fits = row.vector and row.recipe == recipe and row.reading.get("asked") == asked
    return np.frombuffer(row.vector, "<f4") if fits else None


def _written(query: SearchQuery) -> dict[str, Any]:
    return {
        "asked": query.asked,
        "words": dict(query.words),
        "grams": dict(query.grams),
        "sounds": dict(query.sounds),
        "codes": list(query.codes),
        "wordings": list(query.wordings),
    }


def _watched(row: WatchedQuery, at: datetime) -> Watched:
    reading = row.reading | {name: tuple(row.reading[name]) for name in ("codes", "wordings")}
    vector = np.frombuffer(row.vector, "<f4") if row.vector else None
    shares = {int(mark): share for mark, share in row.shares}
    return Watched(
        query=SearchQuery(text=row.text, at=at, **reading),
        times=row.times,
        copied=frozenset(map(DocumentKey.parse, row.copied)),
        stamp=row.stamp,
        recipe=row.recipe,
        found=Found(unpack(row.counts, row.marks, row.scores), shares, vector, row.recipe),
    )
