"""Rebuilding the index beside the one in use: fill, check, switch while people search."""

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlmodel import Session

from core import database
from core.errors import Conflict
from search import engines, models, rebuilds
from search.document import DocumentKey
from search.engines.base import Engine, EngineStatus, EngineUnavailable, Writer
from search.lexicon import current
from search.lexicon.changing import schedule_recut
from search.rebuilds import Account, Clock, RebuildAbandoned
from search.recipes import EmbeddingRecipe
from search.sources import bring, introduced
from search.ticking import ticking

BATCH = 500
FEW = 0.005
LEASE_WAIT_SECONDS = 120.0


class RebuildIncomplete(Conflict):
    message = "新索引与数据库的条数对不上，没有切换，旧索引照常使用。请稍后重新执行重建。"


Progress = Callable[[int, int], None]


def untold(_done: int, _total: int) -> None:
    """Tell nobody."""


def rebuild(at: datetime, progress: Progress = untold) -> int:
    """Build a new generation from the sources and switch to it; return how many documents are in use.

    If it has another recipe than the vectors in use, people go on searching those until its own are made:
    then whoever calls this again goes on with it, mends what it lacks, and switches. One that was paused, or
    whose process died, is taken up where it was.

    :raises RebuildRunning: if another one is under way
    :raises RebuildIncomplete: if its parts do not agree in the end; the old index stays in use
    :raises RebuildPaused: if somebody wants it to stand still; what is built is kept
    :raises RebuildAbandoned: if somebody wants it gone
    """
    engine, clock = engines.engine(), ticking(at)
    words = current.refresh().words
    with engine.rebuilding():
        if rebuilds.is_unwanted():
            _take_away(engine, at)
            raise RebuildAbandoned
        with engine.writing(wait=LEASE_WAIT_SECONDS) as writer:
            before = _status(engine)
            generation = _continued(before) or writer.begin(keep_recipe=bool(models.problem()))
            present = writer.keys(generation)
        with rebuilds.account_of(generation, _wanted_recipe(before), len(present), clock) as account:
            try:
                _build(engine, generation, present, account, progress)
            except RebuildAbandoned:
                _drop(engine)
                raise
        _have_recut(words, clock)
        return engine.status().documents


def _build(
    engine: Engine, generation: str, present: Container[DocumentKey], account: Account, progress: Progress
) -> None:
    account.heed()
    _fill(engine, generation, present, account, progress)
    with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
        _settle(writer, session, generation, account.clock)
        if not lacks_meaning(_status(engine)):
            writer.switch(generation)
            account.switched = True


def give_up(at: datetime) -> None:
    """Take away what was built of a rebuild that nobody wants any more.

    :raises RebuildRunning: if somebody is at it, who will notice
    """
    engine = engines.engine()
    with engine.rebuilding():
        if rebuilds.is_unwanted():
            _take_away(engine, at)


def _take_away(engine: Engine, at: datetime) -> None:
    _drop(engine)
    rebuilds.given_up(at)


def _drop(engine: Engine) -> None:
    with engine.writing(wait=LEASE_WAIT_SECONDS) as writer:
        writer.abandon()


def changes_model(status: EngineStatus | None) -> bool:
    """Tell whether what is being built shall replace the vectors in use by those of another recipe."""
    if status is None or status.preparing is None:
        return False
    return status.recipe is not None and status.preparing.recipe not in {None, status.recipe}


def lacks_meaning(status: EngineStatus | None) -> bool:
    """Tell whether people had better go on searching the vectors of the model before."""
    if status is None or status.preparing is None or not changes_model(status):
        return False
    meaning = status.preparing.meaning
    return meaning.pending > FEW * meaning.total


def _continued(status: EngineStatus | None) -> str | None:
    """Return the generation that is already being built, if it can be gone on with and is still wanted."""
    if status is None or status.preparing is None or status.preparing.recipe != _wanted_recipe(status):
        return None
    generation = status.preparing.generation
    with database.reading() as session:
        begun = rebuilds.unfinished(session)
    is_known = begun is not None and begun.generation == generation
    return generation if is_known or changes_model(status) else None


def _wanted_recipe(status: EngineStatus | None) -> EmbeddingRecipe | None:
    return status.recipe if status and models.problem() else models.chosen()


def _status(engine: Engine) -> EngineStatus | None:
    try:
        return engine.status()
    except EngineUnavailable:  # there is nothing that people could go on searching
        return None


def _fill(
    engine: Engine, generation: str, present: Container[DocumentKey], account: Account, progress: Progress
) -> None:
    """Give way between batches, so that what is published meanwhile need not wait."""
    with database.reading() as session:
        keys = [key for key in _wanted(session) if key not in present]
    for start, batch in _batches(keys):
        with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
            bring(writer, session, batch, at=account.clock(), only=generation)
        progress(start + len(batch), len(keys))
        account.moved(start + len(batch), len(keys))


def _settle(writer: Writer, session: Session, generation: str, clock: Clock) -> None:
    """While nobody else writes, mend what came and went during the filling, and check."""
    wanted, present = _wanted(session), writer.keys(generation)
    for _, batch in _batches([key for key in wanted if key not in present]):
        bring(writer, session, batch, at=clock(), only=generation)
    writer.remove(present.difference(wanted), only=generation)
    if not writer.is_sound(
        generation
    ):  # a process may have died between the texts of a document and its words
        writer.remove(set(writer.digests(generation)).difference(wanted), only=generation)
    if not writer.is_sound(generation):
        writer.abandon()
        raise RebuildIncomplete


def _have_recut(words: frozenset[str], clock: Clock) -> None:
    """If words came or went meanwhile, the first batches do not know them, and may be new to the index."""
    changed = words ^ current.refresh().words
    if changed:
        with database.unit_of_work() as session:
            schedule_recut(session, changed, at=clock())


def _wanted(session: Session) -> list[DocumentKey]:
    return [DocumentKey(name, id_) for name, source in introduced().items() for id_ in source.ids(session)]


def _batches(keys: Sequence[DocumentKey]) -> Iterator[tuple[int, list[DocumentKey]]]:
    """Yield batches of one source each, and where they begin."""
    start = 0
    for _, of_source in groupby(keys, attrgetter("source")):
        theirs = list(of_source)
        for begin in range(0, len(theirs), BATCH):
            yield start + begin, theirs[begin : begin + BATCH]
        start += len(theirs)
