"""The list of golden queries, with how each did when all were last asked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from search.golden import NO_ANSWER, GoldenQuery, Grade, Judgement
from search.trials import TrialAnswer

GOOD_RANK = 3


class Show(StrEnum):
    """OPEN: not judged yet. LOST: answered too late, or where there is no answer. NOTHING: not answered."""

    OPEN = "open"
    LOST = "lost"
    NOTHING = "nothing"

    @property
    def label(self) -> str:
        return {Show.OPEN: "待判断", Show.LOST: "上次没答好", Show.NOTHING: "上次没有找到"}[self]


@dataclass(frozen=True)
class GoldenRow:
    """`judged` counts what answers. `shown` is how many were found when last asked; None: never asked."""

    query: GoldenQuery
    judged: int
    best_rank: int | None
    shown: int | None

    @property
    def is_open(self) -> bool:
        return not self.judged and self.query.kind != NO_ANSWER

    @property
    def did_well(self) -> bool:
        if self.query.kind == NO_ANSWER:
            return not self.shown
        return self.best_rank is not None and self.best_rank <= GOOD_RANK

    @property
    def standing(self) -> str:
        if not self.shown:
            return "没有找到"
        if self.query.kind == NO_ANSWER:
            return "有结果"
        return f"第 {self.best_rank}" if self.best_rank else "前 10 外"


def listed(trial_id: UUID | None, *, text: str = "", kind: str = "", show: Show | None = None) -> Any:
    """Return the select of matching rows, each to be read by `row_from`, by kind and text."""
    asked = and_(col(TrialAnswer.query_id) == GoldenQuery.id, col(TrialAnswer.trial_id) == trial_id)
    statement = (
        select(GoldenQuery, _answers().label("judged"), TrialAnswer.best_rank, TrialAnswer.shown)
        .outerjoin(TrialAnswer, asked)
        .order_by(col(GoldenQuery.kind), col(GoldenQuery.text))
    )
    if text:
        statement = statement.where(col(GoldenQuery.text).contains(text, autoescape=True))
    if kind:
        statement = statement.where(GoldenQuery.kind == kind)
    return statement if show is None else statement.where(_shown(show))


def row_from(row: Any) -> GoldenRow:
    return GoldenRow(*row)


def kinds(session: Session) -> dict[str, int]:
    """Return the kinds in use with the number of queries, the greatest first."""
    counted = select(GoldenQuery.kind, func.count()).group_by(GoldenQuery.kind)
    return dict(session.exec(counted.order_by(func.count().desc(), GoldenQuery.kind)).all())


def next_open(session: Session, after: GoldenQuery) -> UUID | None:
    """Return another query that nobody has judged, if there is one."""
    waiting = select(GoldenQuery.id).where(_shown(Show.OPEN), GoldenQuery.id != after.id)
    return session.exec(waiting.order_by(col(GoldenQuery.created_at), col(GoldenQuery.text)).limit(1)).first()


def _answers() -> Any:
    return (
        select(func.count())
        .select_from(Judgement)
        .where(Judgement.query_id == GoldenQuery.id, col(Judgement.grade) > Grade.WRONG)
        .correlate(GoldenQuery)
        .scalar_subquery()
    )


def _shown(show: Show) -> ColumnElement[bool]:
    has_answer = col(GoldenQuery.kind) != NO_ANSWER
    if show is Show.OPEN:
        return and_(has_answer, _answers() == 0)
    if show is Show.NOTHING:
        return and_(has_answer, col(TrialAnswer.shown) == 0)
    late = or_(col(TrialAnswer.best_rank).is_(None), col(TrialAnswer.best_rank) > GOOD_RANK)
    asked = col(TrialAnswer.shown).is_not(None)
    return and_(asked, or_(and_(has_answer, late), and_(~has_answer, col(TrialAnswer.shown) > 0)))
