"""Taking a request in, and what needs only a word: identity shown, refused, withdrawn."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import numbering
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, may, require
from subscribers.masking import masked_text
from subscribers.models import Customer, CustomerKind
from subscribers.restrictions import require_shown
from subscribers.rights import clocks
from subscribers.rights.models import RightsChannel, RightsKind, RightsRequest, RightsState
from subscribers.rights.moving import find, move, note_step, record


class NoSuchCustomer(NotFound):
    message = "没有找到这位客户，请重新查找。"


class NotAPerson(Invalid):
    message = "集团客户不是个人，只能办理更正和谢绝营销。联系人本人的请求请在其个人客户下受理。"


class ReasonMissing(Invalid):
    message = "请写明原因，客户问起时要能答复。"


class ProofMissing(Invalid):
    message = "请写明怎样核实的身份，例如“服务密码正确”或“身份证原件，营业厅 0571-03”。"


_OF_COMPANIES = {RightsKind.CORRECT, RightsKind.REFUSE_MARKETING}


@dataclass(frozen=True)
class Asking:
    """What a person asks for, in their words, and how it reached us."""

    kind: RightsKind
    asked: str
    channel: RightsChannel
    for_number: str = ""


def receive(
    session: Session, customer_id: int, asking: Asking, *, actor: Actor, at: datetime
) -> RightsRequest:
    """Note the request and start its clock.

    :raises NoSuchCustomer: if there is nobody of that number
    :raises CustomerRestricted: if their data may be seen only at the desk for rights, and this is not it
    :raises NotAPerson: if only a person has this right, and it is a company
    """
    require(actor, Permission.CORRECT_SUBSCRIBERS)
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NoSuchCustomer
    if not may(actor, Permission.SERVE_PERSONAL_RIGHTS):
        require_shown(session, customer_id)
    if customer.kind == CustomerKind.GROUP and asking.kind not in _OF_COMPANIES:
        raise NotAPerson(field="kind")
    request = RightsRequest(
        number=numbering.take(session, "subscribers.rights"),
        kind=asking.kind,
        customer_id=customer_id,
        for_number=asking.for_number if asking.kind is RightsKind.REFUSE_MARKETING else "",
        asked=masked_text(asking.asked.strip()),
        channel=asking.channel,
        received_at=at,
        received_by=actor.staff_id,
        due_on=clocks.due_on(session, asking.kind, received_at=at),
        created_at=at,
    )
    session.add(request)
    session.flush()
    note_step(session, request, actor=actor, at=at)
    record(session, request, RightsState.RECEIVED, actor=actor, at=at)
    return request


def verify(session: Session, number: int, *, proof: str, actor: Actor, at: datetime) -> None:
    """Note that the person is who they say they are.

    :raises ProofMissing: if it is not said how that was seen
    :raises MoveNotOpen: if the request is past that
    """
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    if not proof.strip():
        raise ProofMissing(field="proof")
    move(session, find(session, number), RightsState.VERIFIED, proof=proof, actor=actor, at=at)


def refuse(session: Session, number: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Close a request without doing it, for a reason that the person is told.

    :raises ReasonMissing: without one
    """
    _close(session, number, RightsState.REFUSED, reason, actor=actor, at=at)


def withdraw(session: Session, number: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Close a request because the person does not want it any more.

    :raises ReasonMissing: if it is not said how they told us
    """
    _close(session, number, RightsState.WITHDRAWN, reason, actor=actor, at=at)


def _close(
    session: Session, number: int, to: RightsState, reason: str, *, actor: Actor, at: datetime
) -> None:
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    if not reason.strip():
        raise ReasonMissing(field="note")
    move(session, find(session, number), to, note=reason, actor=actor, at=at)
