"""What was done, by whom, and whether the record of it is whole."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from core import audit, clock, paging, staff
from core.permissions import Permission
from web.action_names import GROUPS
from web.dependencies import ReadDb, allowed
from web.forms import OrAll
from web.templating import page_or_fragment

router = APIRouter(prefix="/audit", dependencies=[allowed(Permission.SEE_AUDIT)])


class Wanted(BaseModel):
    """Which entries the list shows."""

    staff: OrAll[UUID] = None
    action: str = Field("", max_length=60)
    subject: str = Field("", max_length=60)
    since: OrAll[date] = None
    page: int = 1


@router.get("", name="audit")
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    found = audit.entries(
        staff_id=wanted.staff,
        action=wanted.action,
        subject_id=wanted.subject,
        since=clock.start_of(wanted.since) if wanted.since else None,
    )
    return page_or_fragment(
        request,
        page="audit/page.html",
        fragment="audit/_list.html",
        entries=paging.page_of(db, found, wanted.page),
        wanted=wanted,
        who=staff.names_of(db, [wanted.staff]).get(wanted.staff, "") if wanted.staff else "",
        groups=GROUPS,
    )


@router.get("/chain", name="audit.chain")
def chain(request: Request, db: ReadDb) -> Response:
    return page_or_fragment(
        request, page="audit/chain.html", fragment="audit/_chain.html", report=audit.verify(db)
    )
