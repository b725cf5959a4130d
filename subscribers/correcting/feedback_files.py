"""The files that tell a source what agents heard; docs/interfaces/feedback-files.md is their contract."""

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, func, insert, literal, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from core import database
from core.clock import CENTRE_TIME
from core.errors import Conflict
from core.identity import Staff
from subscribers.correcting.models import (
    Correction,
    CorrectionState,
    CorrectionStep,
    FeedbackFile,
    FeedbackState,
)
from subscribers.entities import ENTITIES
from subscribers.restrictions import is_restricted

VERSION = 1
DATA, MANIFEST = ".dat", ".chk"
_ESCAPES = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r"})


class FeedbackUnderWay(Conflict):
    message = "另一处正在生成反馈文件。请稍等片刻再试。"


def send(drop: Path, *, at: datetime) -> list[FeedbackFile]:
    """Write what waits into the out/ folder of each source; finish first what a stopped process left.

    :raises FeedbackUnderWay: if another process plans in the same moment
    """
    try:
        with database.unit_of_work() as session:
            for source in session.exec(select(Correction.source).where(_waits()).distinct()).all():
                _plan(session, source, at)
    except IntegrityError as error:
        raise FeedbackUnderWay from error
    with database.reading() as session:
        planned = session.exec(select(FeedbackFile).where(FeedbackFile.state == FeedbackState.PLANNED)).all()
    return [_write(file, drop / file.source / "out") for file in planned]


def _waits() -> ColumnElement[bool]:
    """Of a person whose data may not be used nothing is told."""
    return (col(Correction.state) == CorrectionState.OPEN) & ~is_restricted(col(Correction.customer_id))


def _plan(session: Session, source: str, at: datetime) -> None:
    """Choose the lines and the name; from here on they are told, whatever happens to this process."""
    last = session.exec(select(func.max(FeedbackFile.sequence)).where(FeedbackFile.source == source)).one()
    sequence = (last or 0) + 1
    made = at.astimezone(CENTRE_TIME).strftime("%Y%m%d%H%M")
    name = f"{source.upper()}_FEEDBACK_{made}_{sequence:03}"
    file = FeedbackFile(source=source, sequence=sequence, name=name, planned_at=at)
    session.add(file)
    session.flush()
    waits = _waits() & (col(Correction.source) == source)
    told = {"state": CorrectionState.SENT, "state_since": at, "feedback_id": file.id}
    telling = update(Correction).where(waits).values(version=col(Correction.version) + 1, **told)
    session.execute(telling.execution_options(synchronize_session=False))
    step = select(
        col(Correction.id),
        literal(at, UTCDateTime()),
        literal(str(CorrectionState.SENT)),
        literal(f"写入 {name}"),
    )
    lines = step.where(Correction.feedback_id == file.id)
    session.execute(insert(CorrectionStep).from_select(["correction_id", "at", "state", "note"], lines))


def _write(file: FeedbackFile, out: Path) -> FeedbackFile:
    """Write the pair, the manifest last: with it the file counts as there."""
    out.mkdir(parents=True, exist_ok=True)
    with database.unit_of_work() as session:
        kept = session.get_one(FeedbackFile, file.id)
        rows, digest = 0, hashlib.sha256()
        partial = out / f"{file.name}{DATA}.part"
        with partial.open("wb") as data:
            for line in _lines(session, kept):
                data.write(line)
                digest.update(line)
                rows += 1
            data.flush()
            os.fsync(data.fileno())
        size = partial.stat().st_size
        partial.replace(out / f"{file.name}{DATA}")
        kept.rows, kept.sha256, kept.state = rows, digest.hexdigest(), FeedbackState.WRITTEN
        session.add(kept)
        manifest = out / f"{file.name}{MANIFEST}.part"
        manifest.write_text(_manifest(kept, size), "utf-8")
        manifest.replace(out / f"{file.name}{MANIFEST}")
        return kept


def _manifest(file: FeedbackFile, size: int) -> str:
    said = {
        "version": VERSION,
        "kind": "feedback",
        "source": file.source,
        "sequence": file.sequence,
        "previous": file.sequence - 1,
        "rows": file.rows,
        "bytes": size,
        "sha256": file.sha256,
        "encoding": "utf-8",
    }
    return "".join(f"{name}={value}\n" for name, value in said.items()) + "end\n"


def _lines(session: Session, file: FeedbackFile) -> Iterator[bytes]:
    """feedback id, entity, key, field, old, proposed, evidence, agent, when."""
    told = select(Correction, Staff.login).join(Staff, col(Staff.id) == Correction.staff_id)
    told = told.where(Correction.feedback_id == file.id, col(Correction.is_open)).order_by(
        col(Correction.created_at), col(Correction.id)
    )
    corrections = session.exec(told).all()
    keys = _keys(session, [correction for correction, _ in corrections])
    for said, login in corrections:
        when = said.affirmed_at.astimezone(CENTRE_TIME).strftime("%Y-%m-%d %H:%M:%S")
        key = keys[said.entity, said.row_id]
        parts = (
            said.id.hex,
            said.entity,
            key,
            said.field,
            said.base,
            said.proposed,
            said.evidence,
            login,
            when,
        )
        yield ("|".join(part.translate(_ESCAPES) for part in parts) + "\n").encode()


def _keys(session: Session, corrections: list[Correction]) -> dict[tuple[str, int], str]:
    """Return what the source calls each row."""
    found: dict[tuple[str, int], str] = {}
    for entity in {one.entity for one in corrections}:
        table = ENTITIES[entity].table
        ids = [one.row_id for one in corrections if one.entity == entity]
        for start in range(0, len(ids), 1000):
            some = select(table.id, table.key).where(col(table.id).in_(ids[start : start + 1000]))
            found |= {(entity, row_id): key for row_id, key in session.exec(some) if row_id is not None}
    return found
