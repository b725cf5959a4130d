"""Who is acting."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from core.model import Record


class Role(StrEnum):
    AGENT = "agent"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Role.AGENT: "座席",
    Role.EDITOR: "知识编辑",
    Role.SUPERVISOR: "班长/主管",
    Role.ADMIN: "管理员",
}


class Team(Record, table=True):
    __tablename__ = "core_team"

    code: str = Field(unique=True)
    name: str


class Staff(Record, table=True):
    __tablename__ = "core_staff"

    login: str = Field(unique=True)
    name: str
    team_id: UUID | None = Field(default=None, foreign_key="core_team.id", index=True)
    password_hash: str
    must_change_password: bool = False
    disabled: bool = False
    revision: int = 0


class StaffRole(Record, table=True):
    __tablename__ = "core_staff_role"

    staff_id: UUID = Field(foreign_key="core_staff.id", index=True)
    role: str


@dataclass(frozen=True)
class Actor:
    """The person behind a request, or the system itself (`SYSTEM`) behind a job."""

    staff_id: UUID
    name: str
    login: str = ""
    roles: frozenset[Role] = frozenset()
    team_code: str | None = None
    team_name: str | None = None
    must_change_password: bool = False


SYSTEM = Actor(UUID(int=0), "系统")
