"""What is written down once the answer is on its way: it never slows what was asked, and never breaks it."""

import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.background import BackgroundTask

from core import database
from core.errors import DomainError
from core.identity import Actor
from kb.reading import ArticleCard
from kb.search_context import SearchContext
from kb.search_source import key_of
from search.query import SearchQuery
from search.query_log import Action, NoSuchQuery, Outcome, note_query, note_use
from subscribers.calls import using as on_call
from subscribers.calls.models import UseKind
from web.asking import InContext, chosen_in, fields_of
from web.forms import OrAll

log = logging.getLogger(__name__)


class Trail(InContext):
    """By which search the person came to an article, from which place in its list, and for which caller."""

    search: OrAll[UUID] = None
    place: int = 0

    @property
    def caller(self) -> dict[str, str]:
        """Return for whom, as fields of a form, without those that are empty."""
        return chosen_in(self.context())

    def to(self, code: str, place: int = 0, **changed: str) -> str:
        """Return the address of an article to which this way leads."""
        found = {"search": str(self.search), "place": str(place or self.place)} if self.search else {}
        fields = {name: value for name, value in (found | self.caller | changed).items() if value}
        return f"/articles/{code}?{urlencode(fields)}" if fields else f"/articles/{code}"


def trail_in(context: SearchContext, *, search: UUID | None, place: int) -> Trail:
    return Trail(search=search, place=place, **fields_of(context))


def noting_search(
    search_id: UUID, query: SearchQuery, outcome: Outcome, *, actor: Actor, at: datetime
) -> BackgroundTask:
    def note(session: Session) -> None:
        note_query(
            session,
            query,
            outcome,
            query_id=search_id,
            staff_id=actor.staff_id,
            team_code=actor.team_code,
            at=at,
        )
        on_call.note(session, actor.staff_id, UseKind.SEARCHED, str(search_id), query.text, at=at)

    return BackgroundTask(_write, note)


def noting_use(
    card: ArticleCard, action: Action, trail: Trail, *, actor: Actor, at: datetime
) -> BackgroundTask:
    """Note that an article was opened or copied, for the search and for the call that the person has. An
    address may carry a colleague's search: that counts as a reading of one's own."""

    def note(session: Session) -> None:
        key, who = key_of(card.article_id), actor.staff_id
        try:
            note_use(session, trail.search, key, action, position=trail.place, staff_id=who, at=at)
        except NoSuchQuery:
            note_use(session, None, key, action, position=0, staff_id=who, at=at)
        said = f"{card.code} {card.title}"
        on_call.note(session, who, UseKind(action), card.code, said, at=at)

    return BackgroundTask(_write, note)


def _write(note: Callable[[Session], None]) -> None:
    try:
        with database.unit_of_work() as session:
            note(session)
    except (DomainError, SQLAlchemyError):
        log.exception("a note on the use of the knowledge was lost")
