"""What goes of somebody's calls when a person is erased: that there were calls stays, whose does not."""

from typing import Any

from sqlmodel import col, select

from subscribers.calls.models import Call, CallEvent, CallUse, UseKind, WrapUp
from subscribers.rights.erasing import Fate, Part


def _calls_of(customers: Any) -> Any:
    return select(Call.id).where(col(Call.customer_id).in_(customers))


PARTS = (
    Part(
        "通话的事件",
        Fate.BLANKED,
        CallEvent,
        lambda customers: col(CallEvent.call_id).in_(_calls_of(customers)),
        {"said": {}},
    ),
    Part(
        "通话中的检索",
        Fate.BLANKED,
        CallUse,
        lambda customers: (
            col(CallUse.call_id).in_(_calls_of(customers)) & (col(CallUse.kind) == UseKind.SEARCHED)
        ),
        {"text": ""},
    ),
    Part(
        "话务小结",
        Fate.BLANKED,
        WrapUp,
        lambda customers: col(WrapUp.call_id).in_(_calls_of(customers)),
        {"note": ""},
    ),
    Part(
        "通话",
        Fate.BLANKED,
        Call,
        lambda customers: col(Call.customer_id).in_(customers),
        {"caller": "", "called": ""},
    ),
)
