"""Work that comes round again and again: once it is due, whoever looks first enqueues the job."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col

from core import database, jobs
from core.clock import last_time_it_was


class LastTime(SQLModel, table=True):
    __tablename__ = "core_regular"

    kind: str = Field(primary_key=True)
    enqueued_at: datetime


@dataclass(frozen=True)
class Regular:
    """A kind of job and how long to wait after it was enqueued before it is enqueued again.

    With `by_night`, it is enqueued when the centre's clocks show that time, and the first time at once.
    """

    kind: str
    every: timedelta
    by_night: time | None = None

    def due_after(self, at: datetime) -> datetime:
        """Return the moment since which it must not have been enqueued, to be due now."""
        if self.by_night is None:
            return at - self.every
        return last_time_it_was(self.by_night, at).astimezone(UTC) - timedelta(microseconds=1)


_introduced: dict[str, Regular] = {}


def introduce(kind: str, *, every: timedelta = timedelta(days=1), by_night: time | None = None) -> None:
    _introduced[kind] = Regular(kind, every, by_night)


def enqueue_due(at: datetime) -> int:
    """Enqueue what is due; several processes may look at once, one of them does it. Return how many."""
    with database.reading() as session:
        due = [one for one in _introduced.values() if _is_due(session.get(LastTime, one.kind), one, at)]
    return sum(_enqueue(one, at) for one in due)


def _is_due(last: LastTime | None, one: Regular, at: datetime) -> bool:
    return last is None or last.enqueued_at <= one.due_after(at)


def _enqueue(one: Regular, at: datetime) -> bool:
    with database.unit_of_work() as session:
        if not _take_turn(session, one, at):
            return False
        jobs.enqueue(session, one.kind, {}, at=at, priority=jobs.BACKGROUND, only_once_key=one.kind)
        return True


def _take_turn(session: Session, one: Regular, at: datetime) -> bool:
    """Note that it is enqueued now, unless somebody else was faster."""
    if session.get(LastTime, one.kind) is None:
        try:
            with session.begin_nested():
                session.add(LastTime(kind=one.kind, enqueued_at=at))
        except IntegrityError:
            return False
        return True
    mine = update(LastTime).where(
        col(LastTime.kind) == one.kind, col(LastTime.enqueued_at) <= one.due_after(at)
    )
    return session.execute(mine.values(enqueued_at=at).returning(col(LastTime.kind))).first() is not None
