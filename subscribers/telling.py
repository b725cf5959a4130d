"""What people are told, in the copy of their data, of what agents noted at their numbers (快速建档)."""

from sqlmodel import Session, col, select

from subscribers.forgetting import noted_of
from subscribers.quick_profile import QuickProfile
from subscribers.rights.holdings import these
from subscribers.rights.person_copy import Block, local_time

NAME = "profiles"
_LABELS = {"number": "号码", "name": "称呼", "region": "地区", "note": "备注", "changed_at": "时间"}


def profiles_of(session: Session, people: list[int]) -> Block:
    noted = select(QuickProfile).where(noted_of(these(people))).order_by(col(QuickProfile.number))
    rows = [
        {
            "number": one.number,
            "name": one.name,
            "region": one.region,
            "note": one.note,
            "changed_at": local_time(one.changed_at),
        }
        for one in session.exec(noted)
    ]
    return Block(NAME, "快速建档", _LABELS, rows)
