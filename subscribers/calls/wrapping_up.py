"""话务小结: what an agent writes of a call, kept as a draft while it is typed, then saved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from core import news
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from subscribers.calls import codes, current, presence
from subscribers.calls.models import CallLeg, Doing, WrapUp

LONGEST_NOTE = 500


class NotYourCall(NotFound):
    message = "没有找到这通电话，或者它不是您接听的。"


class WrittenElsewhere(Conflict):
    message = "这条小结刚在另一个窗口改过。您写的还在，请核对；再保存一次就以这里为准。"


class NotToBeChosen(Invalid):
    message = "这个业务分类已停用，或下面还有细分，不能选用。请重新选择。"


@dataclass(frozen=True)
class Written:
    """What stands in the boxes, on which revision it was written, and in which open window."""

    code_id: UUID | None
    note: str
    revision: int
    window: str = ""


def wrap_up_of(session: Session, call_id: UUID, actor: Actor, *, at: datetime) -> WrapUp:
    """Return the agent's own, a blank one that is not stored yet if nothing was written.

    :raises NotYourCall: if the agent did not have this call
    """
    return _stored(session, call_id, actor) or WrapUp(
        call_id=call_id, staff_id=_mine(session, call_id, actor), changed_at=at
    )


def keep_draft(session: Session, call_id: UUID, written: Written, *, actor: Actor, at: datetime) -> WrapUp:
    """
    :raises NotYourCall: if the agent did not have this call
    :raises WrittenElsewhere: if somebody, in another browser, wrote since
    :raises Invalid: if the note is too long
    :raises NotToBeChosen: if the code is retired or has others below it
    """
    return _write(session, call_id, written, actor=actor, at=at)


def save(session: Session, call_id: UUID, written: Written, *, actor: Actor, at: datetime) -> WrapUp:
    """Save it, and be idle again if the call is over.

    :raises Invalid: without a code, or if the note is too long
    :raises NotToBeChosen: if the code is retired or has others below it
    :raises WrittenElsewhere: if somebody, in another browser, wrote something else since
    """
    if written.code_id is None:
        raise Invalid("请选择业务分类。", field="code_id")
    wrap_up = _write(session, call_id, written, actor=actor, at=at)
    if wrap_up.saved_at is None:  # what was retired after it was saved stays
        _check_code(session, wrap_up.code_id)
        wrap_up.saved_at = at
    session.add(wrap_up)
    session.flush()
    doing = presence.now_of(session, actor.staff_id)
    if (
        doing is not None
        and doing.state == Doing.WRAPPING
        and not current.unwritten(session, actor.staff_id, at=at)
    ):
        presence.change(session, actor.staff_id, Doing.IDLE, at=at)
    return wrap_up


def _write(session: Session, call_id: UUID, written: Written, *, actor: Actor, at: datetime) -> WrapUp:
    note = written.note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"备注最多 {LONGEST_NOTE} 字，请缩短。", field="note")
    _mine(session, call_id, actor, lock=True)
    wrap_up = wrap_up_of(session, call_id, actor, at=at)
    if written.code_id != wrap_up.code_id:
        _check_code(session, written.code_id)
    same = (wrap_up.code_id, wrap_up.note) == (written.code_id, note)
    is_own = bool(written.window) and wrap_up.written_in == written.window
    if wrap_up.revision != written.revision and not same and not is_own:
        raise WrittenElsewhere
    if not same:
        wrap_up.written_in = written.window
        wrap_up.code_id, wrap_up.note = written.code_id, note
        wrap_up.revision += 1
        wrap_up.changed_at = at
    session.add(wrap_up)
    session.flush()
    news.tell(session, [actor.staff_id])
    return wrap_up


def _check_code(session: Session, code_id: UUID | None) -> None:
    if code_id and all(one.id != code_id for one in codes.choices(session)):
        raise NotToBeChosen(field="code_id")


def _stored(session: Session, call_id: UUID, actor: Actor) -> WrapUp | None:
    return session.exec(
        select(WrapUp).where(WrapUp.call_id == call_id, WrapUp.staff_id == actor.staff_id)
    ).first()


def _mine(session: Session, call_id: UUID, actor: Actor, *, lock: bool = False) -> UUID:
    mine = select(CallLeg.staff_id).where(CallLeg.call_id == call_id, CallLeg.staff_id == actor.staff_id)
    staff_id = session.exec(mine.with_for_update() if lock else mine).first()
    if staff_id is None:
        raise NotYourCall
    return staff_id
