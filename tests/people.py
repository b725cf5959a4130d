"""The cast: who works in the centre of the tests, and the one password that they share."""

from argon2 import PasswordHasher
from sqlmodel import select

from core import database, sign_in
from core.identity import Actor, Role, Staff, StaffRole, Team

PASSWORD = "tests-are-2026"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def hire(login: str, name: str, *roles: str, team: str = "hotline1") -> Actor:
    """Put somebody on the staff and return who they are."""
    with database.unit_of_work() as session:
        its = session.exec(select(Team).where(Team.code == team)).first() or Team(code=team, name=team)
        session.add(its)
        session.flush()
        staff = Staff(login=login, name=name, team_id=its.id, password_hash=_HASH)
        session.add(staff)
        session.flush()
        session.add_all([StaffRole(staff_id=staff.id, role=Role(role)) for role in roles])
        session.flush()
        return sign_in.actor_of(session, staff)
