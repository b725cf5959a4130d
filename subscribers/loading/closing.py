"""The account of a merged load: each row of the file once, and the copy says what it said."""

from datetime import datetime

from core import database
from subscribers.loading import reconciling, turning
from subscribers.loading.models import Hold, Load, LoadState
from subscribers.loading.progress import Told
from subscribers.loading.turning import Held, id_of


def close(load: Load, *, at: datetime, told: Told) -> None:
    """
    :raises Held: if rows are unaccounted for
    """
    told(LoadState.MERGED, load.rows, load.rows)
    merged = load.inserted + load.updated + load.unchanged + load.stale + load.removed
    accounted = merged + load.bad + load.orphans + load.superseded
    if accounted != load.rows and Hold.PERSON not in load.waived:
        raise Held(Hold.PERSON, f"文件有 {load.rows} 行，装载只说得清 {accounted} 行。请联系技术支持核对。")
    with database.reading() as session:  # it reads both copies to the end: nobody who writes waits for that
        found = reconciling.reconcile(session, load, at=at)
    with database.unit_of_work() as session:
        reconciling.keep(session, found)
        turning.turn(session, id_of(load), LoadState.RECONCILED, at=at)
