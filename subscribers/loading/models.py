"""What is kept of a load: its steps, its chunks, the rows put aside, and how changed rows were before."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, text
from sqlmodel import Field, SQLModel

from subscribers.models import BIG


class LoadState(StrEnum):
    SEEN = "seen"
    VERIFIED = "verified"
    STAGED = "staged"
    CHECKED = "checked"
    MERGING = "merging"
    MERGED = "merged"
    RECONCILED = "reconciled"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    HELD = "held"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        return _STATES[self]

    @property
    def is_over(self) -> bool:
        return self in {LoadState.ACKNOWLEDGED, LoadState.REJECTED, LoadState.UNDONE}


_STATES = {
    LoadState.SEEN: "已收到",
    LoadState.VERIFIED: "已核对文件",
    LoadState.STAGED: "已读入",
    LoadState.CHECKED: "已检查",
    LoadState.MERGING: "合并中",
    LoadState.MERGED: "已合并",
    LoadState.RECONCILED: "已对账",
    LoadState.ACKNOWLEDGED: "已回执",
    LoadState.REJECTED: "已退回",
    LoadState.HELD: "暂停",
    LoadState.UNDONE: "已撤销",
}


class LoadKind(StrEnum):
    FULL = "full"
    DELTA = "delta"

    @property
    def label(self) -> str:
        return {LoadKind.FULL: "全量", LoadKind.DELTA: "增量"}[self]


class Via(StrEnum):
    FOLDER = "folder"
    COMMAND = "command"
    API = "api"
    MENDED = "mended"  # rows that had been put aside

    @property
    def label(self) -> str:
        return {Via.FOLDER: "文件夹", Via.COMMAND: "命令行", Via.API: "接口", Via.MENDED: "修正重装"}[self]


class Hold(StrEnum):
    """Why a load waits: the first two until what is missing arrives, the rest for a person."""

    GAP = "gap"
    PARENTS = "parents"
    ERRORS = "errors"
    SWING = "swing"
    SUMS = "sums"
    PERSON = "person"

    @property
    def ends_by_itself(self) -> bool:
        return self in {Hold.GAP, Hold.PARENTS}


class RowState(StrEnum):
    WAITING = "waiting"
    MENDED = "mended"
    DROPPED = "dropped"
    ORPHAN = "orphan"  # its parent may still come

    @property
    def label(self) -> str:
        return _ROW_STATES[self]


_ROW_STATES = {
    RowState.WAITING: "待修正",
    RowState.MENDED: "已修正",
    RowState.DROPPED: "已放弃",
    RowState.ORPHAN: "等待上级数据",
}


class Step(StrEnum):
    """What is done in chunks."""

    STAGE = "stage"
    MERGE = "merge"
    ABSENCE = "absence"


def _json() -> Column[Any]:
    return Column(JSON, nullable=False)


_LIVING = text("state NOT IN ('rejected', 'undone')")


class Load(SQLModel, table=True):
    """One file. `name` is its name without the extension, `path` where the .dat lies, `columns` its fields.

    `held_at` is the state to go on from once a hold ends; `waived` are the holds that a person ended.
    `failure` says why the last try went no further; it is empty again once the load goes on.
    """

    __tablename__ = "subscribers_load"
    __table_args__ = (
        # The same content twice is one load; a file that was refused may come again.
        Index(
            "uq_subscribers_load_content",
            "source",
            "name",
            "sha256",
            unique=True,
            sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        ),
        Index("ix_subscribers_load_sequence", "source", "entity", "sequence"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str
    entity: str
    kind: str
    via: str
    name: str
    path: str = ""
    sequence: int = 0
    previous: int = 0
    business_day: date | None = None
    rows: int = Field(default=0, sa_type=BIG)
    bytes: int = Field(default=0, sa_type=BIG)
    sha256: str = ""
    sums: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    columns: list[str] = Field(default_factory=list, sa_column=_json())
    encoding: str = "utf-8"
    layout: str = "delimited"
    state: str = Field(default=LoadState.SEEN, index=True)
    state_since: datetime
    hold: str = ""
    held_at: str = ""
    waived: list[str] = Field(default_factory=list, sa_column=_json())
    reason: str = ""
    staged: int = Field(default=0, sa_type=BIG)
    bad: int = Field(default=0, sa_type=BIG)
    orphans: int = Field(default=0, sa_type=BIG)
    superseded: int = Field(default=0, sa_type=BIG)
    inserted: int = Field(default=0, sa_type=BIG)
    updated: int = Field(default=0, sa_type=BIG)
    unchanged: int = Field(default=0, sa_type=BIG)
    stale: int = Field(default=0, sa_type=BIG)
    removed: int = Field(default=0, sa_type=BIG)
    absent: int = Field(default=0, sa_type=BIG)
    seen_at: datetime
    finished_at: datetime | None = None
    merge_seconds: float = 0.0
    staff_id: UUID | None = None
    failure: str = ""
    failed_at: datetime | None = None

    @property
    def is_piece(self) -> bool:
        """Tell whether its rows come on their own, mended or by the interface, and stand in no sequence."""
        return self.via == Via.MENDED or (self.via == Via.API and self.sequence == 0)


class LoadChunk(SQLModel, table=True):
    """Rows that were taken together, written in their transaction: what is here is done, nothing else is."""

    __tablename__ = "subscribers_load_chunk"

    load_id: int = Field(foreign_key="subscribers_load.id", primary_key=True)
    step: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    first_row: int = Field(sa_type=BIG)
    last_row: int = Field(sa_type=BIG)
    ends_at: int = Field(default=0, sa_type=BIG)  # the byte after its last row
    sums: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    unsummed: int = 0  # values that could not be read, so that the sums prove nothing
    finished_at: datetime


class QuarantinedRow(SQLModel, table=True):
    """A row that was put aside. `raw` and `raw_mended` are sealed: subscribers.loading.quarantine opens them.

    `problems` are `{"field", "code", "message"}`; `tries` counts the loads that did not bring its parent.
    """

    __tablename__ = "subscribers_quarantine"
    __table_args__ = (Index("ix_subscribers_quarantine_state", "entity", "source", "state"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    load_id: int = Field(foreign_key="subscribers_load.id", index=True)
    source: str
    entity: str
    row_number: int = Field(sa_type=BIG)
    key: str = ""
    parent: str = ""  # the key of whose it is (for an orphan: the one that is missing),
    parent_entity: str = ""  # and of what
    raw: str
    problems: list[dict[str, str]] = Field(default_factory=list, sa_column=_json())
    state: str = RowState.WAITING
    tries: int = 0
    raw_mended: str = ""
    mended_by: UUID | None = None
    mended_at: datetime | None = None
    redriven_load_id: int | None = Field(default=None, foreign_key="subscribers_load.id")


class BeforeImage(SQLModel, table=True):
    """How a row was before a load changed it: every column of it, by name."""

    __tablename__ = "subscribers_before"

    load_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscribers_load.id"), primary_key=True, autoincrement=False)
    )
    row_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    entity: str
    before: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
