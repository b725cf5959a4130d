"""The days and months that end today, written as files write them, made once instead of a million times."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

LONGEST_DAYS = 9_000


@dataclass(frozen=True)
class Days:
    today: date
    months_billed: int

    @cached_property
    def ago(self) -> list[str]:
        """Day by day into the past; `ago[0]` is today."""
        return [(self.today - timedelta(days=back)).isoformat() for back in range(LONGEST_DAYS)]

    @cached_property
    def ahead(self) -> list[str]:
        return [(self.today + timedelta(days=on)).isoformat() for on in range(1_200)]

    @cached_property
    def months(self) -> list[tuple[str, int]]:
        """The complete months, the latest first, and how many days ago each was over."""
        first = self.today.replace(day=1)
        found = []
        for _ in range(self.months_billed):
            over = (self.today - first).days
            first = (first - timedelta(days=1)).replace(day=1)
            found.append((f"{first:%Y%m}", over))
        return found
