"""How searching goes: the figures, the queries that did not go well, and the searches behind each."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from core import paging, staff
from core.clock import day_of
from core.identity import Actor
from core.permissions import Permission, may
from kb.reading import cards_for
from kb.search_source import SOURCE
from search.hard_queries import Ending
from search.lexicon.wording import is_term
from search.query_browsing import Wanted, asked, used_of
from search.query_kinds import QueryKind
from search.query_log import can_be_asked_again
from web.analysing import IN_A_FILE, Asked, Table, cells, headings, overview, table_rows, team_names
from web.dependencies import CurrentActor, Now, ReadDb, allowed
from web.forms import OrAll
from web.periods import PRESETS
from web.table_files import table_file
from web.templating import page_or_fragment

router = APIRouter(prefix="/analytics", dependencies=[allowed(Permission.SEE_ANALYTICS)])


class AskedQueries(Asked):
    """Which of the searches are listed one by one."""

    text: str = Field("", max_length=400)
    then: list[Annotated[str, Field(max_length=400)]] = Field([], max_length=100)
    ending: OrAll[Ending] = None
    page: int = 1


@router.get("", name="analytics")
def figures(request: Request, db: ReadDb, now: Now, wanted: Annotated[Asked, Query()]) -> Response:
    today, period = day_of(now), wanted.period(now)
    return page_or_fragment(
        request,
        page="analytics/page.html",
        fragment="analytics/_reply.html",
        seen=overview(db, wanted, at=now),
        wanted=wanted,
        here=wanted.address(),
        period=period,
        presets=[(days, name, period.is_preset(days, today)) for days, name in PRESETS.items()],
        teams=team_names(db),
        kinds=list(QueryKind),
        tables=list(Table),
        whole=can_be_asked_again,
        is_term=is_term,
    )


@router.get("/queries", name="analytics.queries")
def queries(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, wanted: Annotated[AskedQueries, Query()]
) -> Response:
    chosen = Wanted(wanted.text, tuple(wanted.then), wanted.ending)
    found = paging.page_of(db, asked(db, wanted.looked(now), chosen), wanted.page)
    seen_by_name = may(actor, Permission.SEE_STAFF)
    return page_or_fragment(
        request,
        page="analytics/queries.html",
        fragment="analytics/_queries.html",
        found=found,
        used=_used(db, actor, [one.id for one in found.rows], now),
        names=staff.names_of(db, [one.staff_id for one in found.rows]) if seen_by_name else None,
        teams=team_names(db),
        kinds={kind.value: kind.label for kind in QueryKind},
        wanted=wanted,
        here=wanted.address(),
        period=wanted.period(now),
        whole=can_be_asked_again,
        is_term=is_term,
    )


@router.get("/table.csv", name="analytics.file")
def file(db: ReadDb, now: Now, wanted: Annotated[Asked, Query()]) -> Response:
    period = wanted.period(now)
    rows = table_rows(db, wanted, limit=IN_A_FILE, at=now)
    name = f"{wanted.table.label} {period.first} 至 {period.last}"
    return table_file(name, headings(wanted.table), map(cells, rows))


def _used(db: Session, actor: Actor, query_ids: list[UUID], now: datetime) -> dict[UUID, list[Any]]:
    """Return what was used of each search with its card, if this person may read it today."""
    used = used_of(db, query_ids)
    ids = {UUID(one.key.id) for each in used.values() for one in each if one.key.source == SOURCE}
    cards = {str(id_): card for id_, card in cards_for(db, actor, list(ids), at=now).items()}
    return {id_: [(one, cards.get(one.key.id)) for one in each] for id_, each in used.items()}
