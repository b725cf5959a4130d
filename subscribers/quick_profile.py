"""快速建档: what an agent notes of a caller whose number nobody is known by, until a source says more."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Field, Session, select

from core import audit
from core.errors import Invalid
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require
from subscribers.masking import masked_phone, masked_text
from subscribers.spelling import plain_number


class QuickProfile(Record, table=True):
    """The last that was noted of a number."""

    __tablename__ = "subscribers_quick_profile"

    number: str = Field(unique=True)
    name: str
    region: str = ""
    note: str = ""
    staff_id: UUID
    changed_at: datetime


class NumberMissing(Invalid):
    message = "号码不对，应为手机号或带区号的固定电话。"


@dataclass(frozen=True)
class ProfileText:
    name: str
    region: str = ""
    note: str = ""


@dataclass(frozen=True)
class ProfileCard:
    number: str
    name: str
    region: str
    note: str
    staff_id: UUID
    changed_at: datetime


def profile_of(session: Session, number: str) -> ProfileCard | None:
    """Return what was noted of the number, masked."""
    row = session.execute(_profile(), {"number": plain_number(number)}).scalar()
    if row is None:
        return None
    return ProfileCard(masked_phone(row.number), row.name, row.region, row.note, row.staff_id, row.changed_at)


@cache
def _profile() -> Any:
    return select(QuickProfile).where(QuickProfile.number == bindparam("number"))


def keep_profile(session: Session, number: str, text: ProfileText, *, actor: Actor, at: datetime) -> None:
    """
    :raises NumberMissing: if it is no telephone number
    """
    require(actor, Permission.CORRECT_SUBSCRIBERS)
    plain = plain_number(number)
    if len(plain) < 5:
        raise NumberMissing(field="number")
    row = session.execute(_profile(), {"number": plain}).scalar()
    row = row or QuickProfile(number=plain, name="", staff_id=actor.staff_id, changed_at=at, created_at=at)
    row.name, row.region = _as_it_was(row.name, text.name), text.region
    row.note = _as_it_was(row.note, text.note)
    row.staff_id, row.changed_at = actor.staff_id, at
    session.add(row)
    audit.record(
        session,
        actor=actor,
        action="subscribers.profile.kept",
        subject_id=masked_phone(plain),
        at=at,
        details={"region": text.region},
    )


def _as_it_was(kept: str, sent: str) -> str:
    """Whoever reads it sees it masked: what comes back so was not changed."""
    return kept if sent == masked_text(kept) else sent
