"""What a person does about loads: watch, hold, release, reject, undo, and mend rows that were refused."""

from core.jobs import Handler
from subscribers.steering import going_on, undoing


def handlers() -> tuple[Handler, ...]:
    """Return what runs in the background here."""
    return (*going_on.handlers(), *undoing.handlers())
