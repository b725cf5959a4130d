"""The words of scope that every part shares: regions, brands, products, channels and customer tiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require


class _Term(SQLModel):
    code: str = Field(primary_key=True)
    name: str
    position: int = 0
    retired: bool = False


class Region(_Term, table=True):
    """Codes are those of GB/T 2260: 330000 is a province, 330100 a city in it."""

    __tablename__ = "core_region"

    parent_code: str | None = Field(default=None, foreign_key="core_region.code")


class Brand(_Term, table=True):
    __tablename__ = "core_brand"


class Product(_Term, table=True):
    __tablename__ = "core_product"


class Channel(_Term, table=True):
    __tablename__ = "core_channel"


class Tier(_Term, table=True):
    __tablename__ = "core_tier"


Term = Region | Brand | Product | Channel | Tier


class Dimension(StrEnum):
    REGION = "region"
    BRAND = "brand"
    PRODUCT = "product"
    CHANNEL = "channel"
    TIER = "tier"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def table(self) -> type[Term]:
        return _TABLES[self]


_LABELS = {
    Dimension.REGION: "地区",
    Dimension.BRAND: "品牌",
    Dimension.PRODUCT: "产品",
    Dimension.CHANNEL: "渠道",
    Dimension.TIER: "客户等级",
}
_TABLES: dict[Dimension, type[Term]] = {
    Dimension.REGION: Region,
    Dimension.BRAND: Brand,
    Dimension.PRODUCT: Product,
    Dimension.CHANNEL: Channel,
    Dimension.TIER: Tier,
}


class TermExists(Conflict):
    message = "这个代码已经存在，请换一个代码，或直接修改原有的名称。"


class NoSuchTerm(NotFound):
    message = "没有这个代码，请刷新页面后重试。"


class TermIncomplete(Invalid):
    message = "代码只能由字母、数字、下划线和连字符组成（1–32 位），名称不能为空（60 字以内）。"


@dataclass(frozen=True)
class Terms:
    """All terms in order, retired ones included; `names` and `living` are for screens."""

    by_dimension: dict[Dimension, tuple[Term, ...]]

    def name(self, dimension: Dimension, code: str) -> str:
        return next((term.name for term in self.by_dimension[dimension] if term.code == code), code)

    def living(self, dimension: Dimension) -> tuple[Term, ...]:
        return tuple(term for term in self.by_dimension[dimension] if not term.retired)


def all_terms(session: Session) -> Terms:
    return Terms({dimension: tuple(_terms(session, dimension)) for dimension in Dimension})


def _terms(session: Session, dimension: Dimension) -> Sequence[Any]:
    table: Any = dimension.table
    return session.exec(select(table).order_by(col(table.position), col(table.code))).all()


def with_ancestors(parents: dict[str, str | None], code: str) -> list[str]:
    chain: list[str] = []
    above: str | None = code
    while above and above not in chain:
        chain.append(above)
        above = parents.get(above)
    return chain


def related_regions(session: Session, code: str) -> frozenset[str]:
    """Return the region, what it lies in and what lies in it: each may have a rule for its people."""
    parents = dict(session.exec(select(Region.code, Region.parent_code)).all())
    above = set(with_ancestors(parents, code))
    below = {one for one in parents if code in with_ancestors(parents, one)}
    return frozenset(above | below)


def add_term(  # noqa: PLR0913 - a term has these parts, each named by the caller
    session: Session,
    dimension: Dimension,
    *,
    code: str,
    name: str,
    parent_code: str | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """
    :raises TermIncomplete: if code or name cannot be used
    :raises TermExists: if the code is taken
    """
    require(actor, Permission.MANAGE_SCOPES)
    code, name = code.strip(), name.strip()
    if not _usable(code, name):
        raise TermIncomplete(field="code")
    if session.get(dimension.table, code) is not None:
        raise TermExists
    position = len(_terms(session, dimension))
    term = dimension.table(code=code, name=name, position=position)
    if isinstance(term, Region):
        term.parent_code = parent_code or None
    session.add(term)
    audit.record(
        session, actor=actor, action=f"core.{dimension}.added", subject_id=code, at=at, details={"name": name}
    )


def change_term(  # noqa: PLR0913 - a term has these parts, each named by the caller
    session: Session, dimension: Dimension, code: str, *, name: str, retired: bool, actor: Actor, at: datetime
) -> None:
    """Rename or retire a term. Retired ones stay on old articles and are no longer offered.

    :raises NoSuchTerm: if there is none of that code
    """
    require(actor, Permission.MANAGE_SCOPES)
    term = session.get(dimension.table, code)
    if term is None:
        raise NoSuchTerm
    if not _usable(code, name.strip()):
        raise TermIncomplete(field="name")
    term.name, term.retired = name.strip(), retired
    session.add(term)
    audit.record(
        session,
        actor=actor,
        action=f"core.{dimension}.changed",
        subject_id=code,
        at=at,
        details={"name": term.name, "retired": retired},
    )


def _usable(code: str, name: str) -> bool:
    plain = code.replace("_", "").replace("-", "")
    return 0 < len(code) <= 32 and plain.isascii() and plain.isalnum() and 0 < len(name) <= 60
