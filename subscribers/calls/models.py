"""Calls, the events they are made of, the agents who had them, their wrap-ups, and what agents were doing."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from core.model import Record
from subscribers.models import BIG

PRACTICE = "practice"  # the switch of calls that are made for training


class EventKind(StrEnum):
    """`lost` is our own: the switch has fallen silent, and the call is taken for over."""

    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    ENDED = "ended"
    LOST = "lost"

    @property
    def label(self) -> str:
        return _EVENTS[self]


class Phase(StrEnum):
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return _PHASES[self]


class Direction(StrEnum):
    IN = "in"
    OUT = "out"

    @property
    def label(self) -> str:
        return {Direction.IN: "呼入", Direction.OUT: "呼出"}[self]


class Doing(StrEnum):
    """What an agent is doing while no call is at hand."""

    IDLE = "idle"
    BUSY = "busy"
    REST = "rest"
    WRAPPING = "wrapping"

    @property
    def label(self) -> str:
        return _DOING[self]


class UseKind(StrEnum):
    SEARCHED = "searched"
    OPENED = "opened"
    COPIED = "copied"

    @property
    def label(self) -> str:
        return {UseKind.SEARCHED: "搜索", UseKind.OPENED: "打开", UseKind.COPIED: "复制话术"}[self]


_EVENTS = {
    EventKind.RINGING: "振铃",
    EventKind.ANSWERED: "接听",
    EventKind.HELD: "保持",
    EventKind.RESUMED: "恢复通话",
    EventKind.TRANSFERRED: "转接",
    EventKind.ENDED: "挂断",
    EventKind.LOST: "按已结束处理",
}
_PHASES = {Phase.RINGING: "振铃", Phase.TALKING: "通话中", Phase.HELD: "保持", Phase.ENDED: "已结束"}
_DOING = {Doing.IDLE: "空闲", Doing.BUSY: "示忙", Doing.REST: "小休", Doing.WRAPPING: "话后"}


class Call(Record, table=True):
    """What is known of a call: the sum of its events. `customer_id` is whose number it was when it rang, and
    stays so whoever gets the number afterwards."""

    __tablename__ = "subscribers_call"
    __table_args__ = (
        UniqueConstraint("switch", "key"),
        Index("ix_subscribers_call_open", "phase", "rang_at"),
        Index("ix_subscribers_call_customer", "customer_id", "rang_at"),
    )

    switch: str  # the key of the client that tells of it
    key: str
    direction: str = Direction.IN
    caller: str = ""
    called: str = ""
    ivr: str = ""
    queue_seconds: int | None = None
    phase: str = Phase.RINGING
    agent_id: UUID | None = Field(default=None, foreign_key="core_staff.id")
    rang_at: datetime = Field(index=True)
    answered_at: datetime | None = None
    held_at: datetime | None = None
    held_seconds: int = 0
    ended_at: datetime | None = None
    heard_at: datetime  # when its latest event came in
    customer_id: int | None = Field(default=None, foreign_key="subscribers_customer.id", sa_type=BIG)
    subscription_id: int | None = Field(default=None, foreign_key="subscribers_subscription.id", sa_type=BIG)

    @property
    def party(self) -> str:
        """Return the number of the person outside."""
        return self.called if self.direction == Direction.OUT else self.caller

    @property
    def standing(self) -> Phase:
        return Phase(self.phase)

    @property
    def is_practice(self) -> bool:
        return self.switch == PRACTICE

    @property
    def talked_seconds(self) -> int:
        """Return for how long the two spoke; holding is not speaking."""
        if not self.answered_at or not self.ended_at:
            return 0
        return max(0, round((self.ended_at - self.answered_at).total_seconds()) - self.held_seconds)


class CallEvent(Record, table=True):
    """One thing that the switch said. `said` has the parts that not every event has."""

    __tablename__ = "subscribers_call_event"
    __table_args__ = (UniqueConstraint("switch", "event_id"),)

    call_id: UUID = Field(foreign_key="subscribers_call.id", index=True)
    switch: str
    event_id: str
    kind: str
    at: datetime
    sequence: int = 0
    agent: str = ""
    said: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class CallLeg(Record, table=True):
    """An agent's part in a call: from the ringing at the desk to the end, or to the next agent."""

    __tablename__ = "subscribers_call_leg"
    __table_args__ = (
        UniqueConstraint("call_id", "staff_id"),
        Index("ix_subscribers_call_leg_open", "staff_id", "left_at"),
        Index("ix_subscribers_call_leg_rang", "staff_id", "rang_at"),
    )

    call_id: UUID = Field(foreign_key="subscribers_call.id")
    staff_id: UUID = Field(foreign_key="core_staff.id")
    rang_at: datetime
    answered_at: datetime | None = None
    left_at: datetime | None = None
    transferred_to: str = ""


class AgentState(Record, table=True):
    """What an agent did from when to when; the one row without an end is now."""

    __tablename__ = "subscribers_agent_state"
    __table_args__ = (
        Index(
            "ux_subscribers_agent_state_now",
            "staff_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_subscribers_agent_state_since", "staff_id", "since"),
    )

    staff_id: UUID = Field(foreign_key="core_staff.id")
    state: str
    since: datetime
    until: datetime | None = None


class WrapUpCode(Record, table=True):
    """A leaf or a branch of the tree by which calls are sorted, such as 宽带 › 解约 › 资费咨询."""

    __tablename__ = "subscribers_wrap_up_code"

    parent_id: UUID | None = Field(default=None, foreign_key="subscribers_wrap_up_code.id", index=True)
    name: str
    position: int = 0
    retired: bool = False


class WrapUp(Record, table=True):
    """What an agent wrote of a call (话务小结): a draft until `saved_at`."""

    __tablename__ = "subscribers_wrap_up"
    __table_args__ = (UniqueConstraint("call_id", "staff_id"),)

    call_id: UUID = Field(foreign_key="subscribers_call.id")
    staff_id: UUID = Field(foreign_key="core_staff.id", index=True)
    code_id: UUID | None = Field(default=None, foreign_key="subscribers_wrap_up_code.id", index=True)
    note: str = ""
    revision: int = 0
    written_in: str = ""  # where it was written last: one open window does not stand in its own way
    changed_at: datetime
    saved_at: datetime | None = None


class CallUse(Record, table=True):
    """What an agent looked up during a call. `subject` is an article's key or a search's id."""

    __tablename__ = "subscribers_call_use"

    call_id: UUID = Field(foreign_key="subscribers_call.id", index=True)
    staff_id: UUID = Field(foreign_key="core_staff.id")
    kind: str
    subject: str
    text: str
