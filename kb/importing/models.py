"""What was brought in: the batch, the rows that were refused, and which article came from which row."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from core.model import Record


class BatchState(StrEnum):
    MAPPED = "mapped"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return _STATES[self]

    @property
    def steps_done(self) -> int:
        """Return how many of the four steps lie behind: columns, dry run, import, publication."""
        return _STEPS_DONE[self]

    @property
    def is_at_work(self) -> bool:
        return self in {BatchState.CHECKING, BatchState.IMPORTING, BatchState.PUBLISHING}

    @property
    def is_before_import(self) -> bool:
        return self in {BatchState.MAPPED, BatchState.CHECKED, BatchState.FAILED}


_STATES = {
    BatchState.MAPPED: "待试运行",
    BatchState.CHECKING: "试运行中",
    BatchState.CHECKED: "待导入",
    BatchState.IMPORTING: "导入中",
    BatchState.IMPORTED: "已导入",
    BatchState.PUBLISHING: "发布中",
    BatchState.PUBLISHED: "已发布",
    BatchState.FAILED: "未完成",
}


_STEPS_DONE = {
    BatchState.MAPPED: 0,
    BatchState.FAILED: 0,
    BatchState.CHECKING: 1,
    BatchState.CHECKED: 2,
    BatchState.IMPORTING: 2,
    BatchState.IMPORTED: 3,
    BatchState.PUBLISHING: 3,
    BatchState.PUBLISHED: 4,
}


def _json() -> Column[Any]:
    return Column(JSON, nullable=False)


class ImportBatch(Record, table=True):
    """Files that were brought in together. `read` is also where an interrupted import goes on."""

    __tablename__ = "kb_import_batch"

    staff_id: UUID = Field(index=True)
    source: str = ""
    digest: str = Field(index=True)
    files: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    tables: list[list[str]] = Field(default_factory=list, sa_column=_json())  # the headings of each
    sample: dict[str, list[str]] = Field(default_factory=dict, sa_column=_json())  # by heading
    mapping: dict[str, str] = Field(default_factory=dict, sa_column=_json())
    notes: list[str] = Field(default_factory=list, sa_column=_json())
    preview: list[dict[str, str]] = Field(default_factory=list, sa_column=_json())
    state: str = BatchState.MAPPED
    total: int = 0
    read: int = 0
    started: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    published: int = 0
    error: str = ""
    finished_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def stage(self) -> BatchState:
        return BatchState(self.state)

    @property
    def to_write(self) -> int:
        return self.started + self.changed

    @property
    def headings(self) -> list[str]:
        return list(dict.fromkeys(heading for table in self.tables for heading in table))

    @property
    def names(self) -> str:
        return "、".join(str(file["name"]) for file in self.files)


class ImportRefusal(Record, table=True):
    """A row that was not taken: where it stands, what is wrong with it, and what it said."""

    __tablename__ = "kb_import_refusal"
    __table_args__ = (Index("ix_kb_import_refusal_in_order", "batch_id", "position"),)

    batch_id: UUID = Field(foreign_key="kb_import_batch.id")
    position: int
    file: str
    line: int
    problems: list[dict[str, str]] = Field(default_factory=list, sa_column=_json())
    row: dict[str, str] = Field(default_factory=dict, sa_column=_json())


class ImportedRow(Record, table=True):
    """Which article a row became, and as what it was last written, so that the same row changes nothing.

    Article and version are no foreign keys: an editor may discard an imported draft.
    """

    __tablename__ = "kb_imported_row"
    __table_args__ = (UniqueConstraint("source", "key"),)

    source: str
    key: str
    digest: str
    article_id: UUID = Field(index=True)
    version_id: UUID = Field(index=True)
    revision: int
    batch_id: UUID = Field(foreign_key="kb_import_batch.id", index=True)
