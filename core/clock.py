"""The one place that reads the system clock, and the centre's own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CENTRE_TIME = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """Return the calendar day in the centre at that moment."""
    return moment.astimezone(CENTRE_TIME).date()


def last_time_it_was(hour: time, at: datetime) -> datetime:
    """Return the latest moment, not after `at`, when clocks in the centre showed that time of the day."""
    today = datetime.combine(at.astimezone(CENTRE_TIME), hour, CENTRE_TIME)
    return today if today <= at else today - timedelta(days=1)


def start_of(day: date) -> datetime:
    """Return the moment, in UTC, at which that day begins in the centre."""
    return datetime.combine(day, time(), CENTRE_TIME).astimezone(UTC)
