"""Articles, their versions, their scope, and since when which version is in force."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.model import Record


class Kind(StrEnum):
    FAQ = "faq"
    TARIFF = "tariff"
    POLICY = "policy"
    PROCEDURE = "procedure"
    SCRIPT = "script"
    FAULT = "fault"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    Kind.FAQ: "问答",
    Kind.TARIFF: "资费",
    Kind.POLICY: "政策",
    Kind.PROCEDURE: "流程",
    Kind.SCRIPT: "话术",
    Kind.FAULT: "排障",
}


class Audience(StrEnum):
    CUSTOMERS = "customers"
    STAFF = "staff"

    @property
    def label(self) -> str:
        return {Audience.CUSTOMERS: "可对客户讲", Audience.STAFF: "仅供内部"}[self]


def _list() -> Column[list[str]]:
    return Column(JSON, nullable=False)


class Category(Record, table=True):
    __tablename__ = "kb_category"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    parent_id: UUID | None = Field(default=None, foreign_key="kb_category.id")
    name: str
    position: int = 0


class Article(Record, table=True):
    __tablename__ = "kb_article"

    number: int = Field(unique=True)
    created_by: UUID

    @property
    def code(self) -> str:
        return code_of(self.number)


def code_of(number: int) -> str:
    return f"KB-{number:05d}"


class ArticleVersion(Record, table=True):
    """What an article says. A version that was ever published is never changed again."""

    __tablename__ = "kb_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    article_id: UUID = Field(foreign_key="kb_article.id", index=True)
    number: int
    title: str
    kind: str
    category_id: UUID | None = Field(default=None, foreign_key="kb_category.id", index=True)
    answer: str = ""
    conditions: str = ""
    prices: str = ""
    steps: str = ""
    internal_note: str = ""
    body_text: str = ""  # the words of conditions, prices and steps: cut once, when saved
    similar_questions: list[str] = Field(default_factory=list, sa_column=_list())
    codes: list[str] = Field(default_factory=list, sa_column=_list())
    keywords: list[str] = Field(default_factory=list, sa_column=_list())
    audience: str = Audience.CUSTOMERS
    valid_from: date | None = None
    valid_until: date | None = None
    author_id: UUID
    saved_at: datetime = Field(index=True)
    revision: int = 0


class VersionRegion(SQLModel, table=True):
    __tablename__ = "kb_version_region"

    version_id: UUID = Field(foreign_key="kb_version.id", primary_key=True)
    code: str = Field(foreign_key="core_region.code", primary_key=True)


class VersionBrand(SQLModel, table=True):
    __tablename__ = "kb_version_brand"

    version_id: UUID = Field(foreign_key="kb_version.id", primary_key=True)
    code: str = Field(foreign_key="core_brand.code", primary_key=True)


class VersionProduct(SQLModel, table=True):
    __tablename__ = "kb_version_product"

    version_id: UUID = Field(foreign_key="kb_version.id", primary_key=True)
    code: str = Field(foreign_key="core_product.code", primary_key=True)


class VersionChannel(SQLModel, table=True):
    __tablename__ = "kb_version_channel"

    version_id: UUID = Field(foreign_key="kb_version.id", primary_key=True)
    code: str = Field(foreign_key="core_channel.code", primary_key=True)


class VersionTeam(SQLModel, table=True):
    """The teams that may read the version; none means everybody."""

    __tablename__ = "kb_version_team"

    version_id: UUID = Field(foreign_key="kb_version.id", primary_key=True)
    code: str = Field(foreign_key="core_team.code", primary_key=True)


class Script(Record, table=True):
    """The words to say, for one tier of customers or (without one) for all."""

    __tablename__ = "kb_script"

    version_id: UUID = Field(foreign_key="kb_version.id", index=True)
    tier_code: str | None = Field(default=None, foreign_key="core_tier.code")
    text: str
    position: int = 0


class Publication(Record, table=True):
    """Since when, until when (exclusive) and by whose word a version is what agents read.

    The periods of one article never overlap.
    """

    __tablename__ = "kb_publication"
    __table_args__ = (Index("ix_kb_publication_in_force", "article_id", "effective_from", "effective_until"),)

    article_id: UUID = Field(foreign_key="kb_article.id")
    version_id: UUID = Field(foreign_key="kb_version.id", unique=True)
    published_by: UUID
    published_at: datetime = Field(index=True)
    effective_from: datetime = Field(index=True)
    effective_until: datetime | None = Field(default=None, index=True)
    withdrawn_by: UUID | None = None
    withdrawn_at: datetime | None = None


class Verdict(StrEnum):
    USEFUL = "useful"
    USELESS = "useless"
    CORRECTION = "correction"

    @property
    def label(self) -> str:
        return {Verdict.USEFUL: "有用", Verdict.USELESS: "没用", Verdict.CORRECTION: "纠错"}[self]


class Feedback(Record, table=True):
    __tablename__ = "kb_feedback"
    __table_args__ = (Index("ix_kb_feedback_open", "answered_at", "created_at"),)

    article_id: UUID = Field(foreign_key="kb_article.id", index=True)
    version_id: UUID = Field(foreign_key="kb_version.id")
    staff_id: UUID = Field(foreign_key="core_staff.id", index=True)
    verdict: str
    comment: str = ""
    search_id: UUID | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    reply: str = ""
