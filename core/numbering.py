"""Running numbers that people read aloud, such as the 123 of KB-00123. Gaps can occur; doubles cannot."""

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col


class Counter(SQLModel, table=True):
    __tablename__ = "core_counter"

    name: str = Field(primary_key=True)
    last: int = 0


def take(session: Session, name: str, count: int = 1) -> int:
    """Return the first of `count` fresh numbers."""
    if session.get(Counter, name) is None:
        session.add(Counter(name=name))
        session.flush()
    mine = update(Counter).where(col(Counter.name) == name)
    last = session.execute(mine.values(last=Counter.last + count).returning(col(Counter.last))).scalar_one()
    return int(last) - count + 1


def reserve(session: Session, name: str, up_to: int) -> None:
    """Never hand out `up_to` or anything below it: somebody else has given those numbers."""
    take(session, name, 0)
    behind = (col(Counter.name) == name) & (col(Counter.last) < up_to)
    session.execute(update(Counter).where(behind).values(last=up_to))
