"""What was changed in the lexicon, and taking it back."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import paging
from core.permissions import Permission
from search.lexicon import listing, undoing
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment

HERE = "/lexicon/history"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Nothing(BaseModel):
    """A form of one button."""


@router.get("", name="lexicon.history")
def history(request: Request, db: ReadDb, page: int = 1) -> Response:
    return _show(request, db, blank(), page)


@router.post("/{number}/undo", name="lexicon.undo")
def undo(request: Request, db: Db, actor: CurrentActor, now: Now, number: int) -> Response:
    form = read_form(request, Nothing)
    form.carry_out(db, lambda _: undoing.undo(db, number, actor=actor, at=now))
    return _show(request, db, form) if form.errors else RedirectResponse(HERE, 303)


def _show(request: Request, db: Session, form: Form[Nothing], page: int = 1) -> Response:
    found = paging.page_of(db, undoing.history(), page)
    return page_or_fragment(
        request,
        page="lexicon/history.html",
        fragment="lexicon/_history.html",
        status_code=form.status if form.errors else 200,
        changes=found.of(undoing.told(db, found.rows)),
        counts=listing.counts(db),
        form=form,
    )
