"""The golden queries: what people ask, and which documents answer it, judged by hand."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from core.model import Record
from search.document import DocumentKey

NO_ANSWER = "无答案"


class Grade(IntEnum):
    """How well a document answers: the answer, useful beside it, or looked at and wrong."""

    ANSWERS = 2
    HELPS = 1
    WRONG = 0

    @property
    def label(self) -> str:
        return {Grade.ANSWERS: "答对", Grade.HELPS: "相关", Grade.WRONG: "不对"}[self]


class GoldenQuery(Record, table=True):
    """One that is held out is never used for tuning. One of the kind `NO_ANSWER` has none in the centre."""

    __tablename__ = "search_golden_query"

    text: str = Field(unique=True)
    kind: str = Field(index=True)
    held_out: bool = False
    created_by: UUID


class Judgement(SQLModel, table=True):
    __tablename__ = "search_judgement"

    query_id: UUID = Field(foreign_key="search_golden_query.id", primary_key=True)
    source: str = Field(primary_key=True)
    document_id: str = Field(primary_key=True)
    grade: int
    judged_by: UUID
    judged_at: datetime


@dataclass(frozen=True)
class Golden:
    """A golden query with its judgements."""

    id: UUID
    text: str
    kind: str
    held_out: bool
    grades: Mapping[DocumentKey, Grade]

    @property
    def relevant(self) -> frozenset[DocumentKey]:
        return frozenset(key for key, grade in self.grades.items() if grade > Grade.WRONG)

    @property
    def is_judged(self) -> bool:
        """Tell whether it is known what answers it: until then it says nothing about the search."""
        return bool(self.relevant) or self.kind == NO_ANSWER


def all_golden(session: Session) -> list[Golden]:
    """Return every golden query, by kind and text."""
    grades: dict[UUID, dict[DocumentKey, Grade]] = defaultdict(dict)
    for one in session.exec(select(Judgement)):
        grades[one.query_id][DocumentKey(one.source, one.document_id)] = Grade(one.grade)
    queries = session.exec(select(GoldenQuery).order_by(col(GoldenQuery.kind), col(GoldenQuery.text)))
    return [Golden(one.id, one.text, one.kind, one.held_out, grades.get(one.id, {})) for one in queries]


def judged_golden(session: Session) -> list[Golden]:
    """Return those of which it is known what answers them."""
    return [one for one in all_golden(session) if one.is_judged]


def grades_of(session: Session, query_id: UUID) -> dict[DocumentKey, Grade]:
    judgements = session.exec(select(Judgement).where(Judgement.query_id == query_id))
    return {DocumentKey(one.source, one.document_id): Grade(one.grade) for one in judgements}
