"""Loads go on in the background, as soon as somebody has decided about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from core import jobs
from subscribers.loading.advancing import advance
from subscribers.loading.alone import LoadUnderWay

ADVANCE = "subscribers.go_on"
PAUSE = timedelta(seconds=2)


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(ADVANCE, _run, label="装载用户资料", lane="slow"),)


def go_on(session: Session, load_id: int, *, at: datetime, wait: timedelta = timedelta()) -> None:
    """Have a load take its next steps once this transaction is in and the wait is over."""
    jobs.enqueue(session, ADVANCE, {"load": load_id}, at=at, run_at=at + wait)


def _run(payloads: Sequence[jobs.Payload], at: datetime) -> None:
    for payload in payloads:
        try:
            advance(payload["load"], at=at)
        except LoadUnderWay as error:
            raise jobs.TryLater(PAUSE) from error
