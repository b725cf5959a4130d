"""How much the articles are taken up: copied by agents, called useful or useless; counted now and then."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import log1p
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, insert
from sqlmodel import Field, Session, SQLModel, col, delete, select

from core import database, jobs
from kb.models import Article, Feedback, Verdict
from kb.search_source import SOURCE
from search.live import Live
from search.query_log import Action, DocumentUse

COUNT = "kb.count_adoption"
EVERY = timedelta(minutes=30)
LOOKS_BACK = timedelta(days=90)
A_VOTE = 3  # somebody took the trouble to say so: as good as three copies


class Adoption(SQLModel, table=True):
    __tablename__ = "kb_adoption"

    article_id: UUID = Field(foreign_key="kb_article.id", primary_key=True, ondelete="CASCADE")
    copied: int = 0
    useful: int = 0
    useless: int = 0
    counted_at: datetime


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(COUNT, _count, label="统计知识采用情况", lane="slow"),)


def weights() -> Mapping[UUID, float]:
    """Return, of the articles that were taken up at all, how much; as it was last counted.

    A weight grows with every copy and useful vote, ever slower; a useless vote takes a useful one away.
    """
    return _weights.latest()


def _load(session: Session) -> Mapping[UUID, float]:
    counts = select(Adoption.article_id, Adoption.copied, Adoption.useful, Adoption.useless)
    return {
        id_: log1p(max(0, copied + A_VOTE * (useful - useless)))
        for id_, copied, useful, useless in session.exec(counts)
    }


def _counted_at(session: Session) -> object:
    """All rows are of one counting."""
    return session.exec(select(Adoption.counted_at).limit(1)).first()


_weights = Live(_counted_at, _load)


def most_adopted(session: Session, *, limit: int) -> list[UUID]:
    """Return the articles that agents take up most."""
    score = col(Adoption.copied) + A_VOTE * (col(Adoption.useful) - col(Adoption.useless))
    best = select(Adoption.article_id).where(score > 0).order_by(score.desc(), col(Adoption.article_id))
    return list(session.exec(best.limit(limit)))


def _count(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    """Count everything anew: what is older than the period falls out by itself."""
    with database.unit_of_work() as session:
        copied = _copies(session, at)
        votes = _votes(session, at)
        session.exec(delete(Adoption))
        taken_up = sorted(copied.keys() | votes.keys())
        rows = [
            {"article_id": id_, "copied": copied.get(id_, 0), "counted_at": at}
            | dict(zip(("useful", "useless"), votes.get(id_, (0, 0)), strict=True))
            for id_ in taken_up
        ]
        if rows:
            session.execute(insert(Adoption), rows)


def _copies(session: Session, at: datetime) -> dict[UUID, int]:
    counted = (
        select(DocumentUse.document_id, func.count())
        .where(DocumentUse.source == SOURCE, DocumentUse.action == Action.COPIED)
        .where(col(DocumentUse.at) > at - LOOKS_BACK)
        .group_by(DocumentUse.document_id)
    )
    known = set(session.exec(select(Article.id)))
    found = ((UUID(id_), times) for id_, times in session.exec(counted))
    return {id_: times for id_, times in found if id_ in known}


def _votes(session: Session, at: datetime) -> dict[UUID, tuple[int, int]]:
    def of(verdict: Verdict) -> Any:
        return func.sum(case((col(Feedback.verdict) == verdict, 1), else_=0))

    counted = (
        select(Feedback.article_id, of(Verdict.USEFUL), of(Verdict.USELESS))
        .where(col(Feedback.created_at) > at - LOOKS_BACK)
        .group_by(col(Feedback.article_id))
    )
    return {id_: (int(useful), int(useless)) for id_, useful, useless in session.exec(counted)}
