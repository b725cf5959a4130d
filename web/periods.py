"""The days that a page looks at, and how they are cut for a picture."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.clock import start_of

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
MOST_STRETCHES = 62
PRESETS = {1: "今天", 7: "近 7 天", 30: "近 30 天"}
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """A bar of the picture: an hour of the one day, a day, or several."""

    first: date
    last: date
    since: datetime
    until: datetime
    label: str


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both in it."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return start_of(self.first)

    @property
    def until(self) -> datetime:
        return start_of(self.last + A_DAY)

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> list[Stretch]:
        """Return its days, or stretches of equal length if they are too many to be told apart."""
        step = -(-self.length // MOST_STRETCHES)
        firsts = [self.first + A_DAY * number for number in range(0, self.length, step)]
        return [self._stretch(first, min(first + A_DAY * (step - 1), self.last)) for first in firsts]

    def stretches(self) -> list[Stretch]:
        """Return its days, or the hours of the one day that it is."""
        return self.days() if self.length > 1 else self._hours()

    def _hours(self) -> list[Stretch]:
        begins = [self.since + timedelta(hours=hour) for hour in range(24)]
        return [
            Stretch(self.first, self.last, begin, begin + timedelta(hours=1), f"{hour} 时")
            for hour, begin in enumerate(begins)
        ]

    def _stretch(self, first: date, last: date) -> Stretch:
        pattern = "%m-%d" if self.first.year == self.last.year else "%Y-%m-%d"
        label = first.strftime(pattern)
        if first != last:
            label += f" 至 {last.strftime(pattern)}"
        return Stretch(first, last, start_of(first), start_of(last + A_DAY), label)

    def is_preset(self, days: int, today: date) -> bool:
        return self == last_days(days, today)


def last_days(days: int, today: date) -> Period:
    return Period(today - A_DAY * (days - 1), today)


def between(one: date, other: date) -> Period:
    """Return the period between two days, in whatever order they were given."""
    first, last = sorted(min(max(day, EARLIEST), LATEST) for day in (one, other))
    return Period(first, last)
