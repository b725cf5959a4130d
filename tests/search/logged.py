"""What somebody searched, and what they did with the answer, as the log of the tests has it."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.identity import Actor
from search.document import DocumentKey
from search.hits import Degradation
from search.query_log import Action, Outcome, SettledBy, note_query, note_use
from tests.conftest import MONDAY_MORNING
from tests.search.library import make_query

SOMETHING = str(UUID(int=1))


def log_search(
    session: Session,
    actor: Actor,
    text: str,
    *,
    after: timedelta = timedelta(),
    found: int = 5,
    used: int | None = None,
    took: int = 12,
    degraded: bool = False,
    document: str = SOMETHING,
    of_another_day: bool = False,
    at: datetime = MONDAY_MORNING,
) -> UUID:
    """Log a search; with `used`, what stood at that place was opened."""
    missed = frozenset({Degradation.MEANING_SLOW}) if degraded else frozenset()
    query_id = note_query(
        session,
        replace(make_query(text), of_another_day=of_another_day),
        Outcome(found, took, missed, SettledBy.ENTER),
        staff_id=actor.staff_id,
        team_code=actor.team_code,
        at=at + after,
    )
    if used is not None:
        open_document(session, actor, query_id, used, document=document, at=at + after)
    return query_id


def open_document(
    session: Session,
    actor: Actor,
    query_id: UUID,
    position: int,
    *,
    document: str = SOMETHING,
    at: datetime = MONDAY_MORNING,
) -> None:
    key = DocumentKey("kb", document)
    note_use(session, query_id, key, Action.OPENED, position=position, staff_id=actor.staff_id, at=at)
