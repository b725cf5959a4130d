"""The agent's desk: a question on top, what was found on the left, the answer beside it."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from kb.answering import answer_in
from kb.feedback import own_vote
from kb.finding import FoundArticles, find_articles
from kb.starting_points import popular, starting_points
from search.finder import Mode
from search.query_log import Action, Outcome, SettledBy
from web.asking import Asked, address
from web.caller_on_desk import Left, left_of_desk, line_in
from web.dependencies import CurrentActor, Now, ReadDb, allowed
from web.forms import blank
from web.htmx import is_given_up, is_restored, is_settled, wants_fragment
from web.noting import Trail, noting_search, noting_use, trail_in
from web.remembering import context_of, keep_context
from web.templating import render
from web.wording import why

NOBODY_WAITS = 499  # nginx's number for it, in its log; no browser sees it
router = APIRouter(prefix="/desk", dependencies=[allowed(Permission.READ_KNOWLEDGE)])


@router.get("", name="desk")
def desk(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, asked: Annotated[Asked, Query()]
) -> Response:
    if wants_fragment(request) and is_given_up(request):
        return Response(status_code=NOBODY_WAITS)
    began = perf_counter()
    remembered, left = context_of(request, actor), Left()
    if not wants_fragment(request):
        left = left_of_desk(db, actor, line_in(asked), chosen=remembered, at=now)
    wish = asked.wish(left.context or remembered)
    mode = Mode.HYBRID if is_settled(request) else Mode.WORDS
    found = find_articles(db, actor, wish, mode=mode, at=now)
    milliseconds = round((perf_counter() - began) * 1000)
    trail = trail_in(found.context, search=uuid4() if mode is Mode.HYBRID else None, place=1)
    shown = {"found": found, "milliseconds": milliseconds, "trail": trail, "why": why, "popular": []}
    shown |= left.shown | {"address": partial(address, beside=(left.line or line_in(asked)).fields)}
    is_typing = wants_fragment(request) and mode is Mode.WORDS
    response = _show(request, shown | _beside(db, actor, found, now, is_typing=is_typing))
    if not asked.has_caller and replace(wish.context, as_of=None) != remembered:
        keep_context(response, actor, wish.context)
    if trail.search and found.query and not is_restored(request):
        outcome = Outcome(found.total, milliseconds, found.degradations, _settled_by(request))
        response.background = noting_search(trail.search, found.query, outcome, actor=actor, at=now)
    return response


def _beside(
    db: Session, actor: Actor, found: FoundArticles, at: datetime, *, is_typing: bool
) -> dict[str, Any]:
    """Return what stands beside the list: the first answer, or where to begin.

    While somebody types, a glance at the answer is drawn from its row; the whole comes when they pause.
    """
    if not found.was_asked:
        return {"start": starting_points(db, actor, at=at), "answer": None}
    if not found.rows:
        return {"start": None, "answer": None, "popular": popular(db, actor, at=at)}
    if is_typing:
        return {"start": None, "answer": None}
    answer = answer_in(db, actor, found.rows[0].card.code, found.context, at=at)
    return {
        "start": None,
        "answer": answer,
        "vote": own_vote(db, answer.card.version_id, actor),
        "form": blank(),
    }


def _show(request: Request, shown: dict[str, Any]) -> Response:
    return render(request, "desk/_reply.html" if wants_fragment(request) else "desk/page.html", **shown)


def _settled_by(request: Request) -> SettledBy:
    said = request.headers.get("X-Settled", "")
    return SettledBy(said) if said in set(SettledBy) else SettledBy.LINK


@router.get("/answers/{code}", name="desk.answer")
def preview(
    request: Request,
    db: ReadDb,
    actor: CurrentActor,
    now: Now,
    code: str,
    trail: Annotated[Trail, Query()],
) -> Response:
    """Show an answer beside the list. It counts as opened only if the person chose to open it."""
    if not wants_fragment(request):
        return RedirectResponse(request.url.replace(path=f"/articles/{code}"), 303)
    answer = answer_in(db, actor, code, trail.context(), at=now)
    vote = own_vote(db, answer.card.version_id, actor)
    response = render(
        request, "articles/_answer.html", answer=answer, vote=vote, trail=trail, form=blank(), whole=False
    )
    if "X-Opened" in request.headers:
        response.background = noting_use(answer.card, Action.OPENED, trail, actor=actor, at=now)
    return response
