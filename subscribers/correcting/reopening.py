"""A load was undone: corrections that it had ended stand again, and meet what the source says now."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, insert, or_, select, update
from sqlmodel import Session, col

from core import database
from subscribers.correcting.meeting import NOTES, meet, of_source, plain
from subscribers.correcting.models import Correction, CorrectionState, CorrectionStep
from subscribers.correcting.rules import CORRECTABLE
from subscribers.entities import ENTITIES
from subscribers.loading.models import Load

_ENDED = (CorrectionState.CONFIRMED, CorrectionState.SUPERSEDED)
_NOTE = "结束它的那次装载已撤销，重新生效"


def meet_undone(payload: dict[str, Any], at: datetime) -> None:
    """Hear that a load was undone. Harmless to hear twice."""
    entity, source = payload["entity"], payload["source"]
    with database.unit_of_work() as session:
        for name in CORRECTABLE.get(entity, ()):
            _reopen(session, entity, source, name, payload["load_id"], at)
        meet(session, entity, source, at=at)


def _reopen(session: Session, entity: str, source: str, name: str, undone: int, at: datetime) -> None:
    about = of_source(entity, source) & (col(Correction.field) == name)
    which = about & _ended_by_a_load() & _says_otherwise_again(entity, name, undone) & ~_rival()
    ids = session.scalars(select(col(Correction.id)).where(which)).all()
    if not ids:
        return
    steps = [{"correction_id": one, "at": at, "state": CorrectionState.OPEN, "note": _NOTE} for one in ids]
    session.execute(insert(CorrectionStep), steps)
    values = {"state": CorrectionState.OPEN, "state_since": at, "is_open": True, "age_level": 0}
    again = update(Correction).where(col(Correction.id).in_(ids))
    again = again.values(**values, version=Correction.version + 1)
    session.execute(again.execution_options(synchronize_session=False))


def _ended_by_a_load() -> ColumnElement[bool]:
    """Not by a person: nobody takes back for them what they decided."""
    same = (col(CorrectionStep.correction_id) == col(Correction.id)) & col(CorrectionStep.staff_id).is_(None)
    same &= (col(CorrectionStep.state) == col(Correction.state)) & (
        col(CorrectionStep.at) == col(Correction.state_since)
    )
    heard = same & col(CorrectionStep.note).in_([NOTES[state] for state in _ENDED])
    return col(Correction.state).in_(_ENDED) & select(col(CorrectionStep.id)).where(heard).exists()


def _says_otherwise_again(entity: str, name: str, undone: int) -> ColumnElement[bool]:
    """The row is as a load left it that was there before the correction ended, and not what ended it."""
    table = ENTITIES[entity].table
    says = func.coalesce(cast(getattr(table, name), String), "")
    back = (col(table.id) == col(Correction.row_id)) & col(table.gone_at).is_(None)
    back &= (plain(says) != plain(col(Correction.met))) & (col(table.load_id) < undone)
    before = (col(Load.id) == col(table.load_id)) & (col(Load.finished_at) <= col(Correction.state_since))
    return select(col(table.id)).where(back, select(col(Load.id)).where(before).exists()).exists()


def _rival() -> ColumnElement[bool]:
    """Somebody has corrected the field anew."""
    newer = Correction.__table__.alias()  # type: ignore[attr-defined]
    same = (newer.c.entity == Correction.entity) & (newer.c.row_id == Correction.row_id)
    same &= newer.c.field == Correction.field
    later = or_(newer.c.is_open, newer.c.created_at > Correction.created_at)
    return select(newer.c.id).where(same, later).exists()
