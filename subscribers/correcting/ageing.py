"""A correction that the source leaves lying grows old; from the second level on it is the supervisor's."""

from datetime import datetime, timedelta

from sqlalchemy import insert, literal, update
from sqlmodel import Session, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from subscribers.correcting.models import Correction, CorrectionStep

DAYS = (3, 7, 15)  # the levels 1, 2 and 3
FOR_SUPERVISOR = 2


def age(session: Session, *, at: datetime) -> int:
    """Raise the level of what has waited longer; return how many came before the supervisor by it."""
    escalated = 0
    for level in range(len(DAYS), 0, -1):
        raised = _raise(session, level, at)
        escalated += raised if level >= FOR_SUPERVISOR else 0
    return escalated


def _raise(session: Session, level: int, at: datetime) -> int:
    days = DAYS[level - 1]
    old = col(Correction.is_open) & (col(Correction.age_level) < level)
    old &= col(Correction.affirmed_at) <= at - timedelta(days=days)
    note = f"满 {days} 天没有结果" + ("，请班长处理" if level >= FOR_SUPERVISOR else "")
    step = select(col(Correction.id), literal(at, UTCDateTime()), col(Correction.state), literal(note))
    session.execute(
        insert(CorrectionStep).from_select(["correction_id", "at", "state", "note"], step.where(old))
    )
    raising = update(Correction).where(old).values(age_level=level).returning(col(Correction.id))
    return len(session.execute(raising.execution_options(synchronize_session=False)).all())
