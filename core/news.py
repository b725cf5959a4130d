"""That there is something new for somebody: a number per person that any process may count up.

The number says only that one should look again; what there is stands where it belongs. News that was missed
is therefore not lost, and news that comes twice does no harm.
"""

import threading
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from core import database

wake = threading.Event()  # of whoever waits in this process; others look at the table


class News(SQLModel, table=True):
    __tablename__ = "core_news"

    staff_id: UUID = Field(primary_key=True, foreign_key="core_staff.id")
    number: int


def tell(session: Session, staff_ids: Iterable[UUID]) -> None:
    """Let each of them look again, once the caller's transaction is kept."""
    for staff_id in sorted(set(staff_ids)):  # in one order, so that no two wait for each other
        _count_up(session, staff_id)
    database.after_commit(session, wake.set)


def _count_up(session: Session, staff_id: UUID) -> None:
    more = update(News).where(col(News.staff_id) == staff_id).values(number=News.number + 1)
    if session.execute(more.returning(col(News.staff_id))).first() is not None:
        return
    try:
        with session.begin_nested():
            session.add(News(staff_id=staff_id, number=1))
    except IntegrityError:  # somebody else was the first at the same moment
        session.execute(more)


def numbers(session: Session, staff_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of each; nobody has had news yet at 0."""
    known = session.exec(select(News.staff_id, News.number).where(col(News.staff_id).in_(staff_ids)))
    return dict.fromkeys(staff_ids, 0) | dict(known.all())
