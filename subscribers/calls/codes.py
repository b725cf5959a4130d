"""The tree by which calls are sorted: at most three levels, kept by supervisors, never deleted once used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

from core import audit
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.calls.models import WrapUpCode

SEPARATOR = " › "
DEEPEST = 3
LONGEST_NAME = 20


class NoSuchCode(NotFound):
    message = "没有这个小结分类，可能已被停用。请刷新页面后重新选择。"


class NameTaken(Conflict):
    message = "同一级已有这个名称，请换一个。"


class TooDeep(Invalid):
    message = "小结分类最多三级。"


@dataclass(frozen=True)
class Code:
    """One place of the tree. Only one without living branches below it can be chosen for a call."""

    id: UUID
    path: str
    name: str
    level: int
    parent_id: UUID | None
    retired: bool
    is_leaf: bool


def tree(session: Session) -> list[Code]:
    """Return all, each branch before what is on it."""
    rows = session.exec(select(WrapUpCode).order_by(col(WrapUpCode.position), col(WrapUpCode.name))).all()
    return _below(None, rows, (), retired=False)


def _below(
    parent_id: UUID | None, rows: Sequence[WrapUpCode], above: tuple[str, ...], *, retired: bool
) -> list[Code]:
    found: list[Code] = []
    for row in rows:
        if row.parent_id != parent_id:
            continue
        names, gone = (*above, row.name), retired or row.retired
        under = _below(row.id, rows, names, retired=gone)
        is_leaf = all(one.retired for one in under)
        path = SEPARATOR.join(names)
        found += [Code(row.id, path, row.name, len(names), parent_id, gone, is_leaf), *under]
    return found


def choices(session: Session) -> list[Code]:
    """Return what may be chosen for a call."""
    return [code for code in tree(session) if code.is_leaf and not code.retired]


def path_of(session: Session, code_id: UUID | None) -> str:
    names: list[str] = []
    while code_id is not None and (row := session.get(WrapUpCode, code_id)):
        names.insert(0, row.name)
        code_id = row.parent_id
    return SEPARATOR.join(names)


def add(session: Session, name: str, parent_id: UUID | None, *, actor: Actor, at: datetime) -> WrapUpCode:
    """
    :raises Invalid: if the name is empty or too long
    :raises TooDeep: below the third level
    :raises NameTaken: if there is one of that name beside it
    """
    require(actor, Permission.KEEP_WRAP_UP_CODES)
    name = name.strip()
    _check_name(session, name, parent_id)
    if len(_ancestors(session, parent_id)) >= DEEPEST:
        raise TooDeep(field="parent_id")
    count = session.exec(select(func.count()).where(WrapUpCode.parent_id == parent_id)).one()
    code = WrapUpCode(parent_id=parent_id, name=name, position=count, created_at=at)
    session.add(code)
    session.flush()
    details = {"name": path_of(session, code.id)}
    audit.record(
        session,
        actor=actor,
        action="subscribers.wrap_up_code.added",
        subject_id=code.id,
        at=at,
        details=details,
    )
    return code


def change(session: Session, code_id: UUID, *, name: str, retired: bool, actor: Actor, at: datetime) -> None:
    """Rename or retire a code; calls that have it keep it.

    :raises NoSuchCode: if there is none
    :raises Invalid: if the name is empty or too long
    :raises NameTaken: if there is one of that name beside it
    """
    require(actor, Permission.KEEP_WRAP_UP_CODES)
    code = session.get(WrapUpCode, code_id)
    if code is None:
        raise NoSuchCode
    name = name.strip()
    if name != code.name:
        _check_name(session, name, code.parent_id)
    code.name, code.retired = name, retired
    session.add(code)
    details = {"name": path_of(session, code.id), "retired": retired}
    audit.record(
        session,
        actor=actor,
        action="subscribers.wrap_up_code.changed",
        subject_id=code_id,
        at=at,
        details=details,
    )


def _check_name(session: Session, name: str, parent_id: UUID | None) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"请填写名称，{LONGEST_NAME} 字以内。", field="name")
    beside = select(WrapUpCode.id).where(WrapUpCode.parent_id == parent_id, WrapUpCode.name == name)
    if session.exec(beside).first() is not None:
        raise NameTaken


def _ancestors(session: Session, code_id: UUID | None) -> list[WrapUpCode]:
    found: list[WrapUpCode] = []
    while code_id is not None:
        code = session.get(WrapUpCode, code_id)
        if code is None:
            raise NoSuchCode
        found.append(code)
        code_id = code.parent_id
    return found
