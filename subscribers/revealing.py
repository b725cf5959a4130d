"""Showing what is masked: to whom, of whom, which field and why, each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlmodel import Field, Session, col, select

from core import audit, sealing
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require
from subscribers.correcting.overlaying import overlaid
from subscribers.entities import ENTITIES, Shape
from subscribers.entities import Field as Column
from subscribers.joining import everyone
from subscribers.loading.preparing import CERTIFICATE
from subscribers.models import BIG, Customer, Subscription, SubscriptionNumber
from subscribers.restrictions import is_restricted, require_shown
from subscribers.verifying import Contact, require_open


class Reason(StrEnum):
    CALLER = "caller"
    CALL_BACK = "call_back"
    DELIVERY = "delivery"
    COMPLAINT = "complaint"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Reason.CALLER: "客户来电核对",
    Reason.CALL_BACK: "回拨联系客户",
    Reason.DELIVERY: "上门或寄送",
    Reason.COMPLAINT: "投诉处理",
    Reason.OTHER: "其他",
}


class Reveal(Record, table=True):
    """Somebody saw something personal. What it was is not kept, only which field."""

    __tablename__ = "subscribers_reveal"
    __table_args__ = (Index("ix_subscribers_reveal_created_at", "created_at"),)

    customer_id: int = Field(foreign_key="subscribers_customer.id", index=True, sa_type=BIG)
    staff_id: UUID = Field(index=True)
    call_id: UUID | None = None
    entity: str
    row_id: int = Field(sa_type=BIG)
    field: str
    reason: str
    note: str = ""


class NothingPersonal(NotFound):
    message = "没有可以查看的这一项，资料可能刚更新过。请刷新页面后再试。"


class ReasonMissing(Invalid):
    message = "请写明查看的原因。"


@dataclass(frozen=True)
class Place:
    """Which field of which row of which customer."""

    customer_id: int
    entity: str
    row_id: int
    name: str

    @property
    def field(self) -> Column:
        """
        :raises NothingPersonal: if there is no such field, or it is not masked
        """
        fields = ENTITIES[self.entity].fields if self.entity in _OF_CUSTOMER else ()
        found = next((field for field in fields if field.name == self.name and field.is_personal), None)
        if found is None:
            raise NothingPersonal
        return found


def reveal(
    session: Session, place: Place, *, reason: Reason, note: str = "", contact: Contact, at: datetime
) -> str:
    """Note who sees it and why, and return the value.

    :raises NotVerified: if the person on the line may be anybody
    :raises ReasonMissing: if the reason is another one, and not said
    """
    require(contact.actor, Permission.REVEAL_PERSONAL)
    require_shown(session, place.customer_id)
    held = require_open(session, place.customer_id, contact, at=at)
    if reason is Reason.OTHER and not note.strip():
        raise ReasonMissing(field="note")
    value = _value(session, place)
    _note(session, place, reason, contact, at)
    session.add(
        Reveal(
            customer_id=place.customer_id,
            staff_id=contact.actor.staff_id,
            call_id=contact.call_id or held.call_id,
            entity=place.entity,
            row_id=place.row_id,
            field=place.name,
            reason=reason,
            note=note.strip(),
            created_at=at,
        )
    )
    return value


def _note(session: Session, place: Place, reason: Reason, contact: Contact, at: datetime) -> None:
    """Write it into the trail, which forgets nothing: not what was typed, as that may name the person."""
    audit.record(
        session,
        actor=contact.actor,
        action="subscribers.revealed",
        subject_id=place.customer_id,
        at=at,
        details={"field": place.field.label, "reason": reason.label},
    )


def _value(session: Session, place: Place) -> str:
    field = place.field
    people = everyone(session, place.customer_id)
    row = session.exec(_OF_CUSTOMER[place.entity](place.row_id, people)).first()
    if row is None:
        raise NothingPersonal
    if field.shape is Shape.CERTIFICATE:
        sealed = row.certificate_sealed
        return sealing.unseal(sealed, CERTIFICATE) if sealed else ""
    seen = overlaid(session, place.entity, [row])[place.row_id]
    return seen[field.name].value


def _customer(row_id: int, people: Sequence[int]) -> Any:
    return select(Customer).where(Customer.id == row_id, col(Customer.id).in_(people))


def _number(row_id: int, people: Sequence[int]) -> Any:
    return (
        select(SubscriptionNumber)
        .join(Subscription, col(Subscription.id) == SubscriptionNumber.subscription_id)
        .where(SubscriptionNumber.id == row_id, col(Subscription.customer_id).in_(people))
    )


_OF_CUSTOMER: Mapping[str, Any] = {"customer": _customer, "number": _number}


@dataclass(frozen=True)
class RevealLine:
    at: datetime
    staff_id: UUID
    customer_id: int
    customer_name: str
    label: str
    reason: Reason
    note: str


def revealed(actor: Actor, *, since: datetime, staff_id: UUID | None = None) -> Any:
    """Return the select of what was revealed since then, the newest first, for `paging.page_of`."""
    require(actor, Permission.SEE_REVEALS)
    chosen = select(Reveal).where(col(Reveal.created_at) >= since).order_by(col(Reveal.created_at).desc())
    return chosen if staff_id is None else chosen.where(Reveal.staff_id == staff_id)


def lines(session: Session, rows: Any) -> list[RevealLine]:
    named = select(Customer.id, Customer.name).where(
        col(Customer.id).in_({row.customer_id for row in rows}), ~is_restricted(col(Customer.id))
    )
    names = dict(session.exec(named).all())
    return [
        RevealLine(
            row.created_at,
            row.staff_id,
            row.customer_id,
            names.get(row.customer_id, ""),
            ENTITIES[row.entity].field(row.field).label,
            Reason(row.reason),
            row.note,
        )
        for row in rows
    ]


def counts_by_staff(session: Session, *, since: datetime) -> list[tuple[UUID, int, int]]:
    """Return of each who revealed something how often, and of how many customers; the busiest first."""
    times = func.count()
    counted = (
        select(Reveal.staff_id, times, func.count(func.distinct(Reveal.customer_id)))
        .where(col(Reveal.created_at) >= since)
        .group_by(col(Reveal.staff_id))
        .order_by(times.desc())
    )
    return [(staff_id, count, customers) for staff_id, count, customers in session.exec(counted)]
