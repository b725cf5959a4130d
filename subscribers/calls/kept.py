"""How long calls are kept: with the call go its events, who had it, what was looked up and its wrap-ups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, delete

from subscribers.calls.models import Call, CallEvent, CallLeg, CallUse, Phase, WrapUp
from subscribers.rights.kept import held
from subscribers.rights.retention import Kept


def _calls(before: datetime) -> ColumnElement[bool]:
    of_others = or_(col(Call.customer_id).is_(None), col(Call.customer_id).not_in(held()))
    return (col(Call.rang_at) < before) & (col(Call.phase) == Phase.ENDED) & of_others


def _remove(session: Session, keys: Sequence[Any], _old: ColumnElement[bool], _at: datetime) -> int:
    for table in (CallEvent, CallLeg, CallUse, WrapUp):
        session.exec(delete(table).where(col(table.call_id).in_(keys)))
    session.exec(delete(Call).where(col(Call.id).in_(keys)))
    return len(keys)


KEPT = (Kept("call", "通话和话务小结", "来电时间", 24, 6, col(Call.id), _calls, _remove),)
