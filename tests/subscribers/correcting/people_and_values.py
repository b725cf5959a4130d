"""What an agent says and what the source sends, for tests of corrections."""

from datetime import datetime
from typing import Any

from sqlmodel import select

from core import database
from core.identity import Actor
from subscribers.correcting import meeting, proposing
from subscribers.correcting.models import Correction, CorrectionStep
from subscribers.correcting.overlaying import Effective, overlaid, source_text
from subscribers.correcting.proposing import Evidence, Proposal, seen_token
from subscribers.entities import ENTITIES
from subscribers.models import Copied, Customer


def says(
    actor: Actor, customer_id: int, field: str, proposed: str, *, at: datetime, seen: str | None = None
) -> Correction | None:
    """Let an agent correct a field, having seen what stands now unless `seen` says otherwise."""
    token = shown(customer_id, field) if seen is None else seen
    proposal = Proposal("customer", customer_id, field, proposed, Evidence.SAID, token)
    with database.unit_of_work() as session:
        return proposing.propose(session, proposal, of=customer_id, actor=actor, at=at)


def shown(customer_id: int, field: str) -> str:
    """Return the token of what a form shows now."""
    one = seen_of(customer_id, field)
    return seen_token(one.source, one.correction)


def seen_of(customer_id: int, field: str) -> Effective:
    with database.reading() as session:
        customer = session.get_one(Customer, customer_id)
        return overlaid(session, "customer", [customer])[customer_id][field]


def source_sends(row: Copied, at: datetime, **values: Any) -> meeting.Met:
    """Let a load bring these values, and let the corrections meet them."""
    with database.unit_of_work() as session:
        kept = session.get_one(type(row), row.id)
        for name, value in ({"changed_at": at} | values).items():
            setattr(kept, name, value)
        session.add(kept)
    return meet(row, at)


def meet(row: Copied, at: datetime) -> meeting.Met:
    entity = next(one.name for one in ENTITIES.values() if isinstance(row, one.table))
    with database.unit_of_work() as session:
        return meeting.meet(session, entity, row.source, at=at)


def kept(correction: Correction | None) -> Correction:
    assert correction is not None
    with database.reading() as session:
        return session.get_one(Correction, correction.id)


def steps_of(correction: Correction | None) -> list[str]:
    """Return the states that a correction went through."""
    assert correction is not None
    with database.reading() as session:
        found = select(CorrectionStep).where(CorrectionStep.correction_id == correction.id)
        return [step.state for step in session.exec(found.order_by(CorrectionStep.id))]  # type: ignore[arg-type]


def customer_of(customer_id: int) -> Customer:
    with database.reading() as session:
        return session.get_one(Customer, customer_id)


def source_value(customer_id: int, field: str) -> str:
    return source_text(customer_of(customer_id), ENTITIES["customer"].field(field))
