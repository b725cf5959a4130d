"""模拟来电: calls for training, made here instead of by a switch, and taken the same way."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, func, select

from core.errors import Invalid, NotAllowed
from core.identity import Actor, Staff
from core.permissions import Permission, may, require
from subscribers.calls import receiving, wrapping_up
from subscribers.calls.folding import Fact
from subscribers.calls.models import PRACTICE, Call, CallEvent, CallLeg, EventKind, Phase
from subscribers.models import SubscriptionNumber

HOTLINE = "10010"
STEPS = {
    Phase.RINGING: (EventKind.ANSWERED, EventKind.ENDED),
    Phase.TALKING: (EventKind.HELD, EventKind.TRANSFERRED, EventKind.ENDED),
    Phase.HELD: (EventKind.RESUMED, EventKind.TRANSFERRED, EventKind.ENDED),
    Phase.ENDED: (),
}


class NotForPractice(NotAllowed):
    message = "这是真实来电，请在话机上操作。只有模拟来电可以从这里控制。"


class NoSuchColleague(Invalid):
    message = "没有这个工号，请重新选择接听人。"


class NoNumber(Invalid):
    message = "请填写来电号码：5 到 20 位数字。"


class NothingKnown(Invalid):
    message = "资料库里还没有号码，请自己填写一个来电号码。"


def ring(session: Session, number: str, login: str, ivr: str, *, actor: Actor, at: datetime) -> Call:
    """Let a call ring at an agent's desk; an empty number is anybody's of our own subscribers.

    :raises NoNumber: if the number is none
    :raises NoSuchColleague: if nobody has this login
    """
    require(actor, Permission.TAKE_CALLS)
    if login != actor.login and not may(actor, Permission.SEE_CALLS):
        raise NotAllowed("只有班长可以给别人安排模拟来电。")
    caller = "".join(number.split()) or _anybody(session, at)
    if not (caller.isascii() and caller.isdigit() and 5 <= len(caller) <= 20):
        raise NoNumber(field="number")
    _check_colleague(session, login)
    fact = Fact(
        event_id=str(uuid4()),
        kind=EventKind.RINGING,
        at=at,
        agent=login,
        caller=caller,
        called=HOTLINE,
        ivr=ivr,
    )
    return receiving.take(session, PRACTICE, str(uuid4()), fact, at=at).call


def step(
    session: Session, call_id: UUID, kind: EventKind, *, to: str = "", actor: Actor, at: datetime
) -> None:
    """Do with a practice call what one does with a telephone. What is no longer possible is left alone: the
    other browser was faster.

    :raises NotForPractice: if it is a real call
    :raises NotYourCall: if the agent does not have it
    """
    call = session.get(Call, call_id)
    mine = select(CallLeg).where(
        CallLeg.call_id == call_id, CallLeg.staff_id == actor.staff_id, col(CallLeg.left_at).is_(None)
    )
    if call is None or session.exec(mine).first() is None:
        raise wrapping_up.NotYourCall
    if not call.is_practice:
        raise NotForPractice
    if kind not in STEPS[Phase(call.phase)]:
        return
    if kind is EventKind.TRANSFERRED:
        _check_colleague(session, to)
    count = session.exec(select(func.count()).where(CallEvent.call_id == call_id)).one()
    agent = actor.login
    fact = Fact(event_id=str(uuid4()), kind=kind, at=at, sequence=count, agent=agent, to=to)
    receiving.take(session, PRACTICE, call.key, fact, at=at)


def _check_colleague(session: Session, login: str) -> None:
    living = select(Staff.id).where(Staff.login == login, col(Staff.disabled).is_(False))
    if session.exec(living).first() is None:
        raise NoSuchColleague(field="to")


def _anybody(session: Session, at: datetime) -> str:
    """Return a number that somebody has; another one each second, without counting millions of rows."""
    last = session.exec(select(func.max(SubscriptionNumber.id))).one()
    if not last:
        raise NothingKnown(field="number")
    start = 1 + round(at.timestamp() * 1000) % last
    after = select(SubscriptionNumber.number).where(
        col(SubscriptionNumber.id) >= start,
        col(SubscriptionNumber.valid_until).is_(None),
        col(SubscriptionNumber.gone_at).is_(None),
        func.length(SubscriptionNumber.number) >= 5,
    )
    found = session.exec(after.order_by(col(SubscriptionNumber.id)).limit(1)).first()
    if not found:
        raise NothingKnown(field="number")
    return found
