"""Doing what a request asks: each kind in its own way, once, with a report."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import jobs
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers import restrictions, suppressions
from subscribers.joining import the_person
from subscribers.rights import erasing
from subscribers.rights.models import RightsKind, RightsRequest, RightsState
from subscribers.rights.moving import find, move, note_step
from subscribers.suppressions import SuppressionSource

MAKE_FILE = "subscribers.rights.file"
Report = dict[str, Any]


class WordMissing(Invalid):
    message = "请写明办了什么，例如“地址已更正，见更正记录”。"


class NotAgreed(Invalid):
    message = "删除不能恢复。请核对清单，勾选确认后再办理。"


def carry_out(
    session: Session, number: int, *, note: str, agreed: bool, actor: Actor, at: datetime
) -> RightsRequest:
    """Do it. A copy is made by a job and closes the request itself.

    :raises MoveNotOpen: if it is not its turn, or somebody has done it
    :raises NotAgreed: if a deletion was not confirmed
    :raises WordMissing: if it is not said what was corrected
    """
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    request = find(session, number)
    kind = RightsKind(request.kind)
    to = RightsState.WORKING if kind is RightsKind.COPY else RightsState.DONE
    if kind is RightsKind.DELETE and not agreed:
        raise NotAgreed(field="agreed")
    if kind is RightsKind.CORRECT and not note.strip():
        raise WordMissing(field="note")
    move(session, request, to, note=note, actor=actor, at=at)
    request.report = _ACTS[kind](session, request, actor, at)
    session.add(request)
    return request


def lift_restriction(session: Session, number: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Let the customer of a restriction that was carried out be seen again.

    :raises WordMissing: without a reason
    :raises NotRestricted: if they are not hidden any more
    :raises RestrictionFinal: if there is nothing left to be seen
    """
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    if not reason.strip():
        raise WordMissing("请写明为什么解除限制。", field="lift_reason")
    request = find(session, number)
    people = the_person(session, request.customer_id)
    for one in restrictions.restricted_among(session, people) or [request.customer_id]:
        restrictions.lift(session, one, reason=reason.strip(), actor=actor, at=at)
    note_step(session, request, note=f"解除限制：{reason.strip()}", actor=actor, at=at)


def agree_again(session: Session, number: int, *, proof: str, actor: Actor, at: datetime) -> None:
    """End the refusal of marketing that a request brought, by a new consent.

    :raises ConsentMissing: without a proof of it
    :raises NotSuppressed: if it does not stand
    """
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    request = find(session, number)
    refused = suppressions.standing_of(session, the_person(session, request.customer_id), at=at)
    theirs = [said for said in refused if said.number == request.for_number]
    if not theirs:
        raise suppressions.NotSuppressed
    for said in theirs:
        suppressions.consent_again(session, said.id, proof=proof, actor=actor, at=at)
    note_step(session, request, note="客户重新同意营销", proof=proof, actor=actor, at=at)


def _copy(session: Session, request: RightsRequest, _actor: Actor, at: datetime) -> Report:
    jobs.enqueue(session, MAKE_FILE, {"number": request.number}, at=at)
    return {}


def _correct(_session: Session, _request: RightsRequest, _actor: Actor, _at: datetime) -> Report:
    return {}


def _delete(session: Session, request: RightsRequest, actor: Actor, at: datetime) -> Report:
    done = erasing.erase(session, request.customer_id, reason=f"删除 {request.code}", actor=actor, at=at)
    session.refresh(request)  # its words went with the others
    return {"erased": [{"label": part.label, "fate": part.fate, "rows": rows} for part, rows in done]}


def _restrict(session: Session, request: RightsRequest, actor: Actor, at: datetime) -> Report:
    for one in the_person(session, request.customer_id):
        restrictions.restrict(session, one, reason=request.code, actor=actor, at=at)
    return {}


def _refuse_marketing(session: Session, request: RightsRequest, actor: Actor, at: datetime) -> Report:
    for one in the_person(session, request.customer_id):
        suppressions.suppress(
            session,
            customer_id=one,
            number=request.for_number,
            source=SuppressionSource.RIGHTS,
            proof=request.code,
            actor=actor,
            at=at,
        )
    return {}


_ACTS: dict[RightsKind, Callable[[Session, RightsRequest, Actor, datetime], Report]] = {
    RightsKind.COPY: _copy,
    RightsKind.CORRECT: _correct,
    RightsKind.DELETE: _delete,
    RightsKind.RESTRICT: _restrict,
    RightsKind.REFUSE_MARKETING: _refuse_marketing,
}
