"""核身: whether the person on the line was shown to be the customer, for this call or this half hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, Session, col, select

from core import audit, sealing
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, may, require
from subscribers.calls.current import calls_of
from subscribers.loading.preparing import CERTIFICATE
from subscribers.models import BIG, Customer
from subscribers.restrictions import require_shown
from subscribers.spelling import plain_certificate

LASTS = timedelta(minutes=30)
LASTS_IN_A_CALL = timedelta(hours=4)  # it ends with the call; this is for calls whose end was lost
MOST_FAILURES = 3
ASKED_DIGITS = 4


class Method(StrEnum):
    CERTIFICATE = "certificate"
    PASSWORD = "service_password"  # noqa: S105 - the name of a way, not a secret
    FACE = "face"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Method.CERTIFICATE: "证件号后四位",
    Method.PASSWORD: "服务密码（语音系统已验）",
    Method.FACE: "线上人脸认证",
}


class Verification(Record, table=True):
    """One attempt. What the caller said is not kept."""

    __tablename__ = "subscribers_verification"

    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    call_id: UUID | None = None
    staff_id: UUID
    method: str
    passed: bool
    valid_until: datetime


class NotVerified(NotAllowed):
    message = "还没有核身，不能查看或办理。请先核对来电人身份。"


class TooManyFailures(Conflict):
    message = "半小时内已有 3 次核身不符。请告知来电人到营业厅办理，或转班长处理。"


class NoSuchCaller(NotFound):
    message = "没有这位客户的资料，可能已按规定删除。请按号码或姓名重新查找。"


class NothingToCompare(Invalid):
    message = "这位客户没有登记证件号，请改用其他核身方式。"


class AnswerIncomplete(Invalid):
    message = "请填写来电人报出的证件号后四位。"


@dataclass(frozen=True)
class Contact:
    """Who is talking with the customer, and in which call if there is one."""

    actor: Actor
    call_id: UUID | None = None


@dataclass(frozen=True)
class Standing:
    """`method` and `since` once verified, and in which call; `failures` of the last half hour.

    `is_open`: whether what is masked may be seen masked, and revealed. Those who serve rights need no caller.
    """

    method: Method | None = None
    since: datetime | None = None
    call_id: UUID | None = None
    failures: int = 0
    needs_no_caller: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_verified or self.needs_no_caller

    @property
    def is_verified(self) -> bool:
        return self.method is not None

    @property
    def is_locked(self) -> bool:
        return not self.is_verified and self.failures >= MOST_FAILURES


def standing(session: Session, customer_id: int, contact: Contact, *, at: datetime) -> Standing:
    """Return how it stands.

    In a call it holds for whoever has the call, whichever page they look at; otherwise for who asked.
    """
    recent = (
        select(Verification)
        .where(Verification.customer_id == customer_id, col(Verification.created_at) > at - LASTS_IN_A_CALL)
        .order_by(col(Verification.created_at).desc())
    )
    attempts = list(session.exec(recent))
    passed = (one for one in attempts if one.passed and one.valid_until > at)
    held = next((one for one in passed if _holds(session, one, contact, at)), None)
    failures = [one for one in attempts if not one.passed and one.created_at > at - LASTS]
    exempt = may(contact.actor, Permission.SERVE_PERSONAL_RIGHTS)
    if held is None:
        return Standing(failures=len(failures), needs_no_caller=exempt)
    return Standing(Method(held.method), held.created_at, held.call_id, len(failures), exempt)


def _holds(session: Session, one: Verification, contact: Contact, at: datetime) -> bool:
    if contact.call_id:
        return one.call_id == contact.call_id
    if one.call_id:
        return one.call_id in calls_of(session, contact.actor.staff_id, at=at)
    return one.staff_id == contact.actor.staff_id


def require_open(session: Session, customer_id: int, contact: Contact, *, at: datetime) -> Standing:
    """Return how it stands.

    :raises NotVerified: if the person on the line may be anybody
    """
    found = standing(session, customer_id, contact, at=at)
    if not found.is_open:
        raise NotVerified
    return found


def verify(
    session: Session, customer_id: int, method: Method, answer: str, contact: Contact, *, at: datetime
) -> bool:
    """Note an attempt and tell whether it was passed: `answer` is what the caller said.

    :raises TooManyFailures: if it went wrong too often
    :raises AnswerIncomplete: if the caller's answer is too short to say anything
    :raises NoSuchCaller: if there is no such customer
    :raises CustomerRestricted: if their data may be seen only at the desk for rights
    """
    require(contact.actor, Permission.TAKE_CALLS)
    require_shown(session, customer_id)
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NoSuchCaller
    if standing(session, customer_id, contact, at=at).is_locked:
        raise TooManyFailures
    passed = method is not Method.CERTIFICATE or _is_right(customer, answer)
    attempt = Verification(
        customer_id=customer_id,
        call_id=contact.call_id,
        staff_id=contact.actor.staff_id,
        method=method,
        passed=passed,
        valid_until=at + (LASTS_IN_A_CALL if contact.call_id else LASTS),
        created_at=at,
    )
    session.add(attempt)
    audit.record(
        session,
        actor=contact.actor,
        action="subscribers.verified" if passed else "subscribers.not_verified",
        subject_id=customer_id,
        at=at,
        details={"method": method.label},
    )
    return passed


def _is_right(customer: Customer, answer: str) -> bool:
    said = plain_certificate(answer)
    if not customer.certificate_sealed:
        raise NothingToCompare(field="method")
    if len(said) < ASKED_DIGITS:
        raise AnswerIncomplete(field="answer")
    return sealing.unseal(customer.certificate_sealed, CERTIFICATE).endswith(said)
