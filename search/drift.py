"""Whether the index still says what the database says: looked at each night, and what differs is mended."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from operator import attrgetter

from sqlmodel import Field, Session, SQLModel, col, delete, select

from core import database, jobs
from search import engines, rebuilds
from search.document import DocumentKey
from search.engines.base import Engine, EngineDown, EngineUnavailable, WritingBusy
from search.sources import bring, introduced
from search.ticking import ticking

log = logging.getLogger(__name__)

CHECK = "search.check_drift"
NIGHT = time(3, 30)
BATCH = 500
LEASE_WAIT_SECONDS = 10.0
BUSY_PAUSE = timedelta(minutes=5)
KEPT = 60
Clock = Callable[[], datetime]


class DriftCheck(SQLModel, table=True):
    """One look: how many documents lacked, were not as they should be, or should not have been there.

    `is_whole`: afterwards the parts of the index agreed; if not, it is being rebuilt.
    """

    __tablename__ = "search_drift_check"

    number: int | None = Field(default=None, primary_key=True)
    at: datetime
    seconds: float
    documents: int
    missing: int
    stale: int
    orphaned: int
    is_whole: bool

    @property
    def found(self) -> int:
        return self.missing + self.stale + self.orphaned


@dataclass(frozen=True)
class Drift:
    """What differs between the database and the index."""

    missing: tuple[DocumentKey, ...] = ()
    stale: tuple[DocumentKey, ...] = ()
    orphaned: tuple[DocumentKey, ...] = ()

    @property
    def all_keys(self) -> list[DocumentKey]:
        return sorted((*self.missing, *self.stale, *self.orphaned))


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(CHECK, _check, label="核对检索索引", lane="slow"),)


def latest(session: Session) -> DriftCheck | None:
    """Return how it stood when last looked at."""
    return session.exec(select(DriftCheck).order_by(col(DriftCheck.number).desc()).limit(1)).first()


def check(at: datetime) -> DriftCheck:
    """Look at every document, mend what differs, and keep what was found.

    :raises EngineUnavailable: if there is nothing to look at
    :raises WritingBusy: if somebody else writes for long
    """
    clock, engine = ticking(at), engines.engine()
    documents, drift = _difference(engine, clock)
    _mend(engine, drift.all_keys, clock)
    with engine.writing(wait=LEASE_WAIT_SECONDS) as writer:
        is_whole = writer.is_sound(engine.status().generation)
    found = DriftCheck(
        at=at,
        seconds=(clock() - at).total_seconds(),
        documents=documents,
        missing=len(drift.missing),
        stale=len(drift.stale),
        orphaned=len(drift.orphaned),
        is_whole=is_whole,
    )
    _keep(found, clock)
    return found


def _check(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    try:
        check(at)
    except (WritingBusy, EngineDown) as error:
        raise jobs.TryLater(BUSY_PAUSE) from error
    except EngineUnavailable as error:  # whoever watches the index has it rebuilt, which mends everything
        log.warning("there is no index to be checked: %s", type(error).__name__)


def _difference(engine: Engine, clock: Clock) -> tuple[int, Drift]:
    """Return how many documents there should be, and what differs.

    What is published meanwhile may be taken for a difference: mending it again does no harm.
    """
    indexed = engine.digests()
    missing, stale, wanted = list[DocumentKey](), list[DocumentKey](), set[DocumentKey]()
    with database.reading() as session:
        for key, digest in _digests(session, clock):
            wanted.add(key)
            if key not in indexed:
                missing.append(key)
            elif indexed[key] != digest:
                stale.append(key)
    orphaned = sorted(indexed.keys() - wanted)
    return len(wanted), Drift(tuple(missing), tuple(stale), tuple(orphaned))


def _digests(session: Session, clock: Clock) -> Iterator[tuple[DocumentKey, str]]:
    """Yield every document that should be found, as it should be indexed."""
    for source in introduced().values():
        ids = list(source.ids(session))
        for start in range(0, len(ids), BATCH):
            documents = source.documents(session, ids[start : start + BATCH], clock())
            yield from ((document.key, document.digest) for document in documents.values())


def _mend(engine: Engine, keys: Sequence[DocumentKey], clock: Clock) -> None:
    """Read these anew, a few at a time, so that what is published meanwhile goes first."""
    for source, of_source in groupby(keys, attrgetter("source")):
        theirs = list(of_source)
        for start in range(0, len(theirs), BATCH):
            some = theirs[start : start + BATCH]
            with engine.writing(wait=LEASE_WAIT_SECONDS) as writer, database.reading() as session:
                if source in introduced():
                    bring(writer, session, some, at=clock())
                else:
                    writer.remove(some)


def _keep(found: DriftCheck, clock: Clock) -> None:
    log.log(
        logging.WARNING if found.found or not found.is_whole else logging.INFO,
        "index checked: %d documents, %d missing, %d stale, %d orphaned",
        *(found.documents, found.missing, found.stale, found.orphaned),
    )
    with database.unit_of_work() as session:
        session.add(found)
        session.flush()
        session.exec(delete(DriftCheck).where(col(DriftCheck.number) <= (found.number or 0) - KEPT))
        if not found.is_whole:
            rebuilds.schedule(session, at=clock())
