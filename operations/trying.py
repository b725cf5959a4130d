"""Running the golden queries through the two configurations of a comparison, as a job."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core import database
from core.errors import NotFound
from core.jobs import Handler, Payload
from kb.finding import FoundArticles
from kb.result_rows import FoundArticle
from kb.search_source import key_of
from operations import judging
from search import trials, understanding
from search.comparing import Answered, Seen
from search.engines.base import EngineUnavailable
from search.golden import Golden, judged_golden
from search.hits import Degradation
from search.query import SearchQuery
from search.trials import Comparison, Trial

log = logging.getLogger(__name__)

AT_ONCE = 10
SHOWN = 10


def handlers() -> tuple[Handler, ...]:
    return (Handler(trials.KIND, _run, label="检索对比", lane="slow"),)


def carry_out(comparison_id: UUID, *, at: datetime) -> None:
    """Ask what was not asked yet, a few queries a transaction: a process that dies loses only those.

    :raises NoSuchComparison: if it was cleared away
    :raises EngineUnavailable: if nobody can search now
    """
    with database.reading() as session:
        waiting = trials.comparison(session, comparison_id)
        sides = list(trials.sides_of(session, comparison_id).values())
        golden = judged_golden(session)
        asked = {side.id: trials.already_asked(session, side.id) for side in sides}
    if waiting.finished_at:
        return
    todo = [(side, one) for one in golden for side in sides if one.id not in asked[side.id]]
    total = len(golden) * len(sides)
    for start in range(0, len(todo), AT_ONCE):
        batch = [(side, *_ask(side, one, at)) for side, one in todo[start : start + AT_ONCE]]
        with database.unit_of_work() as session:
            for side, answered, degraded in batch:
                trials.keep_answer(session, side.id, answered, degraded=degraded)
            done = total - len(todo) + start + len(batch)
            trials.note_progress(session, comparison_id, done=done, total=total)
    with database.unit_of_work() as session:
        finished = trials.comparison(session, comparison_id)
        finished.finished_at, finished.done, finished.total = at, total, total
        session.add(finished)


def _run(payloads: Sequence[Payload], at: datetime) -> None:
    for payload in payloads:
        comparison_id = UUID(payload["comparison"])
        try:
            carry_out(comparison_id, at=at)
        except NotFound as error:
            log.warning("comparison %s: %s", comparison_id, error)
        except EngineUnavailable as error:
            _say(comparison_id, str(error))
            raise


def _say(comparison_id: UUID, error: str) -> None:
    with database.unit_of_work() as session:
        held = session.get(Comparison, comparison_id)
        if held is not None:
            held.error = error
            session.add(held)


def _ask(side: Trial, golden: Golden, at: datetime) -> tuple[Answered, bool]:
    reading = replace(understanding.current(), configuration=side.configuration)
    found = judging.ask(golden.text, reading, at=at)
    if Degradation.ENGINE_UNAVAILABLE in found.degradations:
        raise EngineUnavailable
    return answered(golden, found), bool(found.degradations)


def answered(golden: Golden, found: FoundArticles) -> Answered:
    """Return what was found for a golden query, as a comparison looks at it."""
    return Answered(
        query_id=str(golden.id),
        text=golden.text,
        kind=golden.kind,
        held_out=golden.held_out,
        relevant=frozenset(map(str, golden.relevant)),
        ranked=tuple(map(_seen, found.rows[:SHOWN])),
        read_as=tuple(_read_as(found.query)) if found.query else (),
    )


def _read_as(query: SearchQuery) -> Iterator[str]:
    for reading in query.readings:
        if reading.is_sure:
            yield f"{reading.reason.label} {reading.said}→{reading.meant}"


def _seen(row: FoundArticle) -> Seen:
    card, hit = row.card, row.hit
    return Seen(str(key_of(card.article_id)), card.code, card.title, hit.score, hit.why, hit.parts)
