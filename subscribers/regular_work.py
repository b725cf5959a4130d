"""What comes round by itself: telling the sources, reading their answers, looking for duplicates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core import database, jobs
from core.settings import settings
from subscribers import duplicates
from subscribers.correcting import ageing, answers, feedback_files, meeting
from subscribers.correcting.models import Correction

FEEDBACK = "subscribers.feedback"
ANSWERS = "subscribers.answers"
DUPLICATES = "subscribers.duplicates"
EVERY = {FEEDBACK: timedelta(days=1), ANSWERS: timedelta(minutes=5), DUPLICATES: timedelta(days=1)}


def handlers() -> list[jobs.Handler]:
    return [
        jobs.Handler(FEEDBACK, _feedback, label="向来源反馈更正"),
        jobs.Handler(ANSWERS, _answers, label="读取来源对更正的回执"),
        jobs.Handler(DUPLICATES, _duplicates, label="查找重复客户", lane="slow"),
    ]


def feedback(at: datetime) -> list[str]:
    """Read what was answered, compare, let grow old what waits, and write what is new; return the files."""
    answers.receive(settings().drop, at=at)
    with database.unit_of_work() as session:
        meet_all(session, at=at)
        ageing.age(session, at=at)
    return [file.name for file in feedback_files.send(settings().drop, at=at)]


def meet_all(session: Session, *, at: datetime) -> None:
    """Compare every open correction, those too that were said while a load was merging."""
    pairs = select(Correction.entity, Correction.source).where(col(Correction.is_open)).distinct()
    for entity, source in session.exec(pairs).all():
        meeting.meet(session, entity, source, at=at)


def _feedback(_payloads: Sequence[dict[str, Any]], at: datetime) -> None:
    feedback(at)


def _answers(_payloads: Sequence[dict[str, Any]], at: datetime) -> None:
    answers.receive(settings().drop, at=at)


def _duplicates(_payloads: Sequence[dict[str, Any]], at: datetime) -> None:
    duplicates.find(at=at)
