"""Corrections with their history, the rule of each field, and the files that tell the sources."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.model import Record
from subscribers.models import BIG


class CorrectionState(StrEnum):
    """`REJECTED` and `CONFLICT` wait for a person; from `CONFIRMED` on it is closed."""

    OPEN = "open"
    SENT = "sent"
    ACCEPTED = "accepted"
    LATER = "later"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    GONE = "gone"

    @property
    def label(self) -> str:
        return _STATES[self]


_STATES = {
    CorrectionState.OPEN: "待反馈",
    CorrectionState.SENT: "已反馈，等来源答复",
    CorrectionState.ACCEPTED: "来源已受理，还没更新",
    CorrectionState.LATER: "来源稍后处理",
    CorrectionState.REJECTED: "来源不受理",
    CorrectionState.CONFLICT: "与来源新值矛盾",
    CorrectionState.CONFIRMED: "来源已更新",
    CorrectionState.SUPERSEDED: "已被替代",
    CorrectionState.WITHDRAWN: "已撤回",
    CorrectionState.GONE: "来源已删除该资料",
}
CLOSED = frozenset(
    {
        CorrectionState.CONFIRMED,
        CorrectionState.SUPERSEDED,
        CorrectionState.WITHDRAWN,
        CorrectionState.GONE,
    }
)
_IS_OPEN = text("is_open")


class Correction(Record, table=True):
    """What an agent heard of one field of one copied row, written as the files write it.

    `base`, `met` and `affirmed_at` are those of `survivorship.Claim`. `version` rises with each change of
    state, so that two people who decide at once notice.
    """

    __tablename__ = "subscribers_correction"
    __table_args__ = (
        Index(
            "uq_subscribers_correction_open",
            "entity",
            "row_id",
            "field",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_subscribers_correction_waiting", "is_open", "state", "affirmed_at"),
    )

    entity: str
    row_id: int = Field(sa_type=BIG)
    field: str
    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    source: str
    base: str = ""
    met: str = ""
    met_at: datetime | None = None
    proposed: str
    evidence: str
    staff_id: UUID = Field(foreign_key="core_staff.id")
    affirmed_at: datetime
    state: str = CorrectionState.OPEN
    state_since: datetime
    is_open: bool = True
    version: int = 0
    contradictions: int = 0
    age_level: int = 0
    feedback_id: int | None = Field(
        default=None, foreign_key="subscribers_feedback.id", index=True, sa_type=BIG
    )
    answer: str = ""
    merge_id: UUID | None = Field(default=None, foreign_key="subscribers_merge.id", index=True)


class CorrectionStep(SQLModel, table=True):
    """What happened to a correction: by a person, or by the system where there is none."""

    __tablename__ = "subscribers_step"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    correction_id: UUID = Field(foreign_key="subscribers_correction.id", index=True)
    at: datetime
    state: str
    note: str = ""
    staff_id: UUID | None = Field(default=None, foreign_key="core_staff.id")


class FieldRule(SQLModel, table=True):
    """What somebody chose for a field; one without a row keeps to `entities` and `completeness`."""

    __tablename__ = "subscribers_field_rule"

    entity: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    survives: str
    weight: int
    staff_id: UUID = Field(foreign_key="core_staff.id")
    at: datetime


class FeedbackState(StrEnum):
    """`PLANNED`: its lines are chosen, the file may not stand yet."""

    PLANNED = "planned"
    WRITTEN = "written"
    ANSWERED = "answered"

    @property
    def label(self) -> str:
        return {"planned": "正在写出", "written": "等来源答复", "answered": "已答复"}[self]


class FeedbackFile(SQLModel, table=True):
    """One file to one source, and how the source answered its lines."""

    __tablename__ = "subscribers_feedback"
    __table_args__ = (Index("uq_subscribers_feedback_sequence", "source", "sequence", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    source: str
    sequence: int
    name: str = Field(unique=True)
    state: str = FeedbackState.PLANNED
    planned_at: datetime
    rows: int = 0
    sha256: str = ""
    answered_at: datetime | None = None
    accepted: int = 0
    rejected: int = 0
    later: int = 0
    stale: int = 0  # answers to corrections that were over by then


class Merge(Record, table=True):
    """Two customers of the sources are one person here, until it is undone; their rows stay as they are."""

    __tablename__ = "subscribers_merge"
    __table_args__ = (
        Index(
            "uq_subscribers_merge_standing",
            "merged_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    kept_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    merged_id: int = Field(foreign_key="subscribers_customer.id", sa_type=BIG)
    staff_id: UUID = Field(foreign_key="core_staff.id")
    undone_by: UUID | None = Field(default=None, foreign_key="core_staff.id")
    undone_at: datetime | None = None


class DuplicateState(StrEnum):
    WAITING = "waiting"
    MERGED = "merged"
    DIFFERENT = "different"

    @property
    def label(self) -> str:
        return {"waiting": "待判断", "merged": "已合并", "different": "不是同一人"}[self]


class Duplicate(SQLModel, table=True):
    """Two customers who may be one, the lower number first, with what they share."""

    __tablename__ = "subscribers_duplicate"
    __table_args__ = (Index("ix_subscribers_duplicate_waiting", "state", "score"),)

    first_id: int = Field(primary_key=True, foreign_key="subscribers_customer.id", sa_type=BIG)
    second_id: int = Field(primary_key=True, foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    same_certificate: bool = False
    same_phone: bool = False
    same_address: bool = False
    score: int = 0
    state: str = DuplicateState.WAITING
    found_at: datetime
    staff_id: UUID | None = Field(default=None, foreign_key="core_staff.id")
    decided_at: datetime | None = None
