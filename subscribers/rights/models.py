"""Requests about personal data, their steps and clocks, files handed out, and how long things are kept."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from core.model import Record
from subscribers.models import BIG


class RightsKind(StrEnum):
    COPY = "copy"
    CORRECT = "correct"
    DELETE = "delete"
    RESTRICT = "restrict"
    REFUSE_MARKETING = "refuse_marketing"

    @property
    def label(self) -> str:
        return _KINDS[self][0]

    @property
    def basis(self) -> str:
        """The article of the law on personal information (个人信息保护法) that gives the right."""
        return f"《个人信息保护法》第{_KINDS[self][1]}条"


_KINDS = {
    RightsKind.COPY: ("查阅、复制资料", "四十五"),
    RightsKind.CORRECT: ("更正、补充资料", "四十六"),
    RightsKind.DELETE: ("删除资料", "四十七"),
    RightsKind.RESTRICT: ("限制处理", "四十四"),
    RightsKind.REFUSE_MARKETING: ("谢绝营销", "二十四"),
}


class RightsState(StrEnum):
    RECEIVED = "received"
    VERIFIED = "verified"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _STATES[self]


_STATES = {
    RightsState.RECEIVED: "待核身",
    RightsState.VERIFIED: "待办理",
    RightsState.WORKING: "办理中",
    RightsState.DONE: "已办结",
    RightsState.REFUSED: "不予办理",
    RightsState.WITHDRAWN: "客户撤回",
}
OPEN_STATES = (RightsState.RECEIVED, RightsState.VERIFIED, RightsState.WORKING)


class RightsChannel(StrEnum):
    CALL = "call"
    COUNTER = "counter"
    LETTER = "letter"
    ONLINE = "online"

    @property
    def label(self) -> str:
        return {"call": "来电", "counter": "营业厅", "letter": "信函", "online": "网上"}[self.value]


class RightsRequest(Record, table=True):
    """`report` is what carrying it out did, in counts; `for_number` narrows a refusal to one number."""

    __tablename__ = "subscribers_rights_request"
    __table_args__ = (Index("ix_subscribers_rights_request_open", "state", "due_on"),)

    number: int = Field(unique=True)
    kind: str
    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    for_number: str = ""
    asked: str = Field(sa_type=Text)
    channel: str
    state: str = RightsState.RECEIVED
    received_at: datetime
    received_by: UUID = Field(index=True)
    due_on: date
    closed_at: datetime | None = None
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))

    @property
    def code(self) -> str:
        return f"QL-{self.number:05}"


class RightsStep(Record, table=True):
    """A change of state: who, when, why, and the proof that was shown or given."""

    __tablename__ = "subscribers_rights_step"

    request_id: UUID = Field(foreign_key="subscribers_rights_request.id", index=True)
    state: str
    at: datetime
    staff_id: UUID
    note: str = Field(default="", sa_type=Text)
    proof: str = ""


class RightsClock(SQLModel, table=True):
    """In how many working days a request of a kind is answered, if not the usual."""

    __tablename__ = "subscribers_rights_clock"

    kind: str = Field(primary_key=True)
    working_days: int


class PersonFile(Record, table=True):
    """The copy of a person's data made for a request: sealed, and gone when it expires."""

    __tablename__ = "subscribers_rights_file"

    request_id: UUID = Field(foreign_key="subscribers_rights_request.id", unique=True)
    content_sealed: str = Field(sa_type=Text)
    bytes: int
    sha256: str
    expires_at: datetime = Field(index=True)


class RetentionRule(SQLModel, table=True):
    """How many months a kind of row is kept, if somebody chose another number than the usual."""

    __tablename__ = "subscribers_retention_rule"

    what: str = Field(primary_key=True)
    months: int


class RetentionRun(Record, table=True):
    """One round of the rules. `counts` says of each what went (dry: would go), and is kept up as it goes."""

    __tablename__ = "subscribers_retention_run"

    is_dry: bool
    staff_id: UUID
    at: datetime = Field(index=True)
    finished_at: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
