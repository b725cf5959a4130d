"""How a batch advances: a chunk of rows, what came of it and the place in the files, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from uuid import UUID

from sqlmodel import Session, col, delete

from core import database
from core.errors import Conflict, Invalid, NotAllowed
from kb.importing.batches import find, held
from kb.importing.judging import Judgement, Outcome
from kb.importing.models import BatchState, ImportBatch, ImportRefusal
from kb.importing.rows import Row

CHUNK = 500

Progress = Callable[[int, int], None]  # rows done, rows in all (0: not known yet)


class RunsElsewhere(Conflict):
    message = "这一批正由另一个进程处理，进度会继续更新。请稍后刷新页面查看。"


def chunks_of(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def begin(session: Session, batch_id: UUID, allowed: set[BatchState], state: BatchState) -> ImportBatch:
    """Put the batch in its new state and start counting anew."""
    batch = held(session, batch_id, allowed)
    batch.state, batch.error, batch.read = state, "", 0
    for outcome in Outcome:
        setattr(batch, outcome.value, 0)
    session.exec(delete(ImportRefusal).where(col(ImportRefusal.batch_id) == batch_id))
    session.add(batch)
    return batch


def next_of(session: Session, seen: ImportBatch) -> ImportBatch:
    """Return the batch, locked, if it still is where it was last seen.

    :raises RunsElsewhere: if somebody else has advanced it
    """
    batch = held(session, seen.id, BatchState)
    if (batch.state, batch.read) != (seen.state, seen.read):
        raise RunsElsewhere
    return batch


def count(session: Session, batch: ImportBatch, judgements: Sequence[Judgement]) -> None:
    """Note what came of the next rows, the refused ones with their reasons."""
    refused = [(n, one) for n, one in enumerate(judgements, batch.read) if one.outcome == Outcome.REFUSED]
    session.add_all([_refusal(batch, position, judgement) for position, judgement in refused])
    counted = Counter(judgement.outcome for judgement in judgements)
    for outcome, times in counted.items():
        setattr(batch, outcome.value, getattr(batch, outcome.value) + times)
    batch.read += len(judgements)
    session.add(batch)


def finish(session: Session, seen: ImportBatch, state: BatchState) -> ImportBatch:
    batch = next_of(session, seen)
    batch.state, batch.total = state, batch.read
    session.add(batch)
    return batch


@contextmanager
def failure_kept(
    batch_id: UUID, state: BatchState, *, falls_to: BatchState = BatchState.FAILED
) -> Iterator[None]:
    """Let what stops the batch for good be seen on it; whatever may pass leaves it where it can go on."""
    try:
        yield
    except (Invalid, NotAllowed) as error:
        with database.unit_of_work() as session:
            batch = find(session, batch_id)
            if batch.state == state:
                batch.state, batch.error = falls_to, str(error)
                session.add(batch)
        raise


def _refusal(batch: ImportBatch, position: int, judgement: Judgement) -> ImportRefusal:
    row = judgement.row
    problems = [{"field": problem.field, "reason": problem.reason} for problem in judgement.problems]
    return ImportRefusal(
        batch_id=batch.id,
        position=position,
        file=row.file,
        line=row.line,
        problems=problems,
        row={storable(heading): storable(text) for heading, text in row.cells.items()},
    )


def storable(text: str) -> str:
    """Return the text as a database can hold it, a mark standing for each character that it cannot."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
