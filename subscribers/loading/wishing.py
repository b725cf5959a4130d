"""What a person wants of a load under way: to stop before its next step, or a trial before it merges."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Session, SQLModel

from core import database
from subscribers.loading import foreseeing, turning
from subscribers.loading.models import Hold, Load, LoadState
from subscribers.loading.turning import Held, id_of

BEFORE_MERGING = frozenset({LoadState.SEEN, LoadState.VERIFIED, LoadState.STAGED, LoadState.CHECKED})
READ = frozenset({LoadState.STAGED, LoadState.CHECKED})
TRIED = "试算完成，等待放行。"


class Wish(SQLModel, table=True):
    """Until it is heeded. `tries`: reckon what would change, then wait."""

    __tablename__ = "subscribers_load_wish"

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    tries: bool
    reason: str = ""
    staff_id: UUID
    at: datetime


def wish(
    session: Session, load: Load, *, staff_id: UUID, at: datetime, reason: str = "", tries: bool
) -> None:
    session.merge(Wish(load_id=id_of(load), tries=tries, reason=reason, staff_id=staff_id, at=at))


def wished(session: Session, load_id: int) -> Wish | None:
    return session.get(Wish, load_id)


def heed(load: Load, *, at: datetime) -> bool:
    """Do what somebody wants of this load, if it is time for it; return whether that was done.

    A trial reads both copies to the end: nobody who writes waits for that. Of what is wanted while it runs,
    the later wish is heeded.
    """
    with database.reading() as session:
        wanted = session.get(Wish, id_of(load))
        if wanted is None or not _is_time(load, wanted):
            return False
        forecast = foreseeing.foresee(session, load, at=at) if wanted.tries else None
    with database.unit_of_work() as session:
        wanted = session.get_one(Wish, id_of(load))
        if forecast is None and wanted.tries:
            return True  # it was wanted just now: look again
        session.delete(wanted)
        if forecast:
            session.merge(forecast)
        if load.state in BEFORE_MERGING:
            turning.hold(session, load, Held(Hold.PERSON, TRIED if wanted.tries else wanted.reason), at=at)
        return True


def end_trial(session: Session, load: Load, *, at: datetime) -> None:
    """Let a load that only waits after its trial go on; one that is held for a reason stays held."""
    if load.state == LoadState.HELD and load.reason == TRIED:
        turning.try_again(session, load, at=at)


def _is_time(load: Load, wanted: Wish) -> bool:
    """A trial waits until the file is checked, or takes what is read of one that is held."""
    if not wanted.tries:
        return load.state in BEFORE_MERGING
    is_read = load.state == LoadState.HELD and load.held_at in READ
    return is_read or load.state == LoadState.CHECKED
