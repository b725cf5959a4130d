"""What was changed in the lexicon, and taking it back."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import paging
from core.identity import Actor
from core.permissions import Permission
from kb import pinning
from search.lexicon import listing, undoing
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment

HERE = "/lexicon/history"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Nothing(BaseModel):
    """A form of one button."""


@router.get("", name="lexicon.history")
def history(request: Request, db: ReadDb, actor: CurrentActor, now: Now, page: int = 1) -> Response:
    return _show(request, db, blank(), actor, now, page=page)


@router.post("/{number}/undo", name="lexicon.undo")
def undo(request: Request, db: Db, actor: CurrentActor, now: Now, number: int) -> Response:
    form = read_form(request, Nothing)
    form.carry_out(db, lambda _: undoing.undo(db, number, actor=actor, at=now))
    return _show(request, db, form, actor, now) if form.errors else RedirectResponse(HERE, 303)


def _show(
    request: Request, db: Session, form: Form[Nothing], actor: Actor, at: datetime, page: int = 1
) -> Response:
    found = paging.page_of(db, undoing.history(), page)
    changes = undoing.told(db, found.rows)
    wordings = [one for change in changes for move in change.moves for one in (move.before, move.after)]
    keys = [one.key for one in wordings if one and one.key]
    return page_or_fragment(
        request,
        page="lexicon/history.html",
        fragment="lexicon/_history.html",
        status_code=form.status if form.errors else 200,
        changes=found.of(changes),
        pinned=pinning.named(db, keys, actor=actor, at=at),
        counts=listing.counts(db),
        form=form,
    )
