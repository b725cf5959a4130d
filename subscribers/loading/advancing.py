"""A load goes from state to state until it is over or has to wait; after a crash it goes on where it was."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from errno import EDQUOT, ENOSPC

import psycopg
from sqlalchemy.exc import DBAPIError

from core import database
from core.errors import Unavailable
from subscribers.loading import (
    acknowledging,
    checking,
    closing,
    failing,
    merging,
    staging,
    turning,
    verifying,
    wishing,
)
from subscribers.loading.alone import alone_with
from subscribers.loading.models import Load, LoadState
from subscribers.loading.progress import Told, nobody
from subscribers.loading.turning import Held, Rejected

_STEPS: dict[str, Callable[..., None]] = {
    LoadState.SEEN: verifying.verify,
    LoadState.VERIFIED: staging.stage,
    LoadState.STAGED: checking.check,
    LoadState.CHECKED: merging.begin,
    LoadState.MERGING: merging.merge,
    LoadState.MERGED: closing.close,
    LoadState.RECONCILED: acknowledging.acknowledge,
}
_DISK_FULL = "53100"  # what PostgreSQL calls it


class DiskFull(Unavailable):
    message = "磁盘满了，装载停在已完成的一步，什么都没有丢。请腾出空间，装载会接着做。"


def advance(load_id: int, *, at: datetime, progress: Told = nobody) -> Load:
    """Take every step that can be taken now and return the load as it is then; it keeps why it stopped.

    :raises LoadUnderWay: if another process is at this entity
    :raises DiskFull: if there is no room; the load stays where it was
    """
    load = _read(load_id)
    with alone_with(load.entity), failing.noted(load_id, at=at):
        load = _read(load_id)
        while (step := _STEPS.get(load.state)) is not None:
            if not wishing.heed(load, at=at):
                _take(step, load, at, progress)
            load = _read(load_id)
    if load.state == LoadState.REJECTED:
        acknowledging.put_away(load)
    return load


def _take(step: Callable[..., None], load: Load, at: datetime, progress: Told) -> None:
    try:
        step(load, at=at, told=progress)
    except Rejected as found:
        with database.unit_of_work() as session:
            turning.reject(session, load, found.reason, at=at)
    except Held as found:
        with database.unit_of_work() as session:
            turning.hold(session, load, found, at=at)
    except (OSError, sqlite3.Error, psycopg.Error, DBAPIError) as error:  # bulk writing goes past SQLAlchemy
        if not _is_full(error):
            raise
        raise DiskFull from error


def _is_full(error: Exception) -> bool:
    """Tell it by the number: the words of a server or of a system are in its own language."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError):
        return cause.errno in {ENOSPC, EDQUOT}
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", "") == _DISK_FULL


def _read(load_id: int) -> Load:
    with database.reading() as session:
        return turning.find(session, load_id)
