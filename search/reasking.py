"""After documents changed: which watched queries have to be asked anew."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from core import database, jobs
from search import watched, watching
from search.document import DocumentKey
from search.effect import touched_by
from search.engines.base import EngineUnavailable
from search.sources import introduced

TOUCHED = "search.reask_watched"
UNTIL_ENCODED = timedelta(minutes=1)
MOST_ONE_BY_ONE = 20


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(TOUCHED, _reask, batch=50, label="更新受影响查询的记分", lane="slow"),)


def schedule(keys: Collection[DocumentKey], *, at: datetime) -> None:
    """Look at what these documents touch, once their vectors have had time to be made."""
    changed = [str(key) for key in keys] if len(keys) <= MOST_ONE_BY_ONE else []
    with database.reading() as session:
        if watched.is_empty(session):
            return
    payload, when = {"keys": changed}, at + UNTIL_ENCODED
    with database.unit_of_work() as session:
        jobs.enqueue(session, TOUCHED, payload, at=at, run_at=when, priority=jobs.BACKGROUND)


def schedule_all(*, at: datetime) -> None:
    """Have all of them asked anew, as after a rebuild."""
    with database.unit_of_work() as session:
        watched.forget_scores(session)
        watching.go_on(session, at=at)


def _reask(payloads: Sequence[jobs.Payload], at: datetime) -> None:
    """Few documents are compared with every query; after many, everything is asked anew."""
    keys = {DocumentKey.parse(key) for payload in payloads for key in payload["keys"]}
    are_few = len(keys) <= MOST_ONE_BY_ONE and all(payload["keys"] for payload in payloads)
    try:
        texts = _touched(keys, at) if are_few else None
    except EngineUnavailable as error:
        raise jobs.TryLater(watching.PAUSE) from error
    with database.unit_of_work() as session:
        watched.forget_scores(session, texts)
        watching.go_on(session, at=at)


def _touched(keys: Collection[DocumentKey], at: datetime) -> list[str]:
    texts: dict[str, None] = {}
    with database.reading() as session:
        for key in sorted(keys):
            document = introduced()[key.source].documents(session, [key.id], at).get(key.id)
            if document is not None and document.of_another_day:
                continue  # what is asked of today does not find it
            texts |= dict.fromkeys(touched_by(session, key, document, at=at))
    return list(texts)
