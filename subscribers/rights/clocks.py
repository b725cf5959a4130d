"""How long a request may take: working days by kind, from a setting or the usual fifteen."""

from datetime import date, datetime

from sqlmodel import Session, select

from core import audit, clock, working_days
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.rights.models import RightsClock, RightsKind

USUAL = 15
LONGEST = 60


class ClockWrong(Invalid):
    message = "期限须在 1 到 60 个工作日之间。"


def days_of(session: Session) -> dict[RightsKind, int]:
    chosen = {row.kind: row.working_days for row in session.exec(select(RightsClock))}
    return {kind: chosen.get(kind, USUAL) for kind in RightsKind}


def due_on(session: Session, kind: RightsKind, *, received_at: datetime) -> date:
    """Return the last day for an answer: what comes in at night counts from that day in the centre."""
    return working_days.due_day(session, clock.day_of(received_at), days_of(session)[kind])


def choose(session: Session, kind: RightsKind, days: int, *, actor: Actor, at: datetime) -> None:
    """Change the term for requests from now on; those that are open keep the day they were promised.

    :raises ClockWrong: if it is none or too long
    """
    require(actor, Permission.KEEP_RETENTION)
    if not 1 <= days <= LONGEST:
        raise ClockWrong(field="working_days")
    before = days_of(session)[kind]
    session.merge(RightsClock(kind=kind, working_days=days))
    audit.record(
        session,
        actor=actor,
        action="subscribers.rights.clock_changed",
        subject_id=kind,
        at=at,
        details={"kind": kind.label, "before": before, "days": days},
    )
