"""Who did what to what: append-only, and each entry is chained to the one before by its hash."""

import hashlib
import json
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, bindparam, text
from sqlmodel import Field, Session, SQLModel, col, select

from core.identity import Actor

BEGINNING = "0" * 64
_CHAIN_LOCK = 7_214_001  # any constant: PostgreSQL's advisory lock that keeps two writers from one place


class AuditEntry(SQLModel, table=True):
    __tablename__ = "core_audit_entry"
    __table_args__ = (Index("ix_core_audit_entry_action_number", "action", "number"),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    staff_id: UUID = Field(index=True)
    staff_name: str
    action: str
    subject_id: str = Field(index=True)
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class ChainReport:
    """`broken_at` is the number of the first entry that was altered or is missing, or None."""

    entries: int
    broken_at: int | None
    head: str


# A range, where = would do: PostgreSQL then reads one end of this index. With = it supposes that the newest
# entry is near the end of the table, and reads all that people have done since.
_OF_ACTION = (col(AuditEntry.action) >= bindparam("action")) & (col(AuditEntry.action) <= bindparam("action"))
_NEWEST = (
    select(AuditEntry.number)
    .where(_OF_ACTION)
    .order_by(col(AuditEntry.action).desc(), col(AuditEntry.number).desc())
    .limit(1)
)


def newest_of(session: Session, actions: Collection[str]) -> int:
    """Return the number of the latest entry with one of these actions: it grows with every such change."""
    numbers = (session.exec(_NEWEST, params={"action": action}).first() for action in actions)
    return max((number or 0 for number in numbers), default=0)


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject_id: object,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the chain, in the caller's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    last = session.exec(select(AuditEntry).order_by(col(AuditEntry.number).desc()).limit(1)).first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=at,
        staff_id=actor.staff_id,
        staff_name=actor.name,
        action=action,
        subject_id=str(subject_id),
        details=details or {},
        previous_hash=last.hash if last else BEGINNING,
        hash="",
    )
    entry.hash = hash_of(entry)
    session.add(entry)
    session.flush()


def entries(
    *, staff_id: UUID | None = None, action: str = "", subject_id: str = "", since: datetime | None = None
) -> Any:
    """Return the select of matching entries, newest first, for `paging.page_of`."""
    statement = select(AuditEntry).order_by(col(AuditEntry.number).desc())
    if staff_id:
        statement = statement.where(AuditEntry.staff_id == staff_id)
    if action:
        statement = statement.where(col(AuditEntry.action).startswith(action))
    if subject_id:
        statement = statement.where(AuditEntry.subject_id == subject_id)
    return statement if since is None else statement.where(AuditEntry.at >= since)


def hash_of(entry: AuditEntry) -> str:
    """Return the SHA-256 over everything the entry says and the hash of the one before."""
    said = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(),
        str(entry.staff_id),
        entry.staff_name,
        entry.action,
        entry.subject_id,
        entry.details,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def verify(session: Session) -> ChainReport:
    """Walk the chain from its beginning."""
    previous, count, broken_at = BEGINNING, 0, None
    in_order = select(AuditEntry).order_by(col(AuditEntry.number)).execution_options(yield_per=1000)
    with closing(session.exec(in_order)) as entries_read:
        for entry in entries_read:
            count += 1
            follows = entry.number == count and entry.previous_hash == previous
            if not follows or entry.hash != hash_of(entry):
                broken_at = entry.number
                break
            previous = entry.hash
    return ChainReport(count, broken_at, previous)
