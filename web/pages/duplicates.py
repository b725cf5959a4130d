"""Customers who may be one person: side by side, made one, told apart, parted again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from core import paging
from core.permissions import Permission
from subscribers import duplicates, joining
from subscribers.correcting.models import DuplicateState
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, read_form
from web.htmx import redirect
from web.templating import render

HERE = "/subscribers/duplicates"
PAIRS_ON_A_PAGE = 10
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.SETTLE_CORRECTIONS)])


class Wanted(BaseModel):
    state: DuplicateState = DuplicateState.WAITING
    keep: OrAll[int] = None
    page: int = 1


class Pair(BaseModel):
    first: int
    second: int


class Kept(Pair):
    """`kept` is one of the two; `take` the fields in which the other one's value is wanted."""

    kept: int
    take: list[str] = Field([], max_length=20)

    @property
    def merged(self) -> int:
        return self.second if self.kept == self.first else self.first


@router.get("", name="duplicates")
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    return _page(request, db, wanted)


@router.post("/merge", name="duplicates.merge")
def merge(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Kept)
    form.carry_out(
        db, lambda said: joining.merge(db, said.kept, said.merged, take=said.take, actor=actor, at=now)
    )
    return _page(request, db, Wanted(), form) if form.errors else redirect(request, HERE)


@router.post("/apart", name="duplicates.apart")
def apart(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Pair)
    form.carry_out(db, lambda said: duplicates.tell_apart(db, said.first, said.second, actor=actor, at=now))
    return _page(request, db, Wanted(), form) if form.errors else redirect(request, HERE)


@router.post("/merges/{merge_id}/undo", name="duplicates.undo")
def undo(request: Request, db: Db, merge_id: UUID, actor: CurrentActor, now: Now) -> Response:
    joining.undo(db, merge_id, actor=actor, at=now)
    return redirect(request, f"{HERE}?state={DuplicateState.MERGED}")


def _page(request: Request, db: Session, wanted: Wanted, form: Form[Any] | None = None) -> Response:
    """Show pairs to judge or judged, or the merges in force. A refusal stands above the list."""
    if wanted.state is DuplicateState.MERGED:
        page = paging.page_of(db, joining.standing(), wanted.page)
        shown = page.of(joining.bonds(db, page.rows))
    else:
        page = paging.page_of(db, duplicates.listed(wanted.state), wanted.page, size=PAIRS_ON_A_PAGE)
        shown = page.of(duplicates.pairs(db, page.rows, keep=wanted.keep))
    return render(
        request,
        "subscribers/duplicates.html",
        form.status if form else 200,
        shown=shown,
        wanted=wanted,
        states=list(DuplicateState),
        waiting=duplicates.waiting(db),
        form=form,
    )
