"""The turns that a load takes: on to its next state, held until something changes, sent back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from core import audit
from core.errors import Conflict, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.loading.models import Hold, Load, LoadState, QuarantinedRow, RowState

WENT_ON: dict[str, Any] = {"failure": "", "failed_at": None}


class NoSuchLoad(NotFound):
    message = "没有这次装载。请从数据装载列表重新选择。"


class NotHeld(Conflict):
    message = "这次装载没有在等待处理，可能已被别人放行或退回。请刷新页面查看。"


@dataclass
class Rejected(Exception):
    """Found by a step: this file cannot be taken."""

    reason: str


@dataclass
class Held(Exception):
    """Found by a step: this file has to wait."""

    hold: Hold
    reason: str


def find(session: Session, load_id: int) -> Load:
    """
    :raises NoSuchLoad: if there is none of that number
    """
    load = session.get(Load, load_id)
    if load is None:
        raise NoSuchLoad
    return load


def turn(session: Session, load_id: int, to: LoadState, *, at: datetime, **values: Any) -> None:
    """Set a load's state and what goes with it."""
    said = {"state": to, "state_since": at, "hold": "", "held_at": "", "reason": ""} | WENT_ON | values
    session.execute(update(Load).where(col(Load.id) == load_id).values(said))


def hold(session: Session, load: Load, found: Held, *, at: datetime) -> None:
    values = {"hold": found.hold, "held_at": load.state, "reason": found.reason}
    turn(session, id_of(load), LoadState.HELD, at=at, **values)


def reject(session: Session, load: Load, reason: str, *, at: datetime) -> None:
    """Send a load back; what it had put aside is dropped with it."""
    turn(session, id_of(load), LoadState.REJECTED, at=at, reason=reason, finished_at=at)
    open_rows = col(QuarantinedRow.state).in_([RowState.WAITING, RowState.ORPHAN])
    of_load = col(QuarantinedRow.load_id) == id_of(load)
    session.execute(update(QuarantinedRow).where(of_load & open_rows).values(state=RowState.DROPPED))


def try_again(session: Session, load: Load, *, at: datetime) -> None:
    """Let a held load take its step again; it is held again if nothing has changed."""
    turn(session, id_of(load), LoadState(load.held_at), at=at)


def release(session: Session, load_id: int, *, actor: Actor, at: datetime) -> Load:
    """Let a held load pass the gate at which it waits, because a person answers for it.

    :raises NotHeld: if it does not wait
    """
    load = _held(session, load_id, actor)
    turn(session, load_id, LoadState(load.held_at), at=at, waived=[*load.waived, load.hold])
    audit.record(session, actor=actor, action="subscribers.load.release", subject_id=load_id, at=at)
    session.refresh(load)
    return load


def send_back(session: Session, load_id: int, reason: str, *, actor: Actor, at: datetime) -> Load:
    """Reject a held load by hand; nothing of it was merged.

    :raises NotHeld: if it does not wait
    """
    load = _held(session, load_id, actor)
    reject(session, load, reason, at=at)
    audit.record(session, actor=actor, action="subscribers.load.reject", subject_id=load_id, at=at)
    session.refresh(load)
    return load


def _held(session: Session, load_id: int, actor: Actor) -> Load:
    require(actor, Permission.RUN_LOADS)
    load = find(session, load_id)
    if load.state != LoadState.HELD:
        raise NotHeld
    return load


def id_of(load: Load) -> int:
    if load.id is None:
        raise NoSuchLoad
    return load.id
