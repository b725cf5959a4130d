"""The import itself: rows become drafts, chunk by chunk, each whole or not at all."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import Session

from core import audit, database, numbering
from core.identity import Actor
from core.permissions import Permission, require
from kb import writing
from kb.importing.batches import files_of, find, mapping_of
from kb.importing.chunks import Progress, begin, chunks_of, count, failure_kept, finish, next_of
from kb.importing.judging import Judge, Judgement, Outcome, Reading
from kb.importing.models import BatchState, ImportBatch, ImportedRow
from kb.importing.reading import rows_of
from kb.importing.rows import Row


def carry_out(batch_id: UUID, *, actor: Actor, at: datetime, progress: Progress | None = None) -> ImportBatch:
    """Write what was checked, as drafts. Killed at any moment, it goes on where it stopped when called again.

    :raises BatchElsewhere: if it was not checked before
    :raises RunsElsewhere: if another process is at it
    """
    with failure_kept(batch_id, BatchState.IMPORTING):
        batch = _take_up(batch_id, actor=actor, at=at)
        judge = Judge(Reading(mapping_of(batch), batch.source, actor, at, writing=True))
        rows = rows_of(files_of(batch))
        judge.remember(islice(rows, batch.read))
        for chunk in chunks_of(rows):
            batch = _write(batch, judge, chunk, actor=actor, at=at)
            if progress:
                progress(batch.read, batch.total)
        return _conclude(batch, actor=actor, at=at)


def begin_import(session: Session, batch_id: UUID, *, actor: Actor, at: datetime) -> ImportBatch:
    """
    :raises BatchElsewhere: if it was not checked, or is imported already
    """
    require(actor, Permission.IMPORT_ARTICLES)
    batch = begin(session, batch_id, {BatchState.CHECKED}, BatchState.IMPORTING)
    audit.record(session, actor=actor, action="kb.import.begun", subject_id=batch_id, at=at)
    return batch


def _take_up(batch_id: UUID, *, actor: Actor, at: datetime) -> ImportBatch:
    """Begin, or return the batch as an interrupted import left it."""
    require(actor, Permission.IMPORT_ARTICLES)
    with database.unit_of_work() as session:
        batch = find(session, batch_id)
        if batch.state == BatchState.IMPORTING:
            return batch
        return begin_import(session, batch_id, actor=actor, at=at)


def _write(
    seen: ImportBatch, judge: Judge, rows: Sequence[Row], *, actor: Actor, at: datetime
) -> ImportBatch:
    with database.unit_of_work() as session:
        numbering.take(session, writing.COUNTER, 0)  # lets imports on PostgreSQL write one after the other
        batch = next_of(session, seen)
        judgements = judge.judge(session, rows)
        _start(session, batch, [one for one in judgements if one.outcome == Outcome.STARTED], actor, at)
        _change(session, batch, [one for one in judgements if one.outcome == Outcome.CHANGED], actor, at)
        count(session, batch, judgements)
        return batch


def _start(
    session: Session, batch: ImportBatch, judgements: Sequence[Judgement], actor: Actor, at: datetime
) -> None:
    drafts = [judgement.draft for judgement in judgements if judgement.draft]
    started = writing.start_many(session, drafts, actor=actor, at=at)
    fresh = []
    for judgement, one in zip(judgements, started, strict=True):
        written = _written(batch, judgement, one.article_id, one.version_id, 0)
        if judgement.known:
            session.add(judgement.known.sqlmodel_update(written))
        else:
            named = {"id": uuid4(), "created_at": at, "source": batch.source, "key": judgement.key}
            fresh.append(named | written)
    if fresh:
        session.execute(insert(ImportedRow), fresh)


def _change(
    session: Session, batch: ImportBatch, judgements: Sequence[Judgement], actor: Actor, at: datetime
) -> None:
    for judgement in judgements:
        if judgement.latest and judgement.draft and judgement.known:
            version = writing.write_next(session, judgement.latest, judgement.draft, actor=actor, at=at)
            written = _written(batch, judgement, version.article_id, version.id, version.revision)
            session.add(judgement.known.sqlmodel_update(written))


def _written(
    batch: ImportBatch, judgement: Judgement, article_id: UUID, version_id: UUID, revision: int
) -> dict[str, Any]:
    return {
        "digest": judgement.digest,
        "batch_id": batch.id,
        "article_id": article_id,
        "version_id": version_id,
        "revision": revision,
    }


def _conclude(seen: ImportBatch, *, actor: Actor, at: datetime) -> ImportBatch:
    with database.unit_of_work() as session:
        batch = finish(session, seen, BatchState.IMPORTED)
        batch.finished_at = at
        outcomes = {outcome.value: getattr(batch, outcome.value) for outcome in Outcome}
        audit.record(
            session, actor=actor, action="kb.import.carried_out", subject_id=batch.id, at=at, details=outcomes
        )
        return batch
