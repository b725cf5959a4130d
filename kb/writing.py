"""Start an article; save a draft of its next version. Two editors never overwrite each other unseen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, col, delete, select

from core import audit, numbering
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor, Team
from core.permissions import Permission, require
from core.scope import Brand, Channel, Product, Region, Tier
from kb.forms import ArticleDraft
from kb.models import (
    Article,
    ArticleVersion,
    Category,
    Publication,
    Script,
    VersionBrand,
    VersionChannel,
    VersionProduct,
    VersionRegion,
    VersionTeam,
)
from kb.sanitising import text_of

COUNTER = "kb.article"
CONTENT = (
    "title", "kind", "category_id", "answer", "conditions", "prices", "steps", "internal_note",
    "similar_questions", "codes", "keywords", "audience", "valid_from", "valid_until",
)  # fmt: skip
SCOPES: dict[str, tuple[type[Any], type[SQLModel]]] = {
    "regions": (VersionRegion, Region),
    "brands": (VersionBrand, Brand),
    "products": (VersionProduct, Product),
    "channels": (VersionChannel, Channel),
    "teams": (VersionTeam, Team),
}


@dataclass(frozen=True)
class Started:
    article_id: UUID
    version_id: UUID


class NoSuchArticle(NotFound):
    message = "没有这篇知识，编号可能有误，或者您没有查看权限。"


class DraftChanged(Conflict):
    message = "这篇知识刚被别人保存过。您填写的内容还在下面，请先对照最新版本，再决定怎样合并。"


class UnknownScope(Invalid):
    message = "所选的分类、地区、品牌、产品、渠道、等级或班组已不存在，请刷新后重新选择。"


class NothingToDiscard(Conflict):
    message = "没有可删除的草稿：最新版本已经发布。如需下线请使用“撤回”。"


def start_article(session: Session, draft: ArticleDraft, *, actor: Actor, at: datetime) -> ArticleVersion:
    """Return version 1, a draft."""
    require(actor, Permission.WRITE_ARTICLE)
    _refuse_unknown(session, draft)
    return start_numbered(session, numbering.take(session, COUNTER), draft, actor=actor, at=at)


def start_numbered(
    session: Session, number: int, draft: ArticleDraft, *, actor: Actor, at: datetime
) -> ArticleVersion:
    """Start an article whose number was taken already, such as one of the samples."""
    started = _start(session, number, [draft], actor=actor, at=at)[0]
    audit.record(session, actor=actor, action="kb.article.started", subject_id=started.article_id, at=at)
    return session.get_one(ArticleVersion, started.version_id)


def start_many(
    session: Session, drafts: Sequence[ArticleDraft], *, actor: Actor, at: datetime
) -> list[Started]:
    """Start articles that came together, in few statements; whoever brought them audits them as one.

    Their scopes and categories have been looked up: here the database alone refuses unknown ones.
    """
    require(actor, Permission.WRITE_ARTICLE)
    first = numbering.take(session, COUNTER, len(drafts)) if drafts else 0
    return _start(session, first, drafts, actor=actor, at=at)


def _start(
    session: Session, first: int, drafts: Sequence[ArticleDraft], *, actor: Actor, at: datetime
) -> list[Started]:
    """Insert rows, not objects: making fifteen thousand of these takes longer than storing them."""
    started = [Started(uuid4(), uuid4()) for _ in drafts]
    articles = [
        {"id": one.article_id, "number": number, "created_by": actor.staff_id, "created_at": at}
        for number, one in enumerate(started, first)
    ]
    versions = [
        {"id": one.version_id, "article_id": one.article_id, "number": 1, "revision": 0, "created_at": at}
        | _content(draft, actor=actor, at=at)
        for one, draft in zip(started, drafts, strict=True)
    ]
    if drafts:
        session.execute(insert(Article), articles)
        session.execute(insert(ArticleVersion), versions)
    for one, draft in zip(started, drafts, strict=True):
        _add_parts(session, one.version_id, draft)
    return started


def save_draft(  # noqa: PLR0913 - what was seen, what is written, who and when
    session: Session,
    article_id: UUID,
    draft: ArticleDraft,
    *,
    seen_version: UUID,
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> ArticleVersion:
    """Write the draft that follows the version and revision which the editor had on screen.

    :raises DraftChanged: if somebody saved in between
    """
    require(actor, Permission.WRITE_ARTICLE)
    _refuse_unknown(session, draft)
    version = latest_version(session, article_id)
    if (version.id, version.revision) != (seen_version, seen_revision):
        raise DraftChanged
    version = write_next(session, version, draft, actor=actor, at=at)
    audit.record(
        session,
        actor=actor,
        action="kb.draft.saved",
        subject_id=article_id,
        at=at,
        details={"v": version.number},
    )
    return version


def write_next(
    session: Session, latest: ArticleVersion, draft: ArticleDraft, *, actor: Actor, at: datetime
) -> ArticleVersion:
    """Write the draft over `latest`, or after it once published; the caller looks up scopes and audits."""
    require(actor, Permission.WRITE_ARTICLE)
    version = latest
    if is_published(session, latest):
        version = ArticleVersion(
            article_id=latest.article_id,
            number=latest.number + 1,
            title="",
            kind=draft.kind,
            author_id=actor.staff_id,
            saved_at=at,
        )
    else:
        version.revision += 1
    version.sqlmodel_update(_content(draft, actor=actor, at=at))
    session.add(version)
    session.flush()
    _clear_parts(session, version)
    _add_parts(session, version.id, draft)
    return version


def discard_draft(session: Session, article_id: UUID, *, actor: Actor, at: datetime) -> bool:
    """Delete the latest version if it was never published; return whether the article is still there.

    :raises NothingToDiscard: if the latest version is published
    """
    require(actor, Permission.WRITE_ARTICLE)
    version = latest_version(session, article_id)
    if is_published(session, version):
        raise NothingToDiscard
    _clear_parts(session, version)
    session.delete(version)
    session.flush()
    remains = version.number > 1
    if not remains:
        session.delete(session.get_one(Article, article_id))
    audit.record(session, actor=actor, action="kb.draft.discarded", subject_id=article_id, at=at)
    return remains


def latest_version(session: Session, article_id: UUID) -> ArticleVersion:
    newest = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    version = session.exec(newest.order_by(col(ArticleVersion.number).desc()).limit(1)).first()
    if version is None:
        raise NoSuchArticle
    return version


def is_published(session: Session, version: ArticleVersion) -> bool:
    return (
        session.exec(select(Publication.id).where(Publication.version_id == version.id)).first() is not None
    )


def draft_of(session: Session, version: ArticleVersion) -> ArticleDraft:
    """Return the version as the form shows it."""
    content: dict[str, Any] = {name: getattr(version, name) for name in CONTENT}
    for name, (link, _) in SCOPES.items():
        content[name] = list(session.exec(select(link.code).where(link.version_id == version.id)))
    content["scripts"] = [
        {"tier": script.tier_code or "", "text": script.text} for script in scripts_of(session, version.id)
    ]
    return ArticleDraft.model_validate(content)


def scripts_of(session: Session, version_id: UUID) -> Sequence[Script]:
    return session.exec(
        select(Script).where(Script.version_id == version_id).order_by(col(Script.position))
    ).all()


def _content(draft: ArticleDraft, *, actor: Actor, at: datetime) -> dict[str, Any]:
    content = {name: getattr(draft, name) for name in CONTENT}
    return content | {"body_text": body_text_of(draft), "author_id": actor.staff_id, "saved_at": at}


def _add_parts(session: Session, version_id: UUID, draft: ArticleDraft) -> None:
    for name, (link, _) in SCOPES.items():
        codes = dict.fromkeys(getattr(draft, name))
        session.add_all([link(version_id=version_id, code=code) for code in codes])
    spoken = [script for script in draft.scripts if script.text]
    session.add_all(
        [
            Script(version_id=version_id, tier_code=script.tier or None, text=script.text, position=place)
            for place, script in enumerate(spoken)
        ]
    )


def body_text_of(draft: ArticleDraft) -> str:
    return "\n".join(filter(None, map(text_of, (draft.conditions, draft.prices, draft.steps))))


def _clear_parts(session: Session, version: ArticleVersion) -> None:
    for link, _ in SCOPES.values():
        session.exec(delete(link).where(link.version_id == version.id))
    session.exec(delete(Script).where(col(Script.version_id) == version.id))


def _refuse_unknown(session: Session, draft: ArticleDraft) -> None:
    for name, (_, table) in SCOPES.items():
        _refuse_missing(session, table, getattr(draft, name), field=name)
    _refuse_missing(session, Tier, [script.tier for script in draft.scripts if script.tier], field="scripts")
    if draft.category_id and session.get(Category, draft.category_id) is None:
        raise UnknownScope(field="category_id")


def _refuse_missing(session: Session, table: Any, codes: Iterable[str], *, field: str) -> None:
    wanted = set(codes)
    if wanted and len(session.exec(select(table.code).where(table.code.in_(wanted))).all()) < len(wanted):
        raise UnknownScope(field=field)
