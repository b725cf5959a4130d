"""Whose data is not used any more: a restricted customer is seen nowhere but at the desk for rights."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Index, exists, text
from sqlmodel import Field, Session, col, select

from core import audit
from core.errors import Conflict, NotFound
from core.identity import Actor
from core.model import Record
from subscribers.models import BIG, Numbers

_OPEN = text("lifted_at IS NULL")


class CustomerRestricted(NotFound):
    message = "这位客户的资料已限制处理，这里不能查看。如客户本人来电，请转班长在“权利请求”里办理。"


class NotRestricted(NotFound):
    message = "这位客户的资料没有被限制，可能刚被解除。请刷新页面。"


class RestrictionFinal(Conflict):
    message = "这位客户的资料已经删除，不能恢复显示。"


class Restriction(Record, table=True):
    """From when to when, by whom and why. One of a customer may be open; that of an erased one is final."""

    __tablename__ = "subscribers_restriction"
    __table_args__ = (
        Index(
            "uq_subscribers_restriction_open",
            "customer_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    reason: str
    staff_id: UUID
    since: datetime
    is_final: bool = False
    lifted_at: datetime | None = None
    lifted_by: UUID | None = None
    lifted_reason: str = ""


def is_restricted(
    customer_id: Numbers,
) -> ColumnElement[bool]:
    """Return the SQL condition; `customer_id` is a column of the query around it, or a number."""
    theirs = col(Restriction.customer_id) == customer_id
    return exists(select(Restriction.id).where(theirs, col(Restriction.lifted_at).is_(None)))


def restricted_among(session: Session, customer_ids: Collection[int]) -> set[int]:
    open_ones = select(Restriction.customer_id).where(
        col(Restriction.customer_id).in_(customer_ids), col(Restriction.lifted_at).is_(None)
    )
    return set(session.exec(open_ones))


def require_shown(session: Session, customer_id: int) -> None:
    """
    :raises CustomerRestricted: if their data may be seen only at the desk for rights
    """
    if restricted_among(session, [customer_id]):
        raise CustomerRestricted


def restrict(session: Session, customer_id: int, *, reason: str, actor: Actor, at: datetime) -> Restriction:
    """Let nobody see the customer. Harmless to say twice: the first restriction stays."""
    standing = _open(session, customer_id)
    if standing:
        return standing
    made = Restriction(
        customer_id=customer_id, reason=reason, staff_id=actor.staff_id, since=at, created_at=at
    )
    session.add(made)
    session.flush()
    audit.record(session, actor=actor, action="subscribers.restricted", subject_id=customer_id, at=at)
    return made


def make_final(session: Session, customer_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Hide an erased customer for good."""
    standing = restrict(session, customer_id, reason=reason, actor=actor, at=at)
    standing.is_final = True
    session.add(standing)
    session.flush()


def lift(session: Session, customer_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Let the customer be seen again.

    :raises NotRestricted: if no restriction stands
    :raises RestrictionFinal: if there is nothing left to be seen
    """
    standing = _open(session, customer_id)
    if standing is None:
        raise NotRestricted
    if standing.is_final:
        raise RestrictionFinal
    standing.lifted_at, standing.lifted_by, standing.lifted_reason = at, actor.staff_id, reason
    session.add(standing)
    # the reason is kept with the restriction: what is typed may name the person, and a trail forgets nothing
    audit.record(session, actor=actor, action="subscribers.restriction_lifted", subject_id=customer_id, at=at)


def _open(session: Session, customer_id: int) -> Restriction | None:
    theirs = select(Restriction).where(Restriction.customer_id == customer_id)
    return session.exec(theirs.where(col(Restriction.lifted_at).is_(None))).first()
