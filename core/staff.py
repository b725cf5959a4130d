"""Who works here: add, change, disable, reset a password."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, delete, or_, select

from core import audit, sign_in
from core.errors import Conflict, Invalid, NotFound
from core.identity import SYSTEM, Actor, Role, Staff, StaffRole, Team
from core.permissions import Permission, require

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread aloud


class NoSuchStaff(NotFound):
    message = "没有这名员工，可能工号有误。请返回员工列表重新选择。"


class LoginTaken(Conflict):
    message = "这个工号已有人使用，请换一个。"


class StaffChanged(Conflict):
    message = "这名员工的资料刚被别人改过。您填写的内容还在，请核对最新资料后再保存。"


class LastAdmin(Conflict):
    message = "这是最后一名可用的管理员，不能停用或取消管理员角色。请先指定另一名管理员。"


class AlreadyStaffed(Conflict):
    message = "已经有员工账号，不能再建首位管理员。请用现有管理员登录。"


class StaffIncomplete(Invalid):
    message = "员工资料不完整，请按提示补充。"


@dataclass(frozen=True)
class StaffDetails:
    """What the staff form writes."""

    name: str
    team_id: UUID | None
    roles: frozenset[Role]


@dataclass(frozen=True)
class StaffCard:
    id: UUID
    login: str
    name: str
    team_id: UUID | None
    team_name: str
    roles: tuple[Role, ...]
    disabled: bool
    must_change_password: bool
    revision: int


def add_staff(
    session: Session, login: str, details: StaffDetails, *, actor: Actor, at: datetime
) -> tuple[UUID, str]:
    """Return the new person's id and first password, which must be changed at the first sign-in.

    :raises StaffIncomplete: if a field will not do
    :raises LoginTaken: if the login is in use
    """
    require(actor, Permission.MANAGE_STAFF)
    login = login.strip().lower()
    _check_login(login)
    _check(details)
    if session.exec(select(Staff.id).where(Staff.login == login)).first():
        raise LoginTaken
    password = _one_time_password()
    staff = Staff(
        login=login,
        name=details.name.strip(),
        team_id=details.team_id,
        created_at=at,
        password_hash=sign_in.hash_password(password, login),
        must_change_password=True,
    )
    session.add(staff)
    session.flush()
    _give_roles(session, staff.id, details.roles)
    audit.record(
        session,
        actor=actor,
        action="core.staff.added",
        subject_id=staff.id,
        at=at,
        details={"login": login, "roles": sorted(details.roles)},
    )
    return staff.id, password


def appoint_first_admin(session: Session, login: str, name: str, password: str, *, at: datetime) -> None:
    """Hire the one person who can hire the others.

    :raises AlreadyStaffed: if somebody works here
    """
    if session.exec(select(Staff.id)).first() is not None:
        raise AlreadyStaffed
    login = login.strip().lower()
    details = StaffDetails(name, None, frozenset({Role.ADMIN}))
    _check_login(login)
    _check(details)
    staff = Staff(
        login=login, name=name.strip(), password_hash=sign_in.hash_password(password, login), created_at=at
    )
    session.add(staff)
    session.flush()
    _give_roles(session, staff.id, details.roles)
    audit.record(
        session, actor=SYSTEM, action="core.staff.added", subject_id=staff.id, at=at, details={"login": login}
    )


def change_staff(
    session: Session, staff_id: UUID, details: StaffDetails, *, revision: int, actor: Actor, at: datetime
) -> None:
    """
    :raises StaffChanged: if somebody saved since `revision` was read
    :raises LastAdmin: if nobody would be left who may manage
    """
    require(actor, Permission.MANAGE_STAFF)
    _check(details)
    staff = _staff(session, staff_id)
    if staff.revision != revision:
        raise StaffChanged
    if Role.ADMIN not in details.roles and not staff.disabled:
        _keep_an_admin(session, staff_id)
    staff.name, staff.team_id, staff.revision = details.name.strip(), details.team_id, revision + 1
    session.add(staff)
    _give_roles(session, staff_id, details.roles)
    audit.record(
        session,
        actor=actor,
        action="core.staff.changed",
        subject_id=staff_id,
        at=at,
        details={"name": staff.name, "roles": sorted(details.roles)},
    )


def disable(session: Session, staff_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Keep a person out from now on; their sessions end at once.

    :raises LastAdmin: if nobody would be left who may manage
    """
    require(actor, Permission.MANAGE_STAFF)
    staff = _staff(session, staff_id)
    _keep_an_admin(session, staff_id)
    staff.disabled, staff.revision = True, staff.revision + 1
    session.add(staff)
    sign_in.end_sessions(session, staff_id)
    audit.record(session, actor=actor, action="core.staff.disabled", subject_id=staff_id, at=at)


def enable(session: Session, staff_id: UUID, *, actor: Actor, at: datetime) -> None:
    require(actor, Permission.MANAGE_STAFF)
    staff = _staff(session, staff_id)
    staff.disabled, staff.revision = False, staff.revision + 1
    session.add(staff)
    audit.record(session, actor=actor, action="core.staff.enabled", subject_id=staff_id, at=at)


def find(session: Session, login: str) -> UUID:
    """
    :raises NoSuchStaff: if nobody has that login
    """
    staff_id = session.exec(select(Staff.id).where(Staff.login == login.strip().lower())).first()
    if staff_id is None:
        raise NoSuchStaff
    return staff_id


def reset_password(session: Session, staff_id: UUID, *, actor: Actor, at: datetime) -> str:
    """Return a one-time password; the person's sessions end and the first sign-in asks for a new one."""
    require(actor, Permission.MANAGE_STAFF)
    staff = _staff(session, staff_id)
    password = _one_time_password()
    staff.password_hash, staff.must_change_password = sign_in.hash_password(password, staff.login), True
    session.add(staff)
    sign_in.end_sessions(session, staff_id)
    audit.record(session, actor=actor, action="core.password.reset", subject_id=staff_id, at=at)
    return password


def listed(*, text: str = "", team_id: UUID | None = None) -> Any:
    """Return the select of staff in order of login, for `paging.page_of`."""
    statement = select(Staff).order_by(col(Staff.disabled), col(Staff.login))
    if text.strip():
        pattern = f"%{text.strip()}%"
        statement = statement.where(or_(col(Staff.name).like(pattern), col(Staff.login).like(pattern)))
    if team_id:
        statement = statement.where(Staff.team_id == team_id)
    return statement


def cards(session: Session, people: Iterable[Staff]) -> list[StaffCard]:
    people = list(people)
    theirs = col(StaffRole.staff_id).in_([one.id for one in people])
    roles = session.exec(select(StaffRole).where(theirs)).all()
    teams = {team.id: team.name for team in all_teams(session)}
    return [
        StaffCard(
            one.id,
            one.login,
            one.name,
            one.team_id,
            teams.get(one.team_id, "") if one.team_id else "",
            tuple(role for role in Role if any(r.staff_id == one.id and r.role == role for r in roles)),
            one.disabled,
            one.must_change_password,
            one.revision,
        )
        for one in people
    ]


def card(session: Session, staff_id: UUID) -> StaffCard:
    return cards(session, [_staff(session, staff_id)])[0]


def all_teams(session: Session) -> list[Team]:
    return list(session.exec(select(Team).order_by(col(Team.code))))


def names_of(session: Session, staff_ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(iter(session.execute(_names(), {"ids": list(set(staff_ids))})))


@cache
def _names() -> Any:
    return select(Staff.id, Staff.name).where(col(Staff.id).in_(bindparam("ids", expanding=True)))


def _staff(session: Session, staff_id: UUID) -> Staff:
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise NoSuchStaff
    return staff


def _check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise StaffIncomplete("工号为 2–32 位小写字母或数字，可含 . _ -，以字母或数字开头。", field="login")


def _check(details: StaffDetails) -> None:
    if not 0 < len(details.name.strip()) <= 40:
        raise StaffIncomplete("请填写姓名（40 字以内）。", field="name")
    if not details.roles:
        raise StaffIncomplete("请至少选择一个角色，否则登录后没有任何可用功能。", field="roles")


def _keep_an_admin(session: Session, leaving: UUID) -> None:
    others = (
        select(func.count())
        .select_from(Staff)
        .join(StaffRole, col(StaffRole.staff_id) == Staff.id)
        .where(StaffRole.role == Role.ADMIN, col(Staff.disabled).is_(False), Staff.id != leaving)
    )
    if _is_admin(session, leaving) and session.exec(others).one() == 0:
        raise LastAdmin


def _is_admin(session: Session, staff_id: UUID) -> bool:
    held = select(StaffRole.id).where(StaffRole.staff_id == staff_id, StaffRole.role == Role.ADMIN)
    return session.exec(held).first() is not None


def _give_roles(session: Session, staff_id: UUID, roles: frozenset[Role]) -> None:
    session.exec(delete(StaffRole).where(col(StaffRole.staff_id) == staff_id))
    session.add_all([StaffRole(staff_id=staff_id, role=role) for role in sorted(roles)])


def _one_time_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(9)) + secrets.choice("23456789") + "k"
