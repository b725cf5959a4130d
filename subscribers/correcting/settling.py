"""A person decides: the agent's value stands and is told to the source again, or the source's does."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.identity import Actor
from core.permissions import Permission, may, require
from subscribers.correcting import course
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.overlaying import source_text
from subscribers.correcting.proposing import row_of
from subscribers.correcting.survivorship import MOST_CONTRADICTIONS
from subscribers.entities import ENTITIES

LONGEST_NOTE = 200


class NoSuchCorrection(NotFound):
    message = "没有这条更正，请刷新列表。"


class AlreadySettled(Conflict):
    message = "这条更正刚有新进展，没有按您的选择处理。请看过最新状态再决定。"


class NoteTooLong(Invalid):
    message = f"说明最多 {LONGEST_NOTE} 个字，请缩短。"


class AlreadyTold(NotAllowed):
    message = "这条更正已经反馈给来源，只有班长能撤回。请联系班长。"


class Decision(StrEnum):
    KEEP = "keep"
    SOURCE = "source"


def settle(  # noqa: PLR0913 - a decision has these parts
    session: Session,
    correction_id: UUID,
    decision: Decision,
    *,
    version: int,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> Correction:
    """Keep the agent's value and tell the source again, or let the source's value be seen.

    :raises AlreadySettled: if something happened to it since `version`
    """
    require(actor, Permission.SETTLE_CORRECTIONS)
    correction = _still(session, correction_id, version)
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong(field="note")
    if decision is Decision.KEEP:
        _affirm(session, correction, at)
        said, state = f"以座席为准，再次反馈。{note}", CorrectionState.OPEN
    else:
        said, state = f"以来源为准。{note}", CorrectionState.SUPERSEDED
    course.move(session, correction, state, note=said, actor=actor, at=at)
    course.audited(session, correction, decision, actor=actor, at=at)
    return correction


def withdraw(
    session: Session, correction_id: UUID, *, of: int, version: int, actor: Actor, at: datetime
) -> Correction:
    """Take back a correction `of` a customer. Its author may until the source was told, who settles
    corrections always.

    :raises NoSuchCorrection: if it is another's
    :raises AlreadyTold: if the source knows of it and the actor is an agent
    """
    require(actor, Permission.CORRECT_SUBSCRIBERS)
    correction = _still(session, correction_id, version)
    if correction.customer_id != of:
        raise NoSuchCorrection
    if not may(actor, Permission.SETTLE_CORRECTIONS):
        told = correction.feedback_id is not None or correction.state != CorrectionState.OPEN
        if told or correction.staff_id != actor.staff_id:
            raise AlreadyTold
    course.move(session, correction, CorrectionState.WITHDRAWN, note="撤回", actor=actor, at=at)
    course.audited(session, correction, "withdrawn", actor=actor, at=at)
    return correction


def _still(session: Session, correction_id: UUID, version: int) -> Correction:
    correction = session.get(Correction, correction_id, with_for_update=True)
    if correction is None:
        raise NoSuchCorrection
    if correction.version != version or not correction.is_open:
        raise AlreadySettled
    return correction


def _affirm(session: Session, correction: Correction, at: datetime) -> None:
    """What the source says now is no news any more; a decision against two contradictions begins anew."""
    row = row_of(session, correction.entity, correction.row_id)
    correction.met = source_text(row, ENTITIES[correction.entity].field(correction.field))
    correction.affirmed_at, correction.age_level = at, 0
    if correction.contradictions >= MOST_CONTRADICTIONS:
        correction.contradictions = 0
