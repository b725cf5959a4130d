"""Corrections as people see them: masked, with who, how long, and what happened to each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from core import staff
from subscribers.correcting.ageing import FOR_SUPERVISOR
from subscribers.correcting.models import Correction, CorrectionState, CorrectionStep, FeedbackFile
from subscribers.correcting.overlaying import source_text
from subscribers.correcting.proposing import Evidence
from subscribers.entities import ENTITIES, Entity, Field
from subscribers.masking import masked_field
from subscribers.models import Copied, Customer
from subscribers.restrictions import is_restricted


class Queue(StrEnum):
    """The worklist: what waits for a decision, what the source leaves lying, and the rest."""

    DECIDE = "decide"
    OVERDUE = "overdue"
    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return {"decide": "待裁决", "overdue": "来源超期", "open": "全部未结", "closed": "已结"}[self]


@dataclass(frozen=True)
class StepCard:
    at: datetime
    state: CorrectionState
    note: str
    who: str


@dataclass(frozen=True)
class CorrectionCard:
    """`proposed`, `source` and `base` are masked. `differs`: the source says something else than at first."""

    id: UUID
    version: int
    customer_id: int
    customer: str
    row_key: str
    entity: Entity
    field: Field
    proposed: str
    source: str
    base: str
    differs: bool
    evidence: str
    staff_id: UUID
    who: str
    said_at: datetime
    affirmed_at: datetime
    state: CorrectionState
    state_since: datetime
    is_open: bool
    is_told: bool
    answer: str
    contradictions: int
    age_level: int
    met_at: datetime | None
    steps: tuple[StepCard, ...]

    def days(self, at: datetime) -> int:
        """Return for how many days it has waited."""
        return (at - self.affirmed_at).days


def listed(queue: Queue, *, customer_id: int | None = None) -> Any:
    """Return the select of corrections, the most pressing first, for `paging.page_of`."""
    found = select(Correction).where(_in_queue(queue), ~is_restricted(col(Correction.customer_id)))
    if customer_id is not None:
        found = found.where(Correction.customer_id == customer_id)
    if queue is Queue.CLOSED:
        return found.order_by(col(Correction.state_since).desc(), col(Correction.id))
    pressing = (col(Correction.contradictions).desc(), col(Correction.age_level).desc())
    return found.order_by(*pressing, col(Correction.affirmed_at), col(Correction.id))


def said_since(session: Session, customer_id: int, moment: datetime) -> list[CorrectionCard]:
    """Return what was corrected of the customer since then, the first before the later."""
    found = select(Correction).where(
        Correction.customer_id == customer_id, col(Correction.affirmed_at) >= moment
    )
    return cards(session, session.exec(found.order_by(col(Correction.affirmed_at), col(Correction.id))))


def counts(session: Session) -> dict[Queue, int]:
    """Count what is still open, by queue. One statement."""
    open_ones = (Queue.DECIDE, Queue.OVERDUE, Queue.OPEN)
    sums = [func.coalesce(func.sum(case((_in_queue(queue), 1), else_=0)), 0) for queue in open_ones]
    found = session.execute(
        select(*sums).where(col(Correction.is_open), ~is_restricted(col(Correction.customer_id)))
    ).one()
    return dict(zip(open_ones, found, strict=True))


def files() -> Any:
    """Return the select of feedback files, the latest first, for `paging.page_of`."""
    return select(FeedbackFile).order_by(col(FeedbackFile.planned_at).desc(), col(FeedbackFile.id).desc())


def cards(session: Session, corrections: Iterable[Correction]) -> list[CorrectionCard]:
    corrections = list(corrections)
    rows = _rows(session, corrections)
    steps = _steps(session, [one.id for one in corrections])
    people = {one.staff_id for one in corrections}
    people |= {step.staff_id for some in steps.values() for step in some if step.staff_id}
    names = staff.names_of(session, list(people))
    return [_card(one, rows, steps.get(one.id, []), names) for one in corrections]


def _in_queue(queue: Queue) -> ColumnElement[bool]:
    is_open: ColumnElement[bool] = col(Correction.is_open).is_(True)
    state = col(Correction.state)
    undecided = state.in_([CorrectionState.CONFLICT, CorrectionState.REJECTED])
    if queue is Queue.DECIDE:
        return is_open & undecided
    if queue is Queue.OVERDUE:
        return is_open & ~undecided & (col(Correction.age_level) >= FOR_SUPERVISOR)
    return is_open if queue is Queue.OPEN else ~is_open


def _rows(session: Session, corrections: list[Correction]) -> Mapping[tuple[str, int], Copied]:
    """Return the rows that they are about, and their customers. One statement for each entity."""
    wanted = {(one.entity, one.row_id) for one in corrections}
    wanted |= {("customer", one.customer_id) for one in corrections}
    found: dict[tuple[str, int], Copied] = {}
    for name in {entity for entity, _ in wanted}:
        table = ENTITIES[name].table
        ids = [row_id for entity, row_id in wanted if entity == name]
        found |= {
            (name, row.id or 0): row for row in session.exec(select(table).where(col(table.id).in_(ids)))
        }
    return found


def _steps(session: Session, ids: list[UUID]) -> dict[UUID, list[CorrectionStep]]:
    found: dict[UUID, list[CorrectionStep]] = {}
    theirs = select(CorrectionStep).where(col(CorrectionStep.correction_id).in_(ids))
    for step in session.exec(theirs.order_by(col(CorrectionStep.id))):
        found.setdefault(step.correction_id, []).append(step)
    return found


def _card(
    one: Correction,
    rows: Mapping[tuple[str, int], Copied],
    steps: list[CorrectionStep],
    names: Mapping[UUID, str],
) -> CorrectionCard:
    entity, customer = ENTITIES[one.entity], rows["customer", one.customer_id]
    field, row = entity.field(one.field), rows[one.entity, one.row_id]
    source = source_text(row, field)
    return CorrectionCard(
        id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        customer=customer.name if isinstance(customer, Customer) else "",
        row_key=row.key,
        entity=entity,
        field=field,
        proposed=masked_field(field, one.proposed),
        source=masked_field(field, source),
        base=masked_field(field, one.base),
        differs=source != one.base,
        evidence=Evidence(one.evidence).label,
        staff_id=one.staff_id,
        who=names.get(one.staff_id, "系统"),
        said_at=one.created_at,
        affirmed_at=one.affirmed_at,
        state=CorrectionState(one.state),
        state_since=one.state_since,
        is_open=one.is_open,
        is_told=one.feedback_id is not None,
        answer=one.answer,
        contradictions=one.contradictions,
        age_level=one.age_level,
        met_at=one.met_at,
        steps=tuple(_step(step, names) for step in steps),
    )


def _step(step: CorrectionStep, names: Mapping[UUID, str]) -> StepCard:
    who = names.get(step.staff_id, "") if step.staff_id else ""
    return StepCard(step.at, CorrectionState(step.state), step.note, who)
