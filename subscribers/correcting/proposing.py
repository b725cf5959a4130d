"""An agent hears that a value is wrong or missing, and writes down what the caller says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from core import sealing
from core.clock import day_of
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.correcting import course
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.overlaying import source_text
from subscribers.correcting.rules import correctable
from subscribers.correcting.survivorship import MOST_CONTRADICTIONS, is_same
from subscribers.correcting.values import written
from subscribers.entities import ENTITIES, Field
from subscribers.models import Copied, Customer


class Evidence(StrEnum):
    SAID = "said"
    VERIFIED = "verified"
    DOCUMENT = "document"
    CALLED_BACK = "called_back"
    MERGED = "merged"

    @property
    def label(self) -> str:
        return _EVIDENCE[self]


_EVIDENCE = {
    Evidence.SAID: "客户口述",
    Evidence.VERIFIED: "核身后口述",
    Evidence.DOCUMENT: "看过证件或单据",
    Evidence.CALLED_BACK: "回拨核实",
    Evidence.MERGED: "合并重复客户",
}
TYPED = tuple(one for one in Evidence if one is not Evidence.MERGED)


class NoSuchRow(NotFound):
    message = "没有这条用户资料，它可能已被来源删除。请返回重新查找。"


class RowGone(Conflict):
    message = "来源已删除这条资料，不能再更正。请核对客户是否已销户或换了编号。"


class SeenChanged(Conflict):
    message = "这一项刚被来源或其他座席改过，您填的内容还在。请看过现在的值，再与客户核对后提交。"


class NothingToCorrect(Invalid):
    message = "来源已经是这个值，不用更正。"


class ForSupervisor(Conflict):
    message = "来源已两次给出不同的值，请班长在“更正与冲突”里决定。"


@dataclass(frozen=True)
class Proposal:
    """`seen` is the token of what the agent had before their eyes (`seen_token`)."""

    entity: str
    row_id: int
    field: str
    proposed: str
    evidence: Evidence
    seen: str


def seen_token(source: str, standing: Correction | None) -> str:
    """Return a short word for what stands now; it tells nothing of the value."""
    said = f"{standing.id}:{standing.version}" if standing else ""
    return sealing.hash_now(f"{source}\0{said}", "what an agent saw")[:16]


def propose(
    session: Session, proposal: Proposal, *, of: int, actor: Actor, at: datetime
) -> Correction | None:
    """Lay what the caller says over the source's value, at once and for everybody; `of` is the customer.

    The same value said again stands by the correction there is; the source's own value ends it (None).

    :raises SeenChanged: if source or another agent changed it since the form was drawn
    :raises RowGone: if the source deleted the row
    """
    require(actor, Permission.CORRECT_SUBSCRIBERS)
    field = correctable(proposal.entity, proposal.field)
    row = row_of(session, proposal.entity, proposal.row_id)
    if customer_of(row) != of:
        raise NoSuchRow
    if row.gone_at is not None:
        raise RowGone
    value = written(field, proposal.proposed, today=day_of(at))
    standing, source = standing_correction(session, row, proposal), source_text(row, field)
    if proposal.seen != seen_token(source, standing):
        raise SeenChanged
    if is_same(value, source):
        _drop(session, standing, actor=actor, at=at)
        return None
    if standing and is_same(value, standing.proposed):
        return _stand_by(session, standing, proposal.evidence, source, actor=actor, at=at)
    if standing:
        note = f"{actor.name} 又更正"
        course.move(session, standing, CorrectionState.SUPERSEDED, note=note, actor=actor, at=at)
    return lay(session, row, field, value, proposal.evidence, actor=actor, at=at)


def lay(  # noqa: PLR0913 - a correction has these parts
    session: Session,
    row: Copied,
    field: Field,
    value: str,
    evidence: Evidence,
    *,
    merge_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> Correction:
    """Add a correction to a field that has none.

    :raises SeenChanged: if another agent added one in the same moment
    """
    source = source_text(row, field)
    correction = Correction(
        **_place(row, field),
        source=row.source,
        base=source,
        met=source,
        proposed=value,
        evidence=evidence,
        staff_id=actor.staff_id,
        created_at=at,
        affirmed_at=at,
        state_since=at,
        merge_id=merge_id,
    )
    try:
        with session.begin_nested():
            course.begin(session, correction, actor)
    except IntegrityError as error:
        raise SeenChanged from error
    course.audited(session, correction, "proposed", actor=actor, at=at)
    return correction


def row_of(session: Session, entity: str, row_id: int) -> Copied:
    """
    :raises NoSuchRow: if there is none
    """
    row = session.get(ENTITIES[entity].table, row_id)
    if row is None:
        raise NoSuchRow
    return row


def customer_of(row: Copied) -> int | None:
    return row.id if isinstance(row, Customer) else getattr(row, "customer_id", None)


def standing_correction(session: Session, row: Copied, proposal: Proposal) -> Correction | None:
    """Return the open correction of the field, if there is one."""
    about = {"entity": proposal.entity, "row_id": row.id, "field": proposal.field, "is_open": True}
    return session.exec(select(Correction).filter_by(**about)).first()


def _place(row: Copied, field: Field) -> dict[str, Any]:
    entity = next(one.name for one in ENTITIES.values() if isinstance(row, one.table))
    return {"entity": entity, "row_id": row.id, "field": field.name, "customer_id": customer_of(row)}


def _drop(session: Session, standing: Correction | None, *, actor: Actor, at: datetime) -> None:
    if standing is None:
        raise NothingToCorrect(field="proposed")
    note = "客户确认来源的值"
    course.move(session, standing, CorrectionState.WITHDRAWN, note=note, actor=actor, at=at)
    course.audited(session, standing, "withdrawn", actor=actor, at=at)


def _stand_by(
    session: Session,
    standing: Correction,
    evidence: Evidence,
    source: str,
    *,
    actor: Actor,
    at: datetime,
) -> Correction:
    """The caller says it again: it counts from now, and goes out anew if the source was against it."""
    if standing.contradictions >= MOST_CONTRADICTIONS:
        raise ForSupervisor
    against = standing.state in {CorrectionState.CONFLICT, CorrectionState.REJECTED}
    state = CorrectionState.OPEN if against else CorrectionState(standing.state)
    standing.evidence, standing.affirmed_at, standing.met = evidence, at, source
    standing.age_level = 0 if against else standing.age_level
    note = f"客户再次确认（{evidence.label}）"
    course.move(session, standing, state, note=note, actor=actor, at=at)
    course.audited(session, standing, "affirmed", actor=actor, at=at)
    return standing
