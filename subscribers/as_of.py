"""How old the copy is: for each kind of data, up to when its sources have told us what they know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.clock import start_of
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.entities import ENTITIES
from subscribers.loading.models import Load, LoadState, Via
from subscribers.loading.turning import id_of

DAILY, MONTHLY = 26, 32 * 24  # hours: a day, a month, and a little for the way
LONGEST_HOURS = 24 * 365
IN_EFFECT = (LoadState.MERGED, LoadState.RECONCILED, LoadState.ACKNOWLEDGED)


class NoSuchLag(Invalid):
    message = f"请填 1 到 {LONGEST_HOURS} 之间的整数小时。"


class AgreedLag(SQLModel, table=True):
    """How old an entity may be before somebody must look; one without a row keeps to `DEFAULT_HOURS`."""

    __tablename__ = "subscribers_agreed_lag"

    entity: str = Field(primary_key=True)
    hours: int


DEFAULT_HOURS = dict.fromkeys(ENTITIES, DAILY) | {"bill": MONTHLY}


@dataclass(frozen=True)
class Freshness:
    """What one source last told of one entity, and how old that may be."""

    entity: str
    source: str
    moment: datetime
    load_id: int
    load_name: str
    agreed: timedelta

    @property
    def label(self) -> str:
        return ENTITIES[self.entity].label

    def lag(self, at: datetime) -> timedelta:
        return max(at - self.moment, timedelta())

    def is_late(self, at: datetime) -> bool:
        return self.lag(at) > self.agreed


def as_of(session: Session) -> dict[str, datetime]:
    """Return for each entity up to when it is known: by its oldest source, if there are several.

    An entity that was never loaded is not in it.
    """
    moments: dict[str, datetime] = {}
    for one in freshness(session):
        moments[one.entity] = min(one.moment, moments.get(one.entity, one.moment))
    return moments


def freshness(session: Session) -> list[Freshness]:
    """Return the newest load in effect of each entity and source, in the order of the entities."""
    loads = session.exec(_newest_loads()).all()
    agreed, order = agreed_hours(session), list(ENTITIES)
    found = [_freshness(load, timedelta(hours=agreed[load.entity])) for load in loads]
    return sorted(found, key=lambda one: (order.index(one.entity), one.source))


@cache
def _newest_loads() -> Any:
    """Put together once: each card tells how old it is."""
    whole = (col(Load.via) != Via.MENDED) & (col(Load.sequence) > 0)  # single rows say nothing of the rest
    told = col(Load.state).in_(IN_EFFECT) & whole
    newest = select(func.max(Load.id)).where(told).group_by(Load.entity, Load.source)
    return select(Load).where(col(Load.id).in_(newest))


def _freshness(load: Load, agreed: timedelta) -> Freshness:
    moment = known_until(load.business_day, load.seen_at)
    return Freshness(load.entity, load.source, moment, id_of(load), load.name, agreed)


def agreed_hours(session: Session) -> dict[str, int]:
    """Return for each entity how many hours old it may be."""
    return DEFAULT_HOURS | {one.entity: one.hours for one in session.exec(_agreed())}


@cache
def _agreed() -> Any:
    return select(AgreedLag)


def agree(session: Session, hours: Mapping[str, int], *, actor: Actor, at: datetime) -> None:
    """Set how old each of these entities may be.

    :raises NoSuchLag: if one is less than an hour or more than a year
    """
    require(actor, Permission.RUN_LOADS)
    before = agreed_hours(session)
    changed = {name: given for name, given in hours.items() if given != before.get(name)}
    wrong = next((name for name, given in changed.items() if not 1 <= given <= LONGEST_HOURS), None)
    if wrong is not None:
        raise NoSuchLag(field=wrong)
    for name, given in changed.items():
        session.merge(AgreedLag(entity=name, hours=given))
    if changed:
        details = {ENTITIES[name].label: given for name, given in changed.items()}
        audit.record(
            session, actor=actor, action="subscribers.lag.agreed", subject_id="lag", at=at, details=details
        )


def known_until(business_day: date | None, seen_at: datetime) -> datetime:
    """Return up to when a file tells: the end of its day of business, or when it came if that was earlier."""
    if business_day is None:
        return seen_at
    return min(start_of(business_day + timedelta(days=1)), seen_at)
