"""The worklist of corrections: what source and agent say against each other, and the files between them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from core import paging
from core.permissions import Permission
from core.settings import settings
from subscribers.correcting import feedback_files, listing, settling
from subscribers.correcting.listing import Queue
from subscribers.correcting.models import Correction
from subscribers.correcting.settling import Decision
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, read_form
from web.htmx import redirect, toast, wants_fragment
from web.templating import page_or_fragment, render

HERE = "/subscribers/conflicts"
router = APIRouter(prefix="/subscribers", dependencies=[allowed(Permission.SETTLE_CORRECTIONS)])


class Wanted(BaseModel):
    queue: Queue = Queue.DECIDE
    page: int = 1


class Decided(BaseModel):
    decision: Decision
    version: int
    note: str = Field("", max_length=settling.LONGEST_NOTE)


@router.get("/conflicts", name="conflicts")
def worklist(request: Request, db: ReadDb, now: Now, wanted: Annotated[Wanted, Query()]) -> Response:
    page = paging.page_of(db, listing.listed(wanted.queue), wanted.page)
    return page_or_fragment(
        request,
        page="subscribers/conflicts.html",
        fragment="subscribers/_conflicts.html",
        corrections=page.of(listing.cards(db, page.rows)),
        wanted=wanted,
        queues=list(Queue),
        counts=listing.counts(db),
        now=now,
    )


@router.post("/conflicts/{correction_id}", name="conflicts.settle")
def settle(request: Request, db: Db, correction_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Decided)
    form.carry_out(
        db,
        lambda said: settling.settle(
            db, correction_id, said.decision, version=said.version, note=said.note, actor=actor, at=now
        ),
    )
    if form.errors or wants_fragment(request):
        return _one(request, db, correction_id, form, now)
    return redirect(request, HERE)


@router.get("/feedback", name="feedback_files")
def files(request: Request, db: ReadDb, page: int = 1) -> Response:
    return render(
        request,
        "subscribers/feedback.html",
        files=paging.page_of(db, listing.files(), page),
        counts=listing.counts(db),
        queues=list(Queue),
        drop=settings().drop,
    )


@router.post("/feedback", name="feedback_files.send")
def send(request: Request, now: Now) -> Response:
    """Write what waits without waiting for the daily job."""
    feedback_files.send(settings().drop, at=now)
    return redirect(request, "/subscribers/feedback")


def _one(request: Request, db: Session, correction_id: UUID, form: Form[Any], now: Now) -> Response:
    """Show one correction, in its place or alone, with what was typed if it was refused."""
    correction = db.get(Correction, correction_id)
    if correction is None:
        raise settling.NoSuchCorrection
    response = page_or_fragment(
        request,
        page="subscribers/conflict.html",
        fragment="subscribers/_conflict_reply.html",
        status_code=form.status if form.errors else 200,
        card=listing.cards(db, [correction])[0],
        form=form if form.errors else None,
        counts=listing.counts(db),
        queues=list(Queue),
        now=now,
    )
    return response if form.errors else toast(response, "已处理")
