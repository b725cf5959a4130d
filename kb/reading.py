"""Who may read which article. The only module that answers that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, or_, select, true
from sqlmodel import Session, col

from core.identity import Actor
from core.permissions import Permission, may
from core.scope import Dimension, Region
from kb.in_force import in_force
from kb.models import (
    Article,
    ArticleVersion,
    Audience,
    Category,
    Feedback,
    Kind,
    Publication,
    Verdict,
    VersionBrand,
    VersionChannel,
    VersionProduct,
    VersionRegion,
    VersionTeam,
    code_of,
)

SCOPES: Mapping[str, Any] = {
    Dimension.REGION: VersionRegion,
    Dimension.BRAND: VersionBrand,
    Dimension.PRODUCT: VersionProduct,
    Dimension.CHANNEL: VersionChannel,
}


@dataclass(frozen=True)
class ArticleCard:
    """One row of a list; `useful_share` is None until somebody voted."""

    article_id: UUID
    version_id: UUID
    code: str
    version_number: int
    title: str
    answer: str
    kind: Kind
    category_id: UUID | None
    category: str
    audience: Audience
    region_names: tuple[str, ...]
    effective_from: datetime
    effective_until: datetime | None
    useful_share: float | None


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition on `ArticleVersion` that this person may read it, in force or not."""
    return readable(team_of(actor), everything=reads_all(actor))


def reads_all(actor: Actor) -> bool:
    return may(actor, Permission.READ_ALL_KNOWLEDGE)


def team_of(actor: Actor) -> str:
    return actor.team_code or ""


def readable(team: str | BindParameter[str], *, everything: bool) -> ColumnElement[bool]:
    """Return the same for whoever may read everything, or is in this team."""
    if everything:
        return true()
    teams = select(col(VersionTeam.version_id)).where(col(VersionTeam.version_id) == ArticleVersion.id)
    own = teams.where(col(VersionTeam.code) == team)
    return or_(~teams.exists(), own.exists())


def cards_for(
    session: Session,
    actor: Actor,
    article_ids: Sequence[UUID],
    *,
    at: datetime,
    scope: Mapping[str, Collection[str]] | None = None,
) -> dict[UUID, ArticleCard]:
    """Return, in one query, the cards of those articles that `actor` may read and that are in force.

    With a `scope`, only those that hold for one of its codes in each of its dimensions.
    """
    scope = scope or {}
    asked = {"ids": article_ids, "at": at, "team": team_of(actor), **scope}
    rows = session.execute(_cards(frozenset(scope), everything=reads_all(actor)), asked)
    return {card.article_id: card for card in map(card_from, rows)}


@cache
def _cards(dimensions: frozenset[str], *, everything: bool) -> Any:
    """Put together once: every key that is pressed asks it."""
    return card_columns().where(
        col(Article.id).in_(bindparam("ids", expanding=True)),
        in_force(bindparam("at")),
        readable(bindparam("team"), everything=everything),
        *map(_in_scope, sorted(dimensions)),
    )


def _in_scope(dimension: str) -> ColumnElement[bool]:
    """Return the condition that the version holds for all of the dimension, or for one of what is asked."""
    link = SCOPES[dimension]
    named = select(col(link.version_id)).where(col(link.version_id) == ArticleVersion.id)
    these = named.where(col(link.code).in_(bindparam(dimension, expanding=True)))
    return or_(~named.exists(), these.exists())


def newest_cards(
    session: Session, actor: Actor, *, since: datetime, at: datetime, limit: int
) -> list[ArticleCard]:
    """Return what came into force since then, newest first."""
    recent = (
        select(col(Publication.article_id))
        .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
        .where(in_force(at), readable_by(actor), col(Publication.effective_from) >= since)
        .order_by(col(Publication.effective_from).desc(), col(Publication.published_at).desc())
        .limit(limit)
    )
    ids = list(session.execute(recent).scalars())
    cards = cards_for(session, actor, ids, at=at)  # a card is costly to put together: only for those shown
    return [cards[id_] for id_ in ids if id_ in cards]


@cache
def card_columns(*more: Any) -> Any:
    """Return the select of what a card shows. It is large and never changes: put together once."""
    votes = _votes(Verdict.USEFUL, Verdict.USELESS)
    regions = (
        select(func.aggregate_strings(col(Region.name), "、"))
        .join(VersionRegion, col(VersionRegion.code) == Region.code)
        .where(col(VersionRegion.version_id) == ArticleVersion.id)
        .scalar_subquery()
    )
    return (
        select(
            col(Article.id).label("article_id"),
            col(Article.number).label("article_number"),
            col(ArticleVersion.id).label("version_id"),
            col(ArticleVersion.number).label("version_number"),
            col(ArticleVersion.title),
            col(ArticleVersion.answer),
            col(ArticleVersion.kind),
            col(ArticleVersion.category_id),
            col(Category.name).label("category"),
            col(ArticleVersion.audience),
            col(Publication.effective_from),
            col(Publication.effective_until),
            regions.label("regions"),
            _votes(Verdict.USEFUL).label("useful"),
            votes.label("votes"),
            *more,
        )
        .select_from(Article)
        .join(Publication, col(Publication.article_id) == Article.id)
        .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
        .outerjoin(Category, col(Category.id) == ArticleVersion.category_id)
    )


def _votes(*verdicts: Verdict) -> Any:
    return (
        select(func.count())
        .select_from(Feedback)
        .where(col(Feedback.article_id) == Article.id, col(Feedback.verdict).in_(verdicts))
        .scalar_subquery()
    )


def card_from(row: Any) -> ArticleCard:
    return ArticleCard(
        article_id=row.article_id,
        version_id=row.version_id,
        code=code_of(row.article_number),
        version_number=row.version_number,
        title=row.title,
        answer=row.answer,
        kind=Kind(row.kind),
        category_id=row.category_id,
        category=row.category or "",
        audience=Audience(row.audience),
        region_names=tuple(row.regions.split("、")) if row.regions else (),
        effective_from=row.effective_from,
        effective_until=row.effective_until,
        useful_share=row.useful / row.votes if row.votes else None,
    )
