"""Questions without an answer: reported from the desk, listed for editors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from core import paging
from core.permissions import Permission
from kb import gaps
from kb.models import Kind
from kb.said_context import in_words
from web.asking import InContext
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import OrAll, read_form
from web.htmx import toast, wants_fragment
from web.templating import page_or_fragment, render

router = APIRouter()


class Reported(InContext):
    """What was asked, and all that narrowed the search for it."""

    question: str = ""
    note: str = ""
    kind: OrAll[Kind] = None
    category: OrAll[UUID] = None
    search: OrAll[UUID] = None


class Closing(BaseModel):
    outcome: str = ""


class Wanted(BaseModel):
    closed: bool = False
    page: int = 1


@router.post("/desk/gaps", name="gaps.report", dependencies=[allowed(Permission.READ_KNOWLEDGE)])
def report(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Reported)

    def tell(said: Reported) -> bool:
        context = in_words(db, said.context(), kind=said.kind, category_id=said.category)
        gaps.report(
            db, said.question, note=said.note, context=context, search_id=said.search, actor=actor, at=now
        )
        return True

    if not form.carry_out(db, tell):
        return page_or_fragment(
            request, page="desk/gap.html", fragment="desk/_gap_form.html", status_code=form.status, form=form
        )
    if not wants_fragment(request):
        return RedirectResponse("/desk", 303)
    return toast(render(request, "desk/_gap_told.html"), "已提交，知识编辑会看到")


@router.get("/knowledge/gaps", name="gaps", dependencies=[allowed(Permission.ANSWER_FEEDBACK)])
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    page = paging.page_of(db, gaps.listed(closed=wanted.closed), wanted.page)
    return page_or_fragment(
        request,
        page="knowledge/gaps.html",
        fragment="knowledge/_gaps_list.html",
        found=page.of(gaps.cards(db, page.rows)),
        wanted=wanted,
        waiting=gaps.waiting(db),
    )


@router.post("/knowledge/gaps/{gap_id}/close", dependencies=[allowed(Permission.ANSWER_FEEDBACK)])
def close(request: Request, db: Db, gap_id: UUID, actor: CurrentActor, now: Now) -> Response:
    """A gap that a colleague closed meanwhile is said to be so in its own row."""
    form = read_form(request, Closing)
    form.carry_out(db, lambda said: gaps.close(db, gap_id, said.outcome, actor=actor, at=now))
    if not form.errors and not wants_fragment(request):
        return RedirectResponse("/knowledge/gaps", 303)
    card = gaps.card(db, gap_id)
    response = page_or_fragment(
        request,
        page="knowledge/gap.html",
        fragment="knowledge/_gap_card.html",
        status_code=form.status if form.errors else 200,
        card=card,
        form=form if form.errors else None,
    )
    return response if form.errors else toast(response, "已标记为处理完")
