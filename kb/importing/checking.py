"""The dry run: judge every row of a batch without writing an article."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core import database
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from kb.importing import headings as meanings
from kb.importing.batches import BEFORE_IMPORT, files_of, find, mapping_of
from kb.importing.chunks import (
    Progress,
    begin,
    chunks_of,
    count,
    failure_kept,
    finish,
    next_of,
    storable,
)
from kb.importing.headings import Meaning
from kb.importing.judging import Judge, Judgement, Reading
from kb.importing.models import BatchState, ImportBatch
from kb.importing.reading import rows_of
from kb.importing.rows import Row
from kb.sanitising import text_of

MOST_ROWS = 200_000
PREVIEWED = 10
NO_ANSWER_YET = "待补充答案"
_EXCERPT = 300


class TooManyRows(Invalid):
    message = f"一批最多 {MOST_ROWS:,} 行。请拆成几个文件，分批导入。"


def check(batch_id: UUID, *, actor: Actor, at: datetime, progress: Progress | None = None) -> ImportBatch:
    """Return the batch with the counts that an import would have, a preview, and what it would refuse.

    One whose import was interrupted comes back as it is: it was checked before.

    :raises MappingIncomplete: if no column is the question
    :raises BrokenFile: where a file stops making sense
    :raises TooManyRows: if it is more than an import takes
    """
    with failure_kept(batch_id, BatchState.CHECKING):
        require(actor, Permission.IMPORT_ARTICLES)
        with database.unit_of_work() as session:
            batch = find(session, batch_id)
            if batch.state == BatchState.IMPORTING:
                return batch
            batch = begin(session, batch_id, {*BEFORE_IMPORT, BatchState.CHECKING}, BatchState.CHECKING)
        meanings.refuse_unusable(mapping_of(batch), batch.tables)
        reading = Reading(mapping_of(batch), batch.source, actor, at, writing=False)
        judge = Judge(reading)
        for rows in chunks_of(rows_of(files_of(batch))):
            batch = _judge(batch, judge, reading, rows)
            if progress:
                progress(batch.read, 0)
        with database.unit_of_work() as session:
            return finish(session, batch, BatchState.CHECKED)


def _judge(seen: ImportBatch, judge: Judge, reading: Reading, rows: Sequence[Row]) -> ImportBatch:
    with database.reading() as session:
        judgements = judge.judge(session, rows)
    with database.unit_of_work() as session:
        batch = next_of(session, seen)
        if batch.read == 0:
            batch.preview = [_shown(one, reading) for one in judgements[:PREVIEWED]]
        count(session, batch, judgements)
        if batch.read > MOST_ROWS:
            raise TooManyRows
        return batch


def _shown(judgement: Judgement, reading: Reading) -> dict[str, str]:
    """Return a row of the preview: what would become of it, and where its texts would stand."""
    row, draft = judgement.row, judgement.draft
    shown = {"place": f"{row.file} {row.line}", "outcome": judgement.outcome.label}
    if draft is None:
        said = reading.said(row)
        title, answer = (storable(said.get(one, "")[:_EXCERPT]) for one in (Meaning.TITLE, Meaning.ANSWER))
        reason = " ".join(problem.reason for problem in judgement.problems)
        return shown | {"title": title, "answer": answer, "more": "", "reason": reason}
    more = text_of("".join((draft.conditions, draft.prices, draft.steps)))
    words = draft.answer or ("" if more or draft.scripts else NO_ANSWER_YET)
    return shown | {"title": draft.title, "answer": words, "more": more[:_EXCERPT], "reason": ""}
