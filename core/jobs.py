"""Work for later: enqueued in the caller's transaction, leased, retried with back-off; the dead are kept."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, ColumnElement, Index, func, or_, update
from sqlmodel import Field, Session, col, delete, select

from core import audit, database
from core.errors import NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=10)
URGENT, NORMAL, BACKGROUND = 0, 5, 9

Payload = dict[str, Any]
Lane = Literal["quick", "slow"]  # an import of an hour must not keep a publication waiting


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


class Job(Record, table=True):
    """A finished job leaves no row: what it did is seen where it did it."""

    __tablename__ = "core_job"
    __table_args__ = (Index("ix_core_job_due", "state", "run_at", "priority"),)

    kind: str = Field(index=True)
    payload: Payload = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    state: str = JobState.WAITING
    priority: int = NORMAL
    run_at: datetime
    attempts: int = 0
    leased_by: UUID | None = None
    leased_until: datetime | None = None
    error: str = ""
    only_once_key: str | None = Field(default=None, index=True)


class TryLater(Exception):
    """A handler could not begin; the attempt does not count. What it was raised from is kept for people."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


class JobNotDead(NotFound):
    message = "这个任务已经不在失败列表里，可能已被重新执行。请刷新页面查看。"


@dataclass(frozen=True)
class Handler:
    """What runs the jobs of one kind. `run` opens its own units of work and must bear being run twice."""

    kind: str
    run: Callable[[Sequence[Payload], datetime], None]
    batch: int = 1
    label: str = ""
    lane: Lane = "quick"


_handlers: dict[str, Handler] = {}
wake = threading.Event()


def introduce(handler: Handler) -> None:
    _handlers[handler.kind] = handler


def label_of(kind: str) -> str:
    handler = _handlers.get(kind)
    return handler.label if handler and handler.label else kind


def enqueue(  # noqa: PLR0913 - each is a choice of the caller, by name
    session: Session,
    kind: str,
    payload: Payload,
    *,
    at: datetime,
    run_at: datetime | None = None,
    priority: int = NORMAL,
    only_once_key: str | None = None,
) -> None:
    """Add a job that runs if and only if the caller's transaction commits.

    With `only_once_key`, nothing is added while a job of that key still waits.
    """
    if only_once_key and _waits(session, only_once_key):
        return
    session.add(
        Job(
            kind=kind,
            payload=payload,
            run_at=run_at or at,
            priority=priority,
            only_once_key=only_once_key,
            created_at=at,
        )
    )
    database.after_commit(session, wake.set)


def enqueue_many(session: Session, kind: str, payloads: Sequence[Payload], *, at: datetime) -> None:
    session.add_all([Job(kind=kind, payload=payload, run_at=at, created_at=at) for payload in payloads])
    database.after_commit(session, wake.set)


def _waits(session: Session, key: str) -> bool:
    waiting = select(Job.id).where(Job.only_once_key == key, Job.state == JobState.WAITING).limit(1)
    return session.exec(waiting).first() is not None


def run_due(at: datetime, *, lane: Lane | None = None) -> int:
    """Run one batch of what is due, most urgent first; return how many jobs it took (0: nothing is due)."""
    worker = uuid4()
    jobs = _claim(worker, at, [h.kind for h in _handlers.values() if lane in {None, h.lane}])
    if jobs:
        with _heartbeat(worker, at):
            _run(jobs, worker, at)
    return len(jobs)


def run_all_due(at: datetime) -> int:
    done = 0
    while taken := run_due(at):
        done += taken
    return done


def _claim(worker: UUID, at: datetime, kinds: Sequence[str]) -> list[Job]:
    if not _anything_due(at, kinds):  # looking takes no lock from those who write
        return []
    with database.unit_of_work() as session:
        ready = _due(at) & col(Job.kind).in_(kinds)
        first = session.exec(_in_order(ready).limit(1)).first()
        if first is None:
            return []
        batch = _handlers[first.kind].batch
        jobs = list(session.exec(_in_order(ready & (Job.kind == first.kind)).limit(batch)))
        for job in jobs:
            job.state, job.leased_by, job.leased_until = JobState.RUNNING, worker, at + LEASE
            session.add(job)
        return jobs


def _anything_due(at: datetime, kinds: Sequence[str]) -> bool:
    with database.reading() as session:
        return (
            session.exec(select(Job.id).where(_due(at), col(Job.kind).in_(kinds)).limit(1)).first()
            is not None
        )


def _due(at: datetime) -> ColumnElement[bool]:
    waiting = (col(Job.state) == JobState.WAITING) & (col(Job.run_at) <= at)
    abandoned = (col(Job.state) == JobState.RUNNING) & (col(Job.leased_until) < at)
    return or_(waiting, abandoned)


def _in_order(ready: ColumnElement[bool]) -> Any:
    order = (col(Job.priority), col(Job.run_at), col(Job.created_at))
    return select(Job).where(ready).order_by(*order).with_for_update(skip_locked=True)


def _run(jobs: list[Job], worker: UUID, at: datetime) -> None:
    handler = _handlers[jobs[0].kind]
    try:
        handler.run([job.payload for job in jobs], at)
    except TryLater as later:
        _put_back(jobs, worker, at + later.wait, str(later.__cause__ or ""))
    except Exception as error:
        log.exception("job %s failed", handler.kind)
        if len(jobs) > 1:  # one bad job must not hold up the rest of its batch
            for job in jobs:
                _run([job], worker, at)
        else:
            _failed(jobs[0], worker, error, at)
    else:
        _finished(jobs, worker)


def _mine(jobs: Sequence[Job], worker: UUID) -> ColumnElement[bool]:
    return col(Job.id).in_([job.id for job in jobs]) & (col(Job.leased_by) == worker)


def _finished(jobs: Sequence[Job], worker: UUID) -> None:
    with database.unit_of_work() as session:
        session.exec(delete(Job).where(_mine(jobs, worker)))


def _put_back(jobs: Sequence[Job], worker: UUID, run_at: datetime, reason: str) -> None:
    if reason and reason != jobs[0].error:  # it may be so for hours: said once
        log.warning("job %s waits: %s", jobs[0].kind, reason)
    with database.unit_of_work() as session:
        values = {"state": JobState.WAITING, "run_at": run_at, "leased_by": None, "error": reason[:2000]}
        session.exec(update(Job).where(_mine(jobs, worker)).values(**values))


def _failed(job: Job, worker: UUID, error: Exception, at: datetime) -> None:
    attempts = job.attempts + 1
    dead = attempts >= MOST_ATTEMPTS
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    values = {
        "attempts": attempts,
        "error": f"{type(error).__name__}: {error}"[:2000],
        "state": JobState.DEAD if dead else JobState.WAITING,
        "run_at": at + wait,
        "leased_by": None,
    }
    with database.unit_of_work() as session:
        session.exec(update(Job).where(_mine([job], worker)).values(**values))


class _heartbeat:  # noqa: N801 - read as a phrase: with _heartbeat(worker)
    """Renews the leases of a worker until its jobs are done, so that long work is not taken for abandoned."""

    def __init__(self, worker: UUID, at: datetime) -> None:
        self._worker, self._until, self._over = worker, at + LEASE, threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(LEASE.total_seconds() / 3):
            self._until += LEASE / 3  # added here: SQLite would make a number of a date and a duration
            with database.unit_of_work() as session:
                mine = (col(Job.leased_by) == self._worker) & (col(Job.state) == JobState.RUNNING)
                session.exec(update(Job).where(mine).values(leased_until=self._until))


def waiting(session: Session, *, due_by: datetime | None = None) -> dict[str, int]:
    """Return how many jobs of each kind wait or run; with `due_by`, only those due then."""
    living = select(Job.kind, func.count()).where(Job.state != JobState.DEAD).group_by(Job.kind)
    if due_by:
        living = living.where(Job.run_at <= due_by)
    return dict(session.exec(living).all())


def held_up(session: Session) -> dict[str, str]:
    """Return, by kind, why the jobs that wait did not get on when they were last tried."""
    held = select(Job.kind, Job.error).where(Job.state == JobState.WAITING, Job.error != "").distinct()
    return dict(session.exec(held.order_by(Job.kind, Job.error)).all())


def dead() -> Any:
    """Return the select of jobs that were given up, newest first."""
    return select(Job).where(Job.state == JobState.DEAD).order_by(col(Job.run_at).desc())


def rerun(session: Session, job_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Give a dead job another life.

    :raises JobNotDead: if it is gone or not dead
    """
    require(actor, Permission.RUN_SYSTEM)
    job = session.get(Job, job_id)
    if job is None or job.state != JobState.DEAD:
        raise JobNotDead
    job.state, job.attempts, job.run_at, job.error = JobState.WAITING, 0, at, ""
    session.add(job)
    database.after_commit(session, wake.set)
    audit.record(session, actor=actor, action="core.job.rerun", subject_id=job_id, at=at)
