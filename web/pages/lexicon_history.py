"""What was changed in the lexicon, and taking it back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import paging
from core.identity import Actor
from core.permissions import Permission
from kb import pinning
from kb.lexicon_effect import MOST_MOVES, Verdict, effect_of
from search.document import DocumentKey
from search.lexicon import listing, undoing
from search.lexicon.changing import Move
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment, render

HERE = "/lexicon/history"
MOST_NAMED = 20
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Nothing(BaseModel):
    """A form of one button."""


@router.get("", name="lexicon.history")
def history(request: Request, db: ReadDb, actor: CurrentActor, now: Now, page: int = 1) -> Response:
    return _show(request, db, blank(), actor, now, page=page)


@router.get("/{number}/undo", name="lexicon.undo_preview")
def preview(request: Request, db: ReadDb, actor: CurrentActor, now: Now, number: int) -> Response:
    """Show what undoing it would move, before anything is done."""
    form: Form[Nothing] = Form(data=Nothing())
    moves = form.carry_out(db, lambda _: undoing.moves_back(db, number, actor=actor))
    if moves is None:
        return _show(request, db, form, actor, now)
    named = moves[:MOST_NAMED]
    return render(
        request,
        "lexicon/undo.html",
        number=number,
        count=len(moves),
        moves=named,
        most=MOST_MOVES,
        pinned=_pinned(db, named, actor, now),
        effect=effect_of(db, moves, actor=actor, at=now) if len(moves) <= MOST_MOVES else None,
        verdicts=list(Verdict),
    )


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
    return page_or_fragment(
        request,
        page="lexicon/history.html",
        fragment="lexicon/_history.html",
        status_code=form.status if form.errors else 200,
        changes=found.of(changes),
        pinned=_pinned(db, [move for change in changes for move in change.moves], actor, at),
        counts=listing.counts(db),
        form=form,
    )


def _pinned(
    db: Session, moves: Sequence[Move], actor: Actor, at: datetime
) -> Mapping[DocumentKey, pinning.PinnedArticle]:
    wordings = [one for move in moves for one in (move.before, move.after)]
    return pinning.named(db, [one.key for one in wordings if one and one.key], actor=actor, at=at)
