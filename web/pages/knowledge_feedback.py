"""What agents say of answers, for editors to act on."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from core import paging
from core.permissions import Permission
from kb import editing, feedback
from kb.models import Feedback, Verdict
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, read_form
from web.htmx import toast, wants_fragment
from web.templating import page_or_fragment

router = APIRouter(prefix="/knowledge/feedback", dependencies=[allowed(Permission.ANSWER_FEEDBACK)])


class Wanted(BaseModel):
    """Which feedback the list shows; praise is shown only when it is asked for."""

    answered: bool = False
    verdict: OrAll[Verdict] = None
    article: str = Field("", max_length=20)
    page: int = 1

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return (self.verdict,) if self.verdict else feedback.COMPLAINTS


class Reply(BaseModel):
    """What was done about it, and the article to which the list was narrowed."""

    text: str = ""
    article: str = Field("", max_length=20)


@router.get("", name="feedback")
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    article_id = _article_id(db, wanted.article)
    found = feedback.listed(answered=wanted.answered, verdicts=wanted.verdicts, article_id=article_id)
    page = paging.page_of(db, found, wanted.page)
    return page_or_fragment(
        request,
        page="knowledge/feedback.html",
        fragment="knowledge/_feedback_list.html",
        feedback=page.of(feedback.cards(db, page.rows)),
        wanted=wanted,
        verdicts=list(Verdict),
        waiting=feedback.awaiting(db, article_id),
    )


@router.post("/{feedback_id}/reply", name="feedback.reply")
def reply(request: Request, db: Db, feedback_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Reply)
    form.carry_out(db, lambda said: feedback.reply(db, feedback_id, said.text, actor=actor, at=now))
    only = str(form.values["article"])
    if form.errors or wants_fragment(request):
        return _one(request, db, feedback_id, form, only)
    return RedirectResponse(f"{router.prefix}?{urlencode({'article': only})}", 303)


def _one(request: Request, db: Session, feedback_id: UUID, form: Form[Any], only: str) -> Response:
    """Show one piece of feedback, alone or in its place, with what was typed if it was refused."""
    response = page_or_fragment(
        request,
        page="knowledge/feedback_reply.html",
        fragment="knowledge/_feedback_reply.html",
        status_code=form.status if form.errors else 200,
        card=feedback.cards(db, [db.get_one(Feedback, feedback_id)])[0],
        form=form if form.errors else None,
        only=only,
        waiting=feedback.awaiting(db, _article_id(db, only)),
    )
    return response if form.errors else toast(response, "已回复并标为已处理")


def _article_id(db: Session, code: str) -> UUID | None:
    return editing.article_by_code(db, code).id if code else None
