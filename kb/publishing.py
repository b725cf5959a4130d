"""Putting a version in front of agents, from when until when, and taking it away."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from core import audit
from core.clock import start_of
from core.errors import Conflict, Invalid
from core.identity import Actor
from core.permissions import Permission, require
from kb.models import ArticleVersion, Publication
from kb.search_source import key_of, period_key
from search import indexing


class AlreadyPublished(Conflict):
    message = "这个版本已经发布过。如需修改，请先保存为新的草稿版本。"


class NotPublished(Conflict):
    message = "这篇知识目前没有发布，无需撤回。请刷新页面查看最新状态。"


class ValidityOver(Invalid):
    message = "失效日期已经过去，发布后谁也看不到。请先修改失效日期。"


def publish(session: Session, version: ArticleVersion, *, actor: Actor, at: datetime) -> Publication:
    """Make the version the one that agents read, from its first valid day or from now.

    It holds until its last valid day, or until the next version begins: a later one that waits already,
    or one published afterwards.

    :raises AlreadyPublished: if it was published before
    :raises ValidityOver: if its last day has passed
    """
    require(actor, Permission.PUBLISH_ARTICLE)
    others = publications_of(session, version.article_id)
    publication = _put_in_force(session, version, others, actor=actor, at=at)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="kb.article.published",
        subject_id=version.article_id,
        at=at,
        details={"v": version.number, "from": publication.effective_from.isoformat()},
    )
    return publication


def publish_many(
    session: Session, versions: Sequence[ArticleVersion], *, batch: str, actor: Actor, at: datetime
) -> int:
    """Publish drafts of different articles that came together; one audit entry names the batch."""
    require(actor, Permission.PUBLISH_ARTICLE)
    others: dict[UUID, list[Publication]] = defaultdict(list)
    their_articles = {version.article_id for version in versions}
    for one in session.exec(select(Publication).where(col(Publication.article_id).in_(their_articles))):
        others[one.article_id].append(one)
    for version in versions:
        _put_in_force(session, version, others[version.article_id], actor=actor, at=at)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="kb.batch.published",
        subject_id=batch,
        at=at,
        details={"articles": len(versions)},
    )
    return len(versions)


def withdraw(session: Session, article_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take the article away from agents, what waits to come into force included.

    :raises NotPublished: if there is nothing to take away
    """
    require(actor, Permission.PUBLISH_ARTICLE)
    living = [
        one for one in publications_of(session, article_id) if _ends_after(one, max(at, one.effective_from))
    ]
    if not living:
        raise NotPublished
    for publication in living:
        publication.effective_until = max(at, publication.effective_from)
        publication.withdrawn_by, publication.withdrawn_at = actor.staff_id, at
        session.add(publication)
        indexing.schedule(session, period_key(publication.id), at=at)
    indexing.schedule(session, key_of(article_id), at=at)
    audit.record(session, actor=actor, action="kb.article.withdrawn", subject_id=article_id, at=at)


def _put_in_force(
    session: Session,
    version: ArticleVersion,
    others: Sequence[Publication],
    *,
    actor: Actor,
    at: datetime,
) -> Publication:
    begins, ends = period_of(version.valid_from, version.valid_until, at)
    if ends and ends <= begins:
        raise ValidityOver(field="valid_until")
    if any(one.version_id == version.id for one in others):
        raise AlreadyPublished
    ends = _make_room(session, others, begins, ends, at)
    publication = Publication(
        article_id=version.article_id,
        version_id=version.id,
        published_by=actor.staff_id,
        published_at=at,
        effective_from=begins,
        effective_until=ends,
    )
    session.add(publication)
    _index_at(session, publication, at)
    return publication


def period_of(
    first_day: date | None, last_day: date | None, at: datetime
) -> tuple[datetime, datetime | None]:
    """Return from when (never before `at`) until when, exclusive, it holds if it is published at `at`."""
    begins = max(at, start_of(first_day)) if first_day else at
    return begins, start_of(last_day + timedelta(days=1)) if last_day else None


def _make_room(
    session: Session, others: Sequence[Publication], begins: datetime, ends: datetime | None, at: datetime
) -> datetime | None:
    """End what holds at `begins`, and return when the new version itself must give way."""
    for other in others:
        if other.effective_from <= begins and _ends_after(other, begins):
            other.effective_until = begins
            session.add(other)
            _look_at_period(session, other, [begins], at)
        waits = other.effective_from > begins and _ends_after(other, other.effective_from)
        if waits and (ends is None or other.effective_from < ends):
            ends = other.effective_from
    return ends


def _ends_after(publication: Publication, moment: datetime) -> bool:
    return publication.effective_until is None or publication.effective_until > moment


def publications_of(session: Session, article_id: UUID) -> Sequence[Publication]:
    theirs = select(Publication).where(Publication.article_id == article_id)
    return session.exec(theirs.order_by(col(Publication.effective_from))).all()


def _index_at(session: Session, publication: Publication, at: datetime) -> None:
    """Have the index look again now, and at each later minute at which the version begins or ends."""
    begins, ends = publication.effective_from, publication.effective_until
    indexing.schedule(session, key_of(publication.article_id), at=at)
    for moment in (begins, ends):
        if moment and moment > at:
            indexing.schedule(session, key_of(publication.article_id), at=at, run_at=moment)
    _look_at_period(session, publication, [at, begins] if begins > at else [], at)
    _look_at_period(session, publication, [ends] if ends else [], at)


def _look_at_period(
    session: Session, publication: Publication, moments: Iterable[datetime], at: datetime
) -> None:
    """Have the index look, at those moments, whether the period is now one of another day."""
    for moment in moments:
        indexing.schedule(session, period_key(publication.id), at=at, run_at=max(moment, at))
