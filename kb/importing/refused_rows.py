"""The refused rows as a file that opens right in Excel, can be corrected, and is imported again."""

import csv
import io
from collections.abc import Iterator, Sequence

from sqlmodel import Session

from kb.importing.batches import refusals
from kb.importing.guarding import ADDED, guarded
from kb.importing.models import ImportBatch, ImportRefusal

_AT_ONCE = 200


def as_csv(session: Session, batch: ImportBatch) -> Iterator[str]:
    """Return the file in pieces: the columns as they were, then where a row stood and why it was refused."""
    headings = _headings(session, batch)
    yield "\ufeff" + _line([*headings, *ADDED])
    for refusal in _each(session, batch):
        cells = [refusal.row.get(heading, "") for heading in headings]
        fields = "；".join(
            dict.fromkeys(problem["field"] for problem in refusal.problems if problem["field"])
        )
        reasons = " ".join(problem["reason"] for problem in refusal.problems)
        yield _line([*cells, refusal.file, str(refusal.line), fields, reasons])


def _headings(session: Session, batch: ImportBatch) -> list[str]:
    """Those of the files, and names that only refused rows have."""
    found = dict.fromkeys(batch.headings)
    for refusal in _each(session, batch):
        found |= dict.fromkeys(refusal.row)
    return [heading for heading in found if heading not in ADDED]


def _each(session: Session, batch: ImportBatch) -> Iterator[ImportRefusal]:
    yield from session.exec(refusals(batch.id).execution_options(yield_per=_AT_ONCE))


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([guarded(cell) for cell in cells])
    return written.getvalue()
