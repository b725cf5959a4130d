"""What editors do at their screen: save, publish, discard; never over, or of, something they did not see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from kb import publishing, writing
from kb.answers import number_of
from kb.curating import Stage, stage_of
from kb.forms import ArticleDraft
from kb.models import Article, ArticleVersion, Publication
from kb.writing import DraftChanged, NoSuchArticle


@dataclass(frozen=True)
class Seen:
    """The version, at the revision, that the editor had on screen."""

    version_id: UUID
    revision: int


class NothingNew(Conflict):
    message = "内容与已发布的版本相同，没有重新发布。请修改后再发布。"


def article_by_code(session: Session, code: str) -> Article:
    """
    :raises NoSuchArticle: if there is none of that code
    """
    article = session.exec(select(Article).where(Article.number == number_of(code))).first()
    if article is None:
        raise NoSuchArticle
    return article


def save(
    session: Session, article_id: UUID, draft: ArticleDraft, *, seen: Seen, actor: Actor, at: datetime
) -> ArticleVersion:
    """Write the draft. One that changes nothing makes no new version.

    :raises DraftChanged: if somebody saved in between
    """
    require(actor, Permission.WRITE_ARTICLE)
    latest = _as_seen(session, article_id, seen)
    if _content(writing.draft_of(session, latest)) == _content(draft):
        return latest
    return _write(session, article_id, draft, seen, actor, at)


def save_and_publish(
    session: Session, article_id: UUID, draft: ArticleDraft, *, seen: Seen, actor: Actor, at: datetime
) -> Publication:
    """Write the draft and put it in front of agents.

    :raises DraftChanged: if somebody saved in between
    :raises NothingNew: if agents read just that already, or will
    """
    require(actor, Permission.PUBLISH_ARTICLE)
    latest = _as_seen(session, article_id, seen)
    stage = stage_of(latest, publishing.publications_of(session, article_id), at)
    living = stage in {Stage.IN_FORCE, Stage.SCHEDULED}
    if living and _content(writing.draft_of(session, latest)) == _content(draft):
        raise NothingNew
    version = _write(session, article_id, draft, seen, actor, at)
    return publishing.publish(session, version, actor=actor, at=at)


def start_and_publish(session: Session, draft: ArticleDraft, *, actor: Actor, at: datetime) -> Publication:
    require(actor, Permission.PUBLISH_ARTICLE)
    version = writing.start_article(session, draft, actor=actor, at=at)
    return publishing.publish(session, version, actor=actor, at=at)


def publish(session: Session, article_id: UUID, *, seen: Seen, actor: Actor, at: datetime) -> Publication:
    """Put the saved draft in front of agents.

    :raises DraftChanged: if it is no longer the draft that was seen
    """
    return publishing.publish(session, _as_seen(session, article_id, seen), actor=actor, at=at)


def discard(session: Session, article_id: UUID, *, seen: Seen, actor: Actor, at: datetime) -> bool:
    """Delete the draft; return whether the article is still there.

    :raises DraftChanged: if it is no longer the draft that was seen
    """
    _as_seen(session, article_id, seen)
    return writing.discard_draft(session, article_id, actor=actor, at=at)


def _as_seen(session: Session, article_id: UUID, seen: Seen) -> ArticleVersion:
    latest = writing.latest_version(session, article_id)
    if seen != Seen(latest.id, latest.revision):
        raise DraftChanged
    return latest


def _write(
    session: Session, article_id: UUID, draft: ArticleDraft, seen: Seen, actor: Actor, at: datetime
) -> ArticleVersion:
    return writing.save_draft(
        session,
        article_id,
        draft,
        seen_version=seen.version_id,
        seen_revision=seen.revision,
        actor=actor,
        at=at,
    )


def _content(draft: ArticleDraft) -> dict[str, Any]:
    """Return what the draft says, the same for two that differ only in the order of a scope's codes."""
    content = {name: getattr(draft, name) for name in writing.CONTENT}
    content["scripts"] = [(script.tier, script.text) for script in draft.scripts if script.text]
    return content | {name: sorted(set(getattr(draft, name))) for name in writing.SCOPES}
