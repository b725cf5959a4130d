"""A moment that goes on: for work that begins at a given time and lasts."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


def ticking(at: datetime) -> Callable[[], datetime]:
    """Return what tells the time from now on, if it is `at` now."""
    began = time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - began)
