"""What must be true before a process serves: the parts know each other, and the index is complete."""

from collections.abc import Callable

from core import clock, database, jobs
from operations import tables, wiring
from search import indexing, reranking
from search.lexicon.stocking import stock
from search.rebuild import lacks_meaning, rebuild
from search.reranking import Reranker

Told = Callable[[int, int], None]


def prepare() -> None:
    tables.known()
    wiring.introduce()


def stock_lexicon() -> int:
    """Put in the words that this version of the program ships and the centre never had; return how many."""
    with database.unit_of_work() as session:
        return stock(session, at=clock.now())


def index_everything(tell: Told) -> None:
    """Build the index if there is none that can be used, then do what waits to be indexed."""
    if indexing.needs_rebuild():
        rebuild(clock.now(), tell)
    with database.reading() as session:
        total = jobs.waiting(session, due_by=clock.now()).get(indexing.LOOK_AGAIN, 0)
    done = 0
    while taken := jobs.run_due(clock.now(), lane="quick"):
        done += taken
        tell(min(done, total), total)


def encode_everything(tell: Told) -> None:
    """Make all the vectors that are missing, here and now, and change to the model of the settings."""
    _encode_pending(tell)
    while indexing.needs_rebuild():
        rebuild(clock.now())
        _encode_pending(tell)


def wake_reranker() -> Reranker | None:
    """Start the reranker of the settings, if there is one, and see it work."""
    reranking.refuse_missing()
    if reranker := reranking.reranker():
        reranker.wake()
    return reranker


def _encode_pending(tell: Told) -> None:
    while indexing.catch_up():
        status = indexing.status()
        meaning = status.preparing.meaning if lacks_meaning(status) and status.preparing else status.meaning
        tell(meaning.done, meaning.total)
