"""How far a load is, told to whoever waits for it; and a breath between its transactions."""

import time
from collections.abc import Callable

from core import database
from subscribers.loading.models import LoadState

Told = Callable[[LoadState, int, int], None]
BREATH_SECONDS = 0.02  # whoever waits in `database.unit_of_work` asks every few milliseconds


def nobody(_state: LoadState, _done: int, _all: int) -> None:
    """Tell nobody."""


def breathe() -> None:
    """Let others write: SQLite has one writer at a time, and those who wait look again every now and then."""
    if database.engine().dialect.name == "sqlite":
        time.sleep(BREATH_SECONDS)
