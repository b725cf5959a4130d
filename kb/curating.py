"""The editors' list: every article in its latest version, and where that version stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core import staff
from kb.categories import with_descendants
from kb.in_force import in_force
from kb.models import Article, ArticleVersion, Category, Kind, Publication, code_of


class Stage(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    OVER = "over"

    @property
    def label(self) -> str:
        return {"draft": "草稿", "scheduled": "待生效", "in_force": "已发布", "over": "已失效"}[self]


@dataclass(frozen=True)
class Shelf:
    """Which articles to list; empty means all."""

    text: str = ""
    stage: Stage | None = None
    kind: Kind | None = None
    category_id: UUID | None = None
    author_id: UUID | None = None


@dataclass(frozen=True)
class CuratedArticle:
    """`in_force` tells whether agents read some version of it now, be it an older one."""

    code: str
    title: str
    kind: Kind
    category: str
    stage: Stage
    in_force: bool
    version_number: int
    author: str
    saved_at: datetime
    is_awaited: bool


def listed(session: Session, shelf: Shelf, *, at: datetime) -> Any:
    """Return the ordered select of `(Article, ArticleVersion)`, for `paging.page_of`."""
    statement = (
        select(Article, ArticleVersion)
        .join(ArticleVersion, col(ArticleVersion.article_id) == Article.id)
        .where(ArticleVersion.number == _newest_number())
        .order_by(col(ArticleVersion.saved_at).desc(), col(Article.number))
    )
    for condition in _conditions(session, shelf, at):
        statement = statement.where(condition)
    return statement


def _newest_number() -> Any:
    other = aliased(ArticleVersion)
    return select(func.max(other.number)).where(other.article_id == Article.id).scalar_subquery()


def _conditions(session: Session, shelf: Shelf, at: datetime) -> Iterable[ColumnElement[bool]]:
    text = shelf.text.strip()
    if text:
        number = text.upper().removeprefix("KB-")
        by_code = Article.number == int(number) if number.isascii() and number.isdigit() else None
        by_title = col(ArticleVersion.title).contains(text, autoescape=True)
        yield by_title if by_code is None else or_(by_title, col(Article.number) == int(number[:9]))
    if shelf.kind:
        yield col(ArticleVersion.kind) == shelf.kind
    if shelf.category_id:
        yield col(ArticleVersion.category_id).in_(with_descendants(session, shelf.category_id))
    if shelf.author_id:
        yield col(ArticleVersion.author_id) == shelf.author_id
    if shelf.stage:
        yield _at_stage(shelf.stage, at)


def _at_stage(stage: Stage, at: datetime) -> ColumnElement[bool]:
    its = select(Publication.id).where(Publication.version_id == ArticleVersion.id)
    waits = col(Publication.effective_from) > at
    lasts = col(Publication.effective_until).is_(None) | (
        col(Publication.effective_until) > col(Publication.effective_from)
    )
    over = ~waits & (col(Publication.effective_until) <= at) | ~lasts
    return {
        Stage.DRAFT: ~its.exists(),
        Stage.SCHEDULED: its.where(waits, lasts).exists(),
        Stage.IN_FORCE: its.where(in_force(at)).exists(),
        Stage.OVER: its.where(over).exists(),
    }[stage]


def cards(
    session: Session, rows: Iterable[tuple[Article, ArticleVersion]], *, at: datetime
) -> list[CuratedArticle]:
    rows = list(rows)
    publications = _publications(session, [article.id for article, _ in rows])
    names = staff.names_of(session, [version.author_id for _, version in rows])
    categories = dict(session.exec(select(Category.id, Category.name)).all())
    return [
        CuratedArticle(
            code=code_of(article.number),
            title=version.title,
            kind=Kind(version.kind),
            category=categories.get(version.category_id, "") if version.category_id else "",
            stage=stage_of(version, publications.get(article.id, []), at),
            in_force=any(_holds(one, at) for one in publications.get(article.id, [])),
            version_number=version.number,
            author=names.get(version.author_id, "系统"),
            saved_at=version.saved_at,
            is_awaited=not (version.answer or version.body_text),
        )
        for article, version in rows
    ]


def stage_of(version: ArticleVersion, publications: Iterable[Publication], at: datetime) -> Stage:
    own = next((one for one in publications if one.version_id == version.id), None)
    if own is None:
        return Stage.DRAFT
    if _holds(own, at):
        return Stage.IN_FORCE
    lasts = own.effective_until is None or own.effective_until > own.effective_from
    return Stage.SCHEDULED if own.effective_from > at and lasts else Stage.OVER


def history_of(session: Session, article_id: UUID) -> list[tuple[ArticleVersion, Publication | None]]:
    """Return every version, newest first, each with its publication."""
    versions = (
        select(ArticleVersion, Publication)
        .outerjoin(Publication, col(Publication.version_id) == ArticleVersion.id)
        .where(ArticleVersion.article_id == article_id)
        .order_by(col(ArticleVersion.number).desc())
    )
    return [(version, publication) for version, publication in session.exec(versions)]


def count_by_category(session: Session) -> dict[UUID, int]:
    """Return how many articles lie in each category, or did in an older version."""
    counted = select(ArticleVersion.category_id, func.count(func.distinct(ArticleVersion.article_id)))
    rows = session.exec(counted.group_by(col(ArticleVersion.category_id)))
    return {category_id: count for category_id, count in rows if category_id}


def _holds(publication: Publication, at: datetime) -> bool:
    ends = publication.effective_until
    return publication.effective_from <= at and (ends is None or ends > at)


def _publications(session: Session, article_ids: list[UUID]) -> dict[UUID, list[Publication]]:
    found: dict[UUID, list[Publication]] = {}
    for one in session.exec(select(Publication).where(col(Publication.article_id).in_(article_ids))):
        found.setdefault(one.article_id, []).append(one)
    return found
