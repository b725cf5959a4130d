"""Rows that a person mended are loaded again, all of a load together."""

from datetime import datetime

from sqlmodel import Session

from core import audit
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.loading import redriving
from subscribers.loading.models import Load
from subscribers.loading.turning import id_of
from subscribers.steering import going_on, mending


class NothingMended(Conflict):
    message = "没有改好待装的行。请先逐行修正，或刷新页面查看是否已重新装载。"


def redrive(session: Session, load: Load, *, actor: Actor, at: datetime) -> int:
    """Load the mended rows of a load again and return the number of their load.

    :raises NothingMended: if none waits
    """
    require(actor, Permission.RUN_LOADS)
    rows = mending.ready(session, id_of(load))
    if not rows:
        raise NothingMended
    (again,) = redriving.redrive(session, rows, at=at, staff_id=actor.staff_id)
    going_on.go_on(session, again, at=at)
    audit.record(
        session,
        actor=actor,
        action="subscribers.load.redriven",
        subject_id=load.id,
        at=at,
        details={"rows": len(rows), "as": again},
    )
    return again
