"""The one place that reads the system clock, and the centre's own time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

CENTRE_TIME = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """Return the calendar day in the centre at that moment."""
    return moment.astimezone(CENTRE_TIME).date()


def start_of(day: date) -> datetime:
    """Return the moment, in UTC, at which that day begins in the centre."""
    return datetime.combine(day, time(), CENTRE_TIME).astimezone(UTC)
