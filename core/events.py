"""News that travels upward: an event becomes one job for each listener, in the transaction that caused it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core import jobs

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class _Listener:
    kind: str
    run: Callable[[dict[str, Any], datetime], None]


_listeners: dict[str, list[_Listener]] = {}


def listen(
    event_type: type, name: str, run: Callable[[dict[str, Any], datetime], None], *, label: str = ""
) -> None:
    """Let `run` be called, at least once, with the fields of each event of this type."""
    kind = f"{event_type.__name__}:{name}"

    def run_each(payloads: Any, at: datetime) -> None:
        for payload in payloads:
            run(payload, at)

    jobs.introduce(jobs.Handler(kind, run_each, label=label))
    listeners = _listeners.setdefault(event_type.__name__, [])
    if all(listener.kind != kind for listener in listeners):
        listeners.append(_Listener(kind, run))


def publish(session: Session, event: "DataclassInstance", *, at: datetime) -> None:
    """Tell every listener; `event` is a frozen dataclass of strings and numbers."""
    for listener in _listeners.get(type(event).__name__, []):
        jobs.enqueue(session, listener.kind, asdict(event), at=at)
