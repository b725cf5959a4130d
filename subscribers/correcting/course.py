"""The course of a correction: each change of state leaves a step with who and when."""

from datetime import datetime

from sqlmodel import Session

from core import audit
from core.identity import SYSTEM, Actor
from subscribers.correcting.models import CLOSED, Correction, CorrectionState, CorrectionStep


def begin(session: Session, correction: Correction, actor: Actor) -> None:
    session.add(correction)
    session.flush()
    _note(session, correction, "", actor, correction.created_at)


def move(
    session: Session,
    correction: Correction,
    state: CorrectionState,
    *,
    note: str = "",
    actor: Actor = SYSTEM,
    at: datetime,
) -> None:
    """Put a correction into a state; a closed one no longer covers the source's value."""
    correction.state, correction.state_since = state, at
    correction.is_open = state not in CLOSED
    correction.version += 1
    session.add(correction)
    _note(session, correction, note, actor, at)


def audited(session: Session, correction: Correction, what: str, *, actor: Actor, at: datetime) -> None:
    """Write into the audit trail what a person did, without the value."""
    audit.record(
        session,
        actor=actor,
        action=f"subscribers.correction.{what}",
        subject_id=correction.id,
        at=at,
        details={"customer": correction.customer_id, "field": f"{correction.entity}.{correction.field}"},
    )


def _note(session: Session, correction: Correction, note: str, actor: Actor, at: datetime) -> None:
    staff_id = None if actor == SYSTEM else actor.staff_id
    step = CorrectionStep(
        correction_id=correction.id, at=at, state=correction.state, note=note, staff_id=staff_id
    )
    session.add(step)
    session.flush()
