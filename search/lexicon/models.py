"""The entries of the lexicon as editors keep them, and every change that was made to them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from core.model import Record


class Kind(StrEnum):
    WORD = "word"
    SYNONYM = "synonym"
    FILLER = "filler"
    CONFUSABLE = "confusable"
    PIN = "pin"

    @property
    def label(self) -> str:
        return _KINDS[self]


class Direction(StrEnum):
    """Which way a synonym goes: between all its words, from the first to the others, or to narrower ones."""

    TWO_WAY = "two_way"
    ONE_WAY = "one_way"
    EXPANSION = "expansion"

    @property
    def label(self) -> str:
        return _DIRECTIONS[self]


class Act(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    IMPORTED = "imported"
    SHIPPED = "shipped"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        return _ACTS[self]


_KINDS = {
    Kind.WORD: "专业词",
    Kind.SYNONYM: "同义词",
    Kind.FILLER: "语气词",
    Kind.CONFUSABLE: "易混词",
    Kind.PIN: "置顶",
}
_DIRECTIONS = {Direction.TWO_WAY: "双向", Direction.ONE_WAY: "单向", Direction.EXPANSION: "扩展"}
_ACTS = {
    Act.ADDED: "新增",
    Act.CHANGED: "修改",
    Act.REMOVED: "删除",
    Act.IMPORTED: "导入",
    Act.SHIPPED: "随程序装入",
    Act.UNDONE: "撤销",
}


class LexiconEntry(Record, table=True):
    """`said` is what people say; `meant` what it stands for, several terms with 、 between them.

    Two entries of one `signature` would say the same. `changed_in` is the number of its last change.
    """

    __tablename__ = "search_lexicon_entry"

    kind: str = Field(index=True)
    said: str = Field(index=True)
    meant: str = ""
    direction: str = ""
    is_whole: bool = False
    is_promotion: bool = False
    source: str = ""
    document_id: str = ""
    until: date | None = None
    signature: str = Field(unique=True)
    changed_in: int
    staff_id: UUID
    at: datetime


class LexiconChange(SQLModel, table=True):
    """Append-only; a change is undone by a later one that `undoes` it."""

    __tablename__ = "search_lexicon_change"

    number: int | None = Field(default=None, primary_key=True)
    act: str
    entries: int
    staff_id: UUID
    staff_name: str
    at: datetime
    undoes: int | None = Field(default=None, foreign_key="search_lexicon_change.number", unique=True)


class LexiconMove(SQLModel, table=True):
    """What one change did to one entry: without `before` it is new, without `after` it is gone."""

    __tablename__ = "search_lexicon_move"

    change: int = Field(foreign_key="search_lexicon_change.number", primary_key=True)
    entry_id: UUID = Field(primary_key=True, index=True)
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    signature: str = Field(index=True)


class DismissedSuggestion(SQLModel, table=True):
    """A suggestion that an editor did not want; it is not made again."""

    __tablename__ = "search_lexicon_dismissal"

    kind: str = Field(primary_key=True)
    said: str = Field(primary_key=True)
    meant: str = Field(primary_key=True)
    staff_id: UUID
    at: datetime
