"""What somebody is told of their calls in the copy of their data: when, which number, and what was noted."""

from collections import defaultdict
from uuid import UUID

from sqlmodel import Session, col, select

from subscribers.calls import codes
from subscribers.calls.models import PRACTICE, Call, Direction, WrapUp
from subscribers.rights.person_copy import Block, local_time

NAME = "calls"
_LABELS = {
    "rang_at": "时间",
    "direction": "方向",
    "number": "对方号码",
    "seconds": "通话秒数",
    "about": "业务分类",
    "note": "话务小结",
}


def calls_of(session: Session, people: list[int]) -> Block:
    """Return the calls that were theirs when they rang; those made for training are nobody's."""
    theirs = select(Call).where(col(Call.customer_id).in_(people), Call.switch != PRACTICE)
    calls = session.exec(theirs.order_by(col(Call.rang_at), col(Call.id))).all()
    written = _written(session, [call.id for call in calls])
    paths = {code.id: code.path for code in codes.tree(session)}
    rows = [
        {
            "rang_at": local_time(call.rang_at),
            "direction": Direction(call.direction).label,
            "number": call.party,
            "seconds": str(call.talked_seconds),
            "about": "；".join(paths[one.code_id] for one in written[call.id] if one.code_id),
            "note": "；".join(one.note for one in written[call.id] if one.note),
        }
        for call in calls
    ]
    return Block(NAME, "通话", _LABELS, rows)


def _written(session: Session, call_ids: list[UUID]) -> dict[UUID, list[WrapUp]]:
    """Return what agents wrote of each call, drafts too: they are held as well."""
    found: dict[UUID, list[WrapUp]] = defaultdict(list)
    theirs = select(WrapUp).where(col(WrapUp.call_id).in_(call_ids)).order_by(col(WrapUp.changed_at))
    for one in session.exec(theirs):
        found[one.call_id].append(one)
    return found
