"""Who refused marketing: whom it covers, since when, by what proof. Whoever wants to sell asks here."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, or_
from sqlmodel import Field, Session, col, select

from core import audit
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.model import Record
from subscribers.models import BIG


class NobodyNamed(Invalid):
    message = "请指明是哪位客户或哪个号码谢绝营销。"


class NotSuppressed(NotFound):
    message = "没有这条谢绝营销记录，它可能刚被解除。请刷新页面。"


class ConsentMissing(Invalid):
    message = "请写明客户重新同意的凭据，例如录音流水号或签字单号。"


class SuppressionSource(StrEnum):
    RIGHTS = "rights"
    CALL = "call"
    LIST = "list"

    @property
    def label(self) -> str:
        return {"rights": "权利请求", "call": "通话中提出", "list": "谢绝来电名单"}[self.value]


class Suppression(Record, table=True):
    """Of a customer at all numbers (no `number`), at one (both), or of whoever answers it (no customer).

    A number that goes to somebody new thus does not carry the refusal of a former owner along.
    """

    __tablename__ = "subscribers_suppression"

    customer_id: int | None = Field(
        default=None, foreign_key="subscribers_customer.id", index=True, sa_type=BIG
    )
    number: str = Field(default="", index=True)
    source: str
    proof: str
    staff_id: UUID
    valid_from: datetime
    valid_until: datetime | None = None
    ended_by: UUID | None = None
    ended_proof: str = ""


def suppressed(
    customer_id: SQLColumnExpression[int] | SQLColumnExpression[int | None] | int,
    number: SQLColumnExpression[str] | str,
    *,
    at: datetime,
) -> ColumnElement[bool]:
    """Return the SQL condition that this customer may not be approached with offers at this number."""
    of_person = (col(Suppression.customer_id) == customer_id) & or_(
        col(Suppression.number) == "", col(Suppression.number) == number
    )
    of_number = col(Suppression.customer_id).is_(None) & (col(Suppression.number) == number)
    in_force = _in_force(at)
    return or_(
        exists(select(Suppression.id).where(of_person, in_force)),
        exists(select(Suppression.id).where(of_number, in_force)),
    )


def is_suppressed(session: Session, customer_id: int, number: str, *, at: datetime) -> bool:
    return bool(session.scalar(select(suppressed(customer_id, number, at=at))))


def standing_of(session: Session, customer_ids: Collection[int], *, at: datetime) -> list[Suppression]:
    """Return the refusals of these customers that hold, oldest first."""
    theirs = select(Suppression).where(col(Suppression.customer_id).in_(customer_ids), _in_force(at))
    return list(session.exec(theirs.order_by(col(Suppression.valid_from))))


def suppress(  # noqa: PLR0913 - each is a part of what the row says, by name
    session: Session,
    *,
    customer_id: int | None,
    number: str = "",
    source: SuppressionSource,
    proof: str,
    actor: Actor,
    at: datetime,
) -> Suppression:
    """Note a refusal, at once in force. Harmless to say twice: the first row stays.

    :raises NobodyNamed: if it names neither a customer nor a number
    """
    if customer_id is None and not number:
        raise NobodyNamed
    standing = _standing(session, customer_id, number, at)
    if standing:
        return standing
    said = Suppression(
        customer_id=customer_id,
        number=number,
        source=source,
        proof=proof,
        staff_id=actor.staff_id,
        valid_from=at,
        created_at=at,
    )
    session.add(said)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="subscribers.marketing_refused",
        subject_id=said.id,
        at=at,
        details={"source": source.label},
    )
    return said


def share(session: Session, customer_ids: Collection[int], *, actor: Actor, at: datetime) -> None:
    """Let what one of them refused hold for all of them, who turned out to be one person."""
    for said in standing_of(session, customer_ids, at=at):
        for customer_id in customer_ids:
            suppress(
                session,
                customer_id=customer_id,
                number=said.number,
                source=SuppressionSource(said.source),
                proof=said.proof,
                actor=actor,
                at=at,
            )


def _standing(session: Session, customer_id: int | None, number: str, at: datetime) -> Suppression | None:
    who = col(Suppression.customer_id)
    theirs = who.is_(None) if customer_id is None else who == customer_id
    same = select(Suppression).where(theirs, Suppression.number == number, _in_force(at))
    return session.exec(same).first()


def consent_again(session: Session, suppression_id: UUID, *, proof: str, actor: Actor, at: datetime) -> None:
    """End a refusal, which only a new consent of the customer can.

    :raises ConsentMissing: without a proof of it
    :raises NotSuppressed: if it does not stand
    """
    if not proof.strip():
        raise ConsentMissing(field="proof")
    said = session.exec(
        select(Suppression).where(Suppression.id == suppression_id, _in_force(at)).with_for_update()
    ).first()
    if said is None:
        raise NotSuppressed
    said.valid_until, said.ended_by, said.ended_proof = at, actor.staff_id, proof.strip()
    session.add(said)
    audit.record(session, actor=actor, action="subscribers.marketing_agreed", subject_id=said.id, at=at)


def _in_force(at: datetime) -> ColumnElement[bool]:
    until = col(Suppression.valid_until)
    return (col(Suppression.valid_from) <= at) & or_(until.is_(None), until > at)
