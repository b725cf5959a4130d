"""What was looked up for a call: each search, opened article and copied answer is kept on it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.privacy import masked
from subscribers.calls import current
from subscribers.calls.models import CallUse, UseKind

LONGEST_TEXT = 200


def note(session: Session, staff_id: UUID, kind: UseKind, subject: str, text: str, *, at: datetime) -> None:
    """Keep it on the call that the agent has now; without a call there is nothing to keep it on.

    What is opened or copied twice is one use; a search that goes on with the one before takes its place.
    """
    call_id = current.call_of(session, staff_id, at=at)
    if call_id is None:
        return
    text = masked(text)[:LONGEST_TEXT]
    if kind is UseKind.SEARCHED and (before := _typed_before(session, call_id, staff_id, text)):
        before.subject, before.text = subject, text
        session.add(before)
        return
    same = select(CallUse).where(
        CallUse.call_id == call_id,
        CallUse.staff_id == staff_id,
        CallUse.kind == kind,
        CallUse.subject == subject,
    )
    if session.exec(same).first() is None:
        use = CallUse(
            call_id=call_id, staff_id=staff_id, kind=kind, subject=subject, text=text, created_at=at
        )
        session.add(use)


def _typed_before(session: Session, call_id: UUID, staff_id: UUID, text: str) -> CallUse | None:
    """Return the latest use if it is a search of which this one is the rest."""
    mine = select(CallUse).where(CallUse.call_id == call_id, CallUse.staff_id == staff_id)
    last = session.exec(mine.order_by(col(CallUse.created_at).desc()).limit(1)).first()
    return last if last and last.kind == UseKind.SEARCHED and text.startswith(last.text) else None


def uses_of(session: Session, call_id: UUID) -> list[CallUse]:
    """Return them in the order in which they happened."""
    return list(
        session.exec(select(CallUse).where(CallUse.call_id == call_id).order_by(col(CallUse.created_at)))
    )
