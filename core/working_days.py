"""Which days the centre works: Monday to Friday, but for the holidays and make-up days that are entered."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require

MOST_DAYS = 31  # of one holiday
SATURDAY = 5


class DaysWrong(Invalid):
    message = "结束日期不能早于开始日期，一次最多 31 天。"


class NoSuchDay(NotFound):
    message = "日历里没有这一天，它可能刚被删除。请刷新页面。"


class CalendarDay(SQLModel, table=True):
    """A day that is not what its weekday says."""

    __tablename__ = "core_calendar_day"

    day: date = Field(primary_key=True)
    is_working: bool
    name: str


def due_day(session: Session, start: date, days: int) -> date:
    """Return the last day of a term of working days; the day on which it begins does not count."""
    exceptions = _exceptions(session, start)
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= _works(day, exceptions)
    return day


def left_until(session: Session, today: date, dues: Sequence[date]) -> dict[date, int]:
    """Return the working days that remain, today not counted; negative: so many have passed since."""
    exceptions = _exceptions(session, min([today, *dues]))
    return {due: _between(today, due, exceptions) for due in dues}


def _between(today: date, due: date, exceptions: dict[date, bool]) -> int:
    if due < today:
        return -_between(due, today, exceptions)
    days = (today + timedelta(days=after) for after in range(1, (due - today).days + 1))
    return sum(_works(day, exceptions) for day in days)


def _works(day: date, exceptions: dict[date, bool]) -> bool:
    return exceptions.get(day, day.weekday() < SATURDAY)


def _exceptions(session: Session, since: date) -> dict[date, bool]:
    later = select(CalendarDay).where(col(CalendarDay.day) >= since)
    return {entered.day: entered.is_working for entered in session.exec(later)}


def entered_since(session: Session, since: date) -> list[CalendarDay]:
    later = select(CalendarDay).where(col(CalendarDay.day) >= since)
    return list(session.exec(later.order_by(col(CalendarDay.day))))


def enter(  # noqa: PLR0913 - what the form says, by name
    session: Session, first: date, last: date, *, is_working: bool, name: str, actor: Actor, at: datetime
) -> None:
    """Say of each day from first to last that it is worked or not; a later word replaces an earlier one.

    :raises DaysWrong: if the days run backwards or are too many
    """
    require(actor, Permission.KEEP_RETENTION)
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise DaysWrong(field="last")
    for after in range(count):
        day = first + timedelta(days=after)
        session.merge(CalendarDay(day=day, is_working=is_working, name=name))
    said = {"from": first.isoformat(), "until": last.isoformat(), "name": name, "working": is_working}
    audit.record(session, actor=actor, action="core.calendar.entered", subject_id=first, at=at, details=said)


def forget(session: Session, day: date, *, actor: Actor, at: datetime) -> None:
    """Let a day be again what its weekday says.

    :raises NoSuchDay: if it is not entered
    """
    require(actor, Permission.KEEP_RETENTION)
    entered = session.get(CalendarDay, day)
    if entered is None:
        raise NoSuchDay
    session.delete(entered)
    audit.record(session, actor=actor, action="core.calendar.removed", subject_id=day, at=at)
