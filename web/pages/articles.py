"""One article whole: read, copied from, and judged."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission
from kb import feedback
from kb.answering import answer_in
from kb.answers import Answer, answer_for
from kb.copying import script_to_say
from kb.models import Verdict
from kb.script_filling import blanks, fill
from search.query_log import Action
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.htmx import toast, wants_fragment
from web.noting import Trail, noting_use
from web.templating import page_or_fragment, render

router = APIRouter(prefix="/articles", dependencies=[allowed(Permission.READ_KNOWLEDGE)])

THANKS = {
    Verdict.USEFUL: "已记为有用，谢谢",
    Verdict.USELESS: "已记为没用，编辑会看到",
    Verdict.CORRECTION: "纠错已提交，编辑会处理",
}


class Copying(Trail):
    script: UUID


class Opinion(Trail):
    verdict: Verdict
    comment: str = ""


class NothingChosen(Invalid):
    message = "没有收到要复制的话术或要提交的意见。请刷新页面后重试。"


@router.get("/{code}", name="article")
def article(
    request: Request,
    db: ReadDb,
    actor: CurrentActor,
    now: Now,
    code: str,
    trail: Annotated[Trail, Query()],
) -> Response:
    answer = answer_in(db, actor, code, trail.context(), at=now)
    shown = _context(db, actor, answer, trail, blank())
    response = page_or_fragment(request, page="articles/page.html", fragment="articles/_answer.html", **shown)
    response.background = noting_use(answer.card, Action.OPENED, trail, actor=actor, at=now)
    return response


@router.post("/{code}/copies", name="article.copy")
def copy(request: Request, db: ReadDb, actor: CurrentActor, now: Now, code: str) -> Response:
    """Note that a script was copied; without JavaScript, also show it filled in, to be copied by hand.

    :raises NothingChosen: if the form names no script
    """
    said = read_form(request, Copying).data
    if said is None:
        raise NothingChosen
    answer = answer_in(db, actor, code, said.context(), at=now)
    script = script_to_say(answer, said.script)
    if wants_fragment(request):
        response = Response(status_code=204)
    else:
        values = {name: str(request.state.posted.get(f"blank.{name}", "")) for name in script.blanks}
        text = fill(script.text, values)
        response = render(
            request, "articles/copied.html", answer=answer, trail=said, text=text, unfilled=blanks(text)
        )
    response.background = noting_use(answer.card, Action.COPIED, said, actor=actor, at=now)
    return response


@router.post("/{code}/feedback", name="article.feedback")
def judge(request: Request, db: Db, actor: CurrentActor, now: Now, code: str) -> Response:
    """
    :raises NothingChosen: if the form holds no opinion
    """
    form = read_form(request, Opinion)
    if form.data is None:
        raise NothingChosen
    answer, said = answer_for(db, actor, code, at=now), form.data
    form.carry_out(
        db,
        lambda opinion: feedback.give(
            db,
            answer,
            opinion.verdict,
            comment=opinion.comment,
            search_id=opinion.search,
            actor=actor,
            at=now,
        ),
    )
    if form.errors:
        shown = _context(db, actor, answer, said, form)
        return page_or_fragment(
            request,
            page="articles/page.html",
            fragment="articles/_feedback.html",
            status_code=form.status,
            **shown,
        )
    if not wants_fragment(request):
        return RedirectResponse(f"/articles/{code}#feedback", 303)
    shown = _context(db, actor, answer, said, blank())
    return toast(render(request, "articles/_feedback.html", **shown), THANKS[said.verdict])


def _context(db: Session, actor: Actor, answer: Answer, trail: Trail, form: Form[Any]) -> dict[str, Any]:
    vote = feedback.own_vote(db, answer.card.version_id, actor)
    return {"answer": answer, "vote": vote, "trail": trail, "form": form, "whole": True}
