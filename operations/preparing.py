"""What must be true before a process serves: the parts know each other, and the index is complete."""

from collections.abc import Callable

from core import clock, database, jobs
from core.errors import Unavailable
from operations import tables, wiring
from search import indexing
from search.rebuild import RebuildProgress, rebuild

Told = Callable[[int, int], None]


def prepare() -> None:
    tables.known()
    wiring.introduce()


def index_everything(tell: Told) -> None:
    """Build the index if there is none that can be used, then do what waits to be indexed."""
    if not _is_sound():
        rebuild_index(tell)
    with database.reading() as session:
        total = jobs.waiting(session).get(indexing.LOOK_AGAIN, 0)
    done = 0
    while taken := jobs.run_due(clock.now(), lane="quick"):
        done += taken
        tell(min(done, total), total)


def rebuild_index(tell: Told) -> int:
    """Return how many documents the new index has.

    :raises RebuildRunning: if another process is at it
    """

    def said(progress: RebuildProgress) -> None:
        tell(progress.done, progress.total)

    return rebuild(at=clock.now(), tell=said)


def encode_everything(tell: Told) -> None:
    """Make all the vectors that are missing, here and now."""
    while indexing.catch_up():
        meaning = indexing.status().meaning
        tell(meaning.done, meaning.total)


def _is_sound() -> bool:
    try:
        return not indexing.status().recipe_differs
    except Unavailable:
        return False
