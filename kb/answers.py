"""An article whole, as one person may read it: the answer card."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal, union_all
from sqlmodel import Session, col, select

from core import staff
from core.identity import Actor, Team
from core.scope import Brand, Channel, Dimension, Product, Region, Tier
from kb import script_filling
from kb.in_force import in_force
from kb.models import (
    Article,
    ArticleVersion,
    Audience,
    Publication,
    Script,
    VersionBrand,
    VersionChannel,
    VersionProduct,
    VersionRegion,
    VersionTeam,
)
from kb.reading import ArticleCard, card_columns, card_from, readable, reads_all, team_of
from kb.writing import NoSuchArticle


class Standing(StrEnum):
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNPUBLISHED = "unpublished"
    HELD_THEN = "held_then"
    SCHEDULED = "scheduled"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Standing.IN_FORCE: "现行有效",
    Standing.EXPIRED: "已失效",
    Standing.WITHDRAWN: "已撤回",
    Standing.UNPUBLISHED: "未发布",
    Standing.HELD_THEN: "当日有效",
    Standing.SCHEDULED: "待生效",
}


_SCOPES: tuple[tuple[str, Any, Any, Any], ...] = (
    (Dimension.REGION.label, Region, VersionRegion, col(Region.position)),
    (Dimension.BRAND.label, Brand, VersionBrand, col(Brand.position)),
    (Dimension.PRODUCT.label, Product, VersionProduct, col(Product.position)),
    (Dimension.CHANNEL.label, Channel, VersionChannel, col(Channel.position)),
    ("班组", Team, VersionTeam, literal(0)),
)


@dataclass(frozen=True)
class ScriptCard:
    id: UUID
    tier_code: str
    tier_name: str
    text: str

    @property
    def blanks(self) -> tuple[str, ...]:
        return script_filling.blanks(self.text)

    @property
    def pieces(self) -> tuple[tuple[str, str], ...]:
        return script_filling.pieces(self.text)


@dataclass(frozen=True)
class AsOf:
    """The day whose rule is shown, and the number of the version that holds now, if one does."""

    day: date
    current_number: int | None


@dataclass(frozen=True)
class Answer:
    """An article whole, as one person may read it.

    `tier_code`: whose words come first. `not_for`: why it is not for the caller, if it is not.
    """

    card: ArticleCard
    standing: Standing
    conditions: str
    prices: str
    steps: str
    internal_note: str
    scripts: tuple[ScriptCard, ...]
    similar_questions: tuple[str, ...]
    codes: tuple[str, ...]
    keywords: tuple[str, ...]
    scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    valid_from: date | None = None
    valid_until: date | None = None
    author: str = ""
    published_at: datetime | None = None
    tier_code: str = ""
    not_for: str = ""
    as_of: AsOf | None = None

    @property
    def may_be_said(self) -> bool:
        """Tell whether its words may be given to a customer now."""
        return self.standing is Standing.IN_FORCE and self.card.audience is Audience.CUSTOMERS

    @property
    def first_script(self) -> int:
        """Return which script is shown first: the one for the caller's tier, if there is one."""
        tiers = [script.tier_code for script in self.scripts]
        return tiers.index(self.tier_code) if self.tier_code in tiers else 0

    @property
    def is_awaited(self) -> bool:
        """Tell whether this is still a question without an answer."""
        return not any((self.card.answer, self.conditions, self.prices, self.steps, self.scripts))


def answer_for(session: Session, actor: Actor, code: str, *, at: datetime) -> Answer:
    """Return what is in force of the article, or else the last that was, with its standing.

    :raises NoSuchArticle: if there is none, or this person may not read it
    """
    asked = {"number": number_of(code), "at": at, "team": team_of(actor)}
    row = session.execute(_held(everything=reads_all(actor)), asked).first()
    if row is None:
        raise NoSuchArticle
    version, publication = row.ArticleVersion, row.Publication
    return _answer(session, card_from(row), version, publication, at)


@cache
def _held(*, everything: bool) -> Any:
    """Put together once, as all of this: a preview is wanted at every key that is pressed."""
    at: BindParameter[datetime] = bindparam("at")
    return (
        card_columns(ArticleVersion, Publication)
        .where(col(Article.number) == bindparam("number"), readable(bindparam("team"), everything=everything))
        .where(col(Publication.effective_from) <= at, _was_ever_in_force())
        .order_by(in_force(at).desc(), col(Publication.effective_from).desc())
        .limit(1)
    )


def number_of(code: str) -> int:
    """Return the 123 of KB-00123.

    :raises NoSuchArticle: if it is not such a code
    """
    digits = code.upper().removeprefix("KB-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise NoSuchArticle
    return int(digits)


def _was_ever_in_force() -> ColumnElement[bool]:
    ends = col(Publication.effective_until)
    return ends.is_(None) | (ends > col(Publication.effective_from))


def _answer(
    session: Session, card: ArticleCard, version: ArticleVersion, publication: Publication, at: datetime
) -> Answer:
    author = staff.names_of(session, [version.author_id]).get(version.author_id, "系统")
    return Answer(
        card=card,
        standing=_standing(publication, at),
        conditions=version.conditions,
        prices=version.prices,
        steps=version.steps,
        internal_note=version.internal_note,
        scripts=_script_cards(session, version.id),
        similar_questions=tuple(version.similar_questions),
        codes=tuple(version.codes),
        keywords=tuple(version.keywords),
        scopes=scope_names(session, version.id),
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        author=author,
        published_at=publication.published_at,
    )


def _standing(publication: Publication, at: datetime) -> Standing:
    if publication.effective_until is None or publication.effective_until > at:
        return Standing.IN_FORCE
    return Standing.WITHDRAWN if publication.withdrawn_at else Standing.EXPIRED


def _script_cards(session: Session, version_id: UUID) -> tuple[ScriptCard, ...]:
    theirs = session.execute(_scripts(), {"version_id": version_id})
    return tuple(ScriptCard(id_, code or "", name or "通用", text) for id_, code, name, text in theirs)


@cache
def _scripts() -> Any:
    return (
        select(Script.id, Script.tier_code, Tier.name, Script.text)
        .outerjoin(Tier, col(Tier.code) == Script.tier_code)
        .where(col(Script.version_id) == bindparam("version_id"))
        .order_by(col(Script.position))
    )


def scope_names(session: Session, version_id: UUID) -> dict[str, tuple[str, ...]]:
    """Return, by the label of each dimension, where the version holds; what is missing is everywhere."""
    found: dict[str, list[str]] = {}
    for label, name, _ in sorted(session.execute(_scopes(), {"version_id": version_id}), key=itemgetter(2)):
        found.setdefault(label, []).append(name)
    return {label: tuple(found[label]) for label, *_ in _SCOPES if label in found}


@cache
def _scopes() -> Any:
    """One statement for all dimensions."""
    named = [
        select(literal(label), term.name, order)
        .join(link, link.code == term.code)
        .where(link.version_id == bindparam("version_id"))
        for label, term, link, order in _SCOPES
    ]
    return union_all(*named)
