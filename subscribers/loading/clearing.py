"""What was staged of loads that are over goes after a week.

How rows were before a load goes once it is too late to undo it: they are old data of people.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func
from sqlmodel import Session, col, select

from core import database, jobs
from subscribers.loading.models import BeforeImage, Load, LoadState
from subscribers.loading.progress import breathe
from subscribers.loading.staged import STAGED
from subscribers.loading.turning import id_of

CLEAR = "subscribers.loads.clear"
EVERY = timedelta(days=1)
KEPT = timedelta(days=7)
UNDOABLE_FOR = timedelta(days=90)
AT_ONCE = 50_000
_OVER = [state for state in LoadState if state.is_over]


def handler() -> jobs.Handler:
    return jobs.Handler(CLEAR, _clear, label="清理已装载的暂存数据", lane="slow")


def _clear(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    clear(at=at)


def clear(*, at: datetime) -> int:
    """Delete it some thousand rows a transaction; return how many rows went."""
    with database.reading() as session:
        loads = _past(session, at)
    return sum(_clear_one(load) for load in loads) + _clear_images(at)


def _clear_images(at: datetime) -> int:
    over = col(Load.state).in_(_OVER) & (col(Load.state_since) < at - UNDOABLE_FOR)
    with database.reading() as session:
        some = select(BeforeImage.load_id).join(Load, col(Load.id) == BeforeImage.load_id).where(over)
        loads = session.exec(some.distinct()).all()
    return sum(_clear_images_of(load_id) for load_id in loads)


def _clear_images_of(load_id: int) -> int:
    mine, gone = col(BeforeImage.load_id) == load_id, 0
    rows = select(BeforeImage.row_id).where(mine).order_by(col(BeforeImage.row_id))
    while True:
        with database.unit_of_work() as session:
            last = session.exec(select(func.max(rows.limit(AT_ONCE).subquery().c.row_id))).one()
            if last is None:
                return gone
            done: Any = session.execute(delete(BeforeImage).where(mine, col(BeforeImage.row_id) <= last))
            gone += cast(CursorResult[Any], done).rowcount
        breathe()


def _past(session: Session, at: datetime) -> Sequence[Load]:
    over = col(Load.state).in_(_OVER) & (col(Load.state_since) < at - KEPT)
    return session.exec(select(Load).where(over, Load.staged > 0)).all()


def _clear_one(load: Load) -> int:
    staged, gone = STAGED[load.entity], 0
    mine = staged.c.load_id == id_of(load)
    while (last := _end_of_some(load)) is not None:
        with database.unit_of_work() as session:
            some: Any = session.execute(delete(staged).where(mine, staged.c.row_number <= last))
            gone += cast(CursorResult[Any], some).rowcount
        breathe()
    return gone


def _end_of_some(load: Load) -> int | None:
    """Return the number of the last of the next rows to go, if there are any."""
    staged = STAGED[load.entity]
    first = select(staged.c.row_number).where(staged.c.load_id == id_of(load))
    some = first.order_by(staged.c.row_number).limit(AT_ONCE).subquery()
    with database.reading() as session:
        last: int | None = session.execute(select(func.max(some.c.row_number))).scalar_one()
        return last
