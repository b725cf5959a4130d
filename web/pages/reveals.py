"""Who looked at what is masked, and why."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from core import clock, paging, staff
from core.permissions import Permission
from subscribers import revealing
from web.dependencies import CurrentActor, Now, ReadDb, allowed
from web.forms import OrAll
from web.templating import page_or_fragment

router = APIRouter(prefix="/subscribers/reveals", dependencies=[allowed(Permission.SEE_REVEALS)])
SPANS = ((1, "今天"), (7, "近 7 天"), (30, "近 30 天"), (365, "近一年"))


class Wanted(BaseModel):
    """Which of them the list shows."""

    days: int = Field(7, ge=1, le=366)
    staff: OrAll[UUID] = None
    page: int = 1


@router.get("", name="reveals")
def listing(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, wanted: Annotated[Wanted, Query()]
) -> Response:
    since = clock.start_of(clock.day_of(now) - timedelta(days=wanted.days - 1))
    page = paging.page_of(db, revealing.revealed(actor, since=since, staff_id=wanted.staff), wanted.page)
    lines = revealing.lines(db, page.rows)
    counts = revealing.counts_by_staff(db, since=since)
    people = {line.staff_id for line in lines} | {staff_id for staff_id, *_ in counts}
    return page_or_fragment(
        request,
        page="subscribers/reveals.html",
        fragment="subscribers/_reveals.html",
        lines=page.of(lines),
        counts=counts,
        names=staff.names_of(db, list(people)),
        wanted=wanted,
        spans=SPANS,
        tab="reveals",
    )
