"""Passwords, attempts, and the sessions they open. A session is a row: it can be seen and ended."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, SQLColumnExpression, bindparam, exists
from sqlmodel import Field, Session, col, delete, select

from core import audit
from core.errors import Conflict, Invalid, NotAllowed
from core.identity import Actor, Role, Staff, StaffRole, Team
from core.model import Record
from core.settings import settings

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256  # argon2 would hash megabytes, slowly
ATTEMPTS_PER_LOGIN = 5
ATTEMPTS_PER_ADDRESS = 30  # a whole hall of agents may share one address
WINDOW = timedelta(minutes=10)
REMEMBERED = timedelta(days=7)  # an ended shift still knows whose it was, to ask that person again
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("an unknown name takes as long as a wrong password")


class WrongPassword(NotAllowed):
    message = "工号或密码不正确。请核对后重试；忘记密码请联系管理员重置。"


class TooManyAttempts(Conflict):
    def __init__(self, minutes: int) -> None:
        super().__init__(f"连续输错次数过多，请 {minutes} 分钟后再试，或联系管理员重置密码。")
        self.minutes = minutes


class WeakPassword(Invalid):
    message = "密码至少 8 位，须同时含有字母和数字，且不能与工号相同。"


class SignInSession(Record, table=True):
    __tablename__ = "core_session"

    token_hash: str = Field(unique=True)
    staff_id: UUID = Field(foreign_key="core_staff.id", index=True)
    expires_at: datetime
    address: str = ""
    browser: str = ""


class FailedAttempt(Record, table=True):
    __tablename__ = "core_failed_attempt"

    login: str = Field(index=True)
    address: str = Field(index=True)
    at: datetime = Field(index=True)


# Every request asks this: one statement, built once, a row for each role.
_HOLDER: Any = (
    sqlalchemy.select(
        col(Staff.id),
        col(Staff.name),
        col(Staff.login),
        col(Staff.must_change_password),
        col(Team.code),
        col(Team.name).label("team"),
        col(StaffRole.role),
    )
    .join(SignInSession, col(SignInSession.staff_id) == Staff.id)
    .outerjoin(Team, col(Team.id) == Staff.team_id)
    .outerjoin(StaffRole, col(StaffRole.staff_id) == Staff.id)
    .where(
        col(SignInSession.token_hash) == bindparam("token_hash"),
        col(SignInSession.expires_at) > bindparam("at"),
        col(Staff.disabled).is_(False),
    )
)


def sign_in(
    session: Session, login: str, password: str, *, address: str, browser: str, at: datetime
) -> str | None:
    """Open a session and return its token; return None after a wrong name or password, which is recorded.

    The failure is returned and not raised, because raising would roll its record back.

    :raises TooManyAttempts: before even looking at the password
    """
    login = login.strip().lower()[:64]
    _refuse_too_many(session, login, address, at)
    staff = session.exec(select(Staff).where(Staff.login == login)).first()
    if not _matches(staff, password) or staff is None or staff.disabled:
        note_failure(session, login, address=address, at=at)
        return None
    if _hasher.check_needs_rehash(staff.password_hash):
        staff.password_hash = _hasher.hash(password)
        session.add(staff)
    session.exec(delete(FailedAttempt).where(col(FailedAttempt.login) == login))
    session.exec(delete(SignInSession).where(col(SignInSession.expires_at) < at - REMEMBERED))
    token = _open(session, staff, address, browser, at)
    actor = actor_of(session, staff)
    seen = {"from": address}
    audit.record(session, actor=actor, action="core.signed_in", subject_id=staff.id, at=at, details=seen)
    return token


def note_failure(session: Session, login: str, *, address: str, at: datetime) -> None:
    session.add(FailedAttempt(login=login, address=address, at=at))


def _refuse_too_many(session: Session, login: str, address: str, at: datetime) -> None:
    limits = (
        (col(FailedAttempt.login) == login, ATTEMPTS_PER_LOGIN),
        (col(FailedAttempt.address) == address, ATTEMPTS_PER_ADDRESS),
    )
    for whose, limit in limits:
        recent = select(FailedAttempt.at).where(whose, col(FailedAttempt.at) > at - WINDOW)
        times = session.exec(recent).all()
        if len(times) >= limit:
            wait = min(times) + WINDOW - at
            raise TooManyAttempts(max(1, -(-int(wait.total_seconds()) // 60)))


def _matches(staff: Staff | None, password: str) -> bool:
    try:
        return _hasher.verify(staff.password_hash if staff else _NOBODY, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _open(session: Session, staff: Staff, address: str, browser: str, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=_hash_of(token),
            staff_id=staff.id,
            address=address,
            browser=browser[:200],
            created_at=at,
            expires_at=at + timedelta(hours=settings().session_hours),
        )
    )
    return token


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def actor_by_token(session: Session, token: str, at: datetime) -> Actor | None:
    """Return who holds this session, or None if it is over or its owner is disabled."""
    rows = session.execute(_HOLDER, {"token_hash": _hash_of(token), "at": at}).all()
    if not rows:
        return None
    first = rows[0]
    roles = frozenset(Role(row.role) for row in rows if row.role)
    return Actor(first.id, first.name, first.login, roles, first.code, first.team, first.must_change_password)


def actor_of(session: Session, staff: Staff) -> Actor:
    team = session.get(Team, staff.team_id) if staff.team_id else None
    roles = session.exec(select(StaffRole.role).where(StaffRole.staff_id == staff.id)).all()
    return Actor(
        staff.id,
        staff.name,
        staff.login,
        frozenset(Role(role) for role in roles),
        team.code if team else None,
        team.name if team else None,
        staff.must_change_password,
    )


def sign_out(session: Session, token: str, *, actor: Actor, at: datetime) -> None:
    session.exec(delete(SignInSession).where(col(SignInSession.token_hash) == _hash_of(token)))
    audit.record(session, actor=actor, action="core.signed_out", subject_id=actor.staff_id, at=at)


def sessions_of(session: Session, staff_id: UUID, at: datetime) -> list[SignInSession]:
    living = select(SignInSession).where(
        SignInSession.staff_id == staff_id, col(SignInSession.expires_at) > at
    )
    return list(session.exec(living.order_by(col(SignInSession.created_at).desc())))


def is_signed_in(staff_id: SQLColumnExpression[UUID], *, at: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that they have a session; `staff_id` is a column of the query around it."""
    theirs = select(SignInSession.id).where(col(SignInSession.staff_id) == staff_id)
    return exists(theirs.where(col(SignInSession.expires_at) > at))


def owner_of(session: Session, token: str) -> Staff | None:
    """Return whose session this is or was, so that the same person can be asked to sign in again."""
    theirs = select(Staff).join(SignInSession, col(SignInSession.staff_id) == Staff.id)
    return session.exec(theirs.where(SignInSession.token_hash == _hash_of(token))).first()


def end_own_session(session: Session, session_id: UUID, *, actor: Actor, at: datetime) -> None:
    mine = (col(SignInSession.id) == session_id) & (col(SignInSession.staff_id) == actor.staff_id)
    session.exec(delete(SignInSession).where(mine))
    audit.record(session, actor=actor, action="core.session.ended", subject_id=session_id, at=at)


def is_token_of(kept: SignInSession, token: str) -> bool:
    return secrets.compare_digest(kept.token_hash, _hash_of(token))


def end_sessions(session: Session, staff_id: UUID, *, except_token: str | None = None) -> None:
    over = delete(SignInSession).where(col(SignInSession.staff_id) == staff_id)
    if except_token:
        over = over.where(col(SignInSession.token_hash) != _hash_of(except_token))
    session.exec(over)


def end_other_sessions(session: Session, token: str, *, actor: Actor, at: datetime) -> None:
    """End every session of this person but the one at hand."""
    end_sessions(session, actor.staff_id, except_token=token)
    audit.record(session, actor=actor, action="core.session.ended", subject_id=actor.staff_id, at=at)


def hash_password(password: str, login: str) -> str:
    """
    :raises WeakPassword: if it is short, of one kind of character, or the login itself
    """
    mixed = any(c.isalpha() for c in password) and any(c.isdigit() for c in password)
    right_length = SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD
    if not mixed or not right_length or password.lower() == login:
        raise WeakPassword(field="new_password")
    return _hasher.hash(password)


def change_own_password(
    session: Session, *, old: str, new: str, keep_token: str, actor: Actor, at: datetime
) -> None:
    """Change it, and end the person's other sessions.

    :raises TooManyAttempts: after several wrong ones, each of which the caller notes by `note_failure`
    :raises WrongPassword: if the old one is not right
    :raises WeakPassword: if the new one will not do
    """
    _refuse_too_many(session, actor.login, "", at)
    staff = session.get_one(Staff, actor.staff_id)
    if not _matches(staff, old):
        raise WrongPassword("原密码不正确，请重新输入。")
    staff.password_hash, staff.must_change_password = hash_password(new, staff.login), False
    session.add(staff)
    end_sessions(session, staff.id, except_token=keep_token)
    audit.record(session, actor=actor, action="core.password.changed", subject_id=staff.id, at=at)
