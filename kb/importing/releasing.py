"""Publishing what came with a batch, as it stands now: with what editors corrected in the drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from core import database
from core.clock import day_of
from core.identity import Actor
from core.permissions import Permission, require
from kb.importing.batches import held
from kb.importing.chunks import CHUNK, Progress, failure_kept
from kb.importing.models import BatchState, ImportBatch, ImportedRow
from kb.models import ArticleVersion, Publication
from kb.publishing import publish_many

PUBLISHABLE = frozenset({BatchState.IMPORTED, BatchState.PUBLISHING, BatchState.PUBLISHED})


@dataclass(frozen=True)
class Release:
    """What publishing would do: so many drafts, of them edited since, and expired ones left alone."""

    drafts: int
    edited: int
    expired: int


def planned(session: Session, batch_id: UUID, *, at: datetime) -> Release:
    waiting, living = _unpublished(batch_id), _living(at)
    edited = col(ArticleVersion.revision) != ImportedRow.revision
    return Release(
        _count(session, waiting.where(living)),
        _count(session, waiting.where(living, edited)),
        _count(session, waiting.where(~living)),
    )


def publish_batch(
    batch_id: UUID, *, actor: Actor, at: datetime, progress: Progress | None = None
) -> ImportBatch:
    """Publish the drafts that came with the batch. Killed at any moment, it goes on when called again.

    :raises BatchElsewhere: if it was not imported to the end
    """
    with failure_kept(batch_id, BatchState.PUBLISHING, falls_to=BatchState.IMPORTED):
        require(actor, Permission.PUBLISH_ARTICLE)
        with database.reading() as session:
            total = planned(session, batch_id, at=at).drafts
        done, batch = 0, _publish_some(batch_id, actor=actor, at=at)
        while batch.state == BatchState.PUBLISHING:
            done = min(done + CHUNK, total)
            if progress:
                progress(done, total)
            batch = _publish_some(batch_id, actor=actor, at=at)
        return batch


def _publish_some(batch_id: UUID, *, actor: Actor, at: datetime) -> ImportBatch:
    with database.unit_of_work() as session:
        batch = held(session, batch_id, PUBLISHABLE)
        some = _unpublished(batch_id).where(_living(at)).order_by(col(ArticleVersion.id)).limit(CHUNK)
        versions = session.exec(some).all()
        batch.state = BatchState.PUBLISHING if versions else BatchState.PUBLISHED
        batch.error = ""
        if versions:
            batch.published += publish_many(session, versions, batch=str(batch_id), actor=actor, at=at)
        else:
            batch.published_at = at
        session.add(batch)
        return batch


def _unpublished(batch_id: UUID) -> Any:
    return (
        select(ArticleVersion)
        .join(ImportedRow, col(ImportedRow.version_id) == ArticleVersion.id)
        .outerjoin(Publication, col(Publication.version_id) == ArticleVersion.id)
        .where(ImportedRow.batch_id == batch_id, col(Publication.id).is_(None))
    )


def _living(at: datetime) -> ColumnElement[bool]:
    last = col(ArticleVersion.valid_until)
    return or_(last.is_(None), last >= day_of(at))


def _count(session: Session, statement: Any) -> int:
    return int(session.exec(select(func.count()).select_from(statement.subquery())).one())
