"""What a person decides about a load: it stops, goes on, is sent back, or is tried out first."""

from datetime import datetime

from sqlmodel import Session

from core import audit
from core.errors import Conflict, Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.loading import turning, wishing
from subscribers.loading.models import Load, LoadState
from subscribers.loading.wishing import BEFORE_MERGING, READ
from subscribers.steering import going_on

HOLDABLE = BEFORE_MERGING


class TooLateToHold(Conflict):
    message = "这次装载已经开始合并，不能再暂停。合并完可以撤销。"


class NotRejectable(Conflict):
    message = "只有还没有合并的装载可以退回。已经合并的请撤销。"


class NotTriable(Conflict):
    message = "这份文件还没有读完，或已经合并，现在不能试算。请刷新页面查看。"


class NoReason(Invalid):
    message = "请写明原因，来源和同事会看到。"


def may_reject(load: Load) -> bool:
    return load.state == LoadState.HELD and load.held_at in BEFORE_MERGING


def may_try(load: Load) -> bool:
    return load.state == LoadState.HELD and load.held_at in READ


def begin(session: Session, load: Load, *, tries: bool, actor: Actor, at: datetime) -> None:
    """Have a load that has just come taken up; with `tries` it waits before it merges."""
    if tries and load.state in BEFORE_MERGING:
        wishing.wish(session, load, staff_id=actor.staff_id, at=at, tries=True)
    going_on.go_on(session, turning.id_of(load), at=at)


def hold(session: Session, load_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Have a load stop before its next step.

    :raises TooLateToHold: if it is merging or over
    :raises NoReason: if no reason is given
    """
    require(actor, Permission.RUN_LOADS)
    load = turning.find(session, load_id)
    if load.state not in HOLDABLE:
        raise TooLateToHold
    said = f"{actor.name}：{_given(reason)}"
    wishing.wish(session, load, staff_id=actor.staff_id, at=at, reason=said, tries=False)
    audit.record(
        session,
        actor=actor,
        action="subscribers.load.hold",
        subject_id=load_id,
        at=at,
        details={"reason": reason},
    )
    going_on.go_on(session, load_id, at=at)


def release(session: Session, load_id: int, *, actor: Actor, at: datetime) -> None:
    """Let a held load go on past what held it.

    :raises NotHeld: if it does not wait
    """
    turning.release(session, load_id, actor=actor, at=at)
    going_on.go_on(session, load_id, at=at)


def reject(session: Session, load_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Send a held load back; its source is told why.

    :raises NotHeld: if it does not wait
    :raises NotRejectable: if some of it was merged
    :raises NoReason: if no reason is given
    """
    load = turning.find(session, load_id)
    if load.state == LoadState.HELD and not may_reject(load):
        raise NotRejectable
    turning.send_back(session, load_id, f"{actor.name}：{_given(reason)}", actor=actor, at=at)
    going_on.go_on(session, load_id, at=at)


def try_out(session: Session, load_id: int, *, actor: Actor, at: datetime) -> None:
    """Have it reckoned what a held file would change.

    :raises NotTriable: if it is not read, or does not wait
    """
    require(actor, Permission.RUN_LOADS)
    load = turning.find(session, load_id)
    if not may_try(load):
        raise NotTriable
    wishing.wish(session, load, staff_id=actor.staff_id, at=at, tries=True)
    going_on.go_on(session, load_id, at=at)


def _given(reason: str) -> str:
    if not reason.strip():
        raise NoReason(field="reason")
    return reason.strip()
