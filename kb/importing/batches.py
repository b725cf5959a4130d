"""Finding batches and their refused rows, and where a batch may go from where it stands."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.errors import Conflict, NotFound
from kb.importing.headings import Meaning
from kb.importing.models import BatchState, ImportBatch, ImportRefusal
from kb.importing.reading import KeptFile

BEFORE_IMPORT = frozenset(state for state in BatchState if state.is_before_import)


class NoSuchBatch(NotFound):
    message = "没有这一批导入，可能地址有误。请返回导入列表重新选择。"


class BatchElsewhere(Conflict):
    message = "这一批的状态已经变了，这一步没有执行。请刷新页面，查看最新状态后再操作。"


def listed() -> Any:
    """Return the select of batches, newest first, for `paging.page_of`."""
    return select(ImportBatch).order_by(col(ImportBatch.created_at).desc())


def find(session: Session, batch_id: UUID) -> ImportBatch:
    """
    :raises NoSuchBatch: if there is none
    """
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NoSuchBatch
    return batch


def held(session: Session, batch_id: UUID, allowed: Iterable[BatchState]) -> ImportBatch:
    """Return the batch, locked for the rest of the transaction.

    :raises BatchElsewhere: if it is in none of those states
    """
    locked = select(ImportBatch).where(ImportBatch.id == batch_id).with_for_update()
    batch = session.exec(locked).first()
    if batch is None:
        raise NoSuchBatch
    if batch.state not in set(allowed):
        raise BatchElsewhere
    return batch


def refusals(batch_id: UUID) -> Any:
    """Return the select of refused rows in the order of the files."""
    theirs = select(ImportRefusal).where(ImportRefusal.batch_id == batch_id)
    return theirs.order_by(col(ImportRefusal.position))


def files_of(batch: ImportBatch) -> list[KeptFile]:
    return [KeptFile(**file) for file in batch.files]


def mapping_of(batch: ImportBatch) -> dict[str, Meaning]:
    return {heading: Meaning(meaning) for heading, meaning in batch.mapping.items()}
