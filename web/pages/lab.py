"""The relevance lab: the golden queries, and adding one."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from core import paging
from core.permissions import Permission
from search import golden_keeping, golden_list, trials
from search.golden_keeping import FROM_USE, Wording, is_held_out_by_lot
from search.golden_list import Show
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.htmx import redirect
from web.templating import page_or_fragment

router = APIRouter(prefix="/lab", dependencies=[allowed(Permission.JUDGE_SEARCH)])
PAGE = 50


class Holding(StrEnum):
    """Whether a new query is kept from tuning: by lot, or as somebody says."""

    LOT = "lot"
    YES = "yes"
    NO = "no"

    @property
    def label(self) -> str:
        return {Holding.LOT: "自动（三条里留一条）", Holding.YES: "保留", Holding.NO: "调优用"}[self]

    def of(self, text: str) -> bool:
        return is_held_out_by_lot(" ".join(text.split())) if self is Holding.LOT else self is Holding.YES


class Wanted(BaseModel):
    """Which golden queries the list shows."""

    text: str = Field("", max_length=60)
    kind: str = Field("", max_length=20)
    show: OrAll[Show] = None
    page: int = 1


class NewGolden(BaseModel):
    text: str = ""
    kind: str = FROM_USE
    holding: Holding = Holding.LOT

    @property
    def wording(self) -> Wording:
        return Wording(self.text, self.kind, self.holding.of(self.text))


@router.get("", name="lab")
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    return _list(request, db, wanted, blank(holding=Holding.LOT))


@router.post("/golden", name="lab.golden.add")
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    """Add one and lead to its page; other pages post a query that somebody asked here."""
    form = read_form(request, NewGolden)
    origin = str(request.state.posted.get("from", ""))[:40]
    added = form.carry_out(
        db, lambda said: golden_keeping.add(db, said.wording, actor=actor, at=now, origin=origin)
    )
    if added is None:
        return _list(request, db, Wanted.model_construct(), form)
    return redirect(request, f"/lab/golden/{added.id}")


def _list(request: Request, db: Session, wanted: Wanted, form: Form[NewGolden]) -> Response:
    latest = trials.latest_in_force(db)
    statement = golden_list.listed(
        latest.id if latest else None, text=wanted.text, kind=wanted.kind, show=wanted.show
    )
    found = paging.page_of(db, statement, wanted.page, size=PAGE)
    return page_or_fragment(
        request,
        page="lab/page.html",
        fragment="lab/_list.html",
        status_code=form.status if form.errors else 200,
        rows=found.of([golden_list.row_from(row) for row in found.rows]),
        wanted=wanted,
        kinds=golden_list.kinds(db),
        shows=list(Show),
        latest=trials.comparison(db, latest.comparison_id) if latest else None,
        form=form,
        holdings=[(holding, holding.label) for holding in Holding],
        tab="golden",
    )
