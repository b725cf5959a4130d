"""What an agent does with calls: says whether he is free, takes practice calls, says that a call is over."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission, may
from subscribers.calls import practising, presence, silence
from subscribers.calls.models import Doing, EventKind
from web.call_bar import bar_html, colleagues
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.htmx import toast, wants_fragment
from web.templating import page_or_fragment

router = APIRouter(prefix="/calls", dependencies=[allowed(Permission.TAKE_CALLS)])


class Choice(BaseModel):
    doing: Doing


class Step(BaseModel):
    kind: EventKind
    to: str = ""


class Practice(BaseModel):
    number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)] = ""
    agent: str
    ivr: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


@router.get("/bar", name="calls.bar")
def bar(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    """For a browser without a stream: it asks now and again."""
    if not wants_fragment(request):
        return RedirectResponse("/calls", 303)
    return HTMLResponse(bar_html(request, db, actor, now))


@router.post("/state", name="calls.state")
def choose_state(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Choice)
    form.carry_out(db, lambda said: presence.choose(db, said.doing, actor=actor, at=now))
    return _bar_or_back(request, db, actor, now, form)


@router.post("/{call_id}/step", name="calls.step")
def step(request: Request, db: Db, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    form = read_form(request, Step)
    form.carry_out(db, lambda said: practising.step(db, call_id, said.kind, to=said.to, actor=actor, at=now))
    return _bar_or_back(request, db, actor, now, form)


@router.post("/{call_id}/over", name="calls.over")
def over(request: Request, db: Db, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    silence.end_by_hand(db, call_id, actor=actor, at=now)
    if wants_fragment(request):
        return HTMLResponse(bar_html(request, db, actor, now))
    return RedirectResponse(f"/calls/{call_id}", 303)


def _bar_or_back(request: Request, db: Session, actor: Actor, at: Now, form: Form[Any]) -> Response:
    if not wants_fragment(request):
        return RedirectResponse("/calls", 303)
    response = HTMLResponse(bar_html(request, db, actor, at))
    if form.errors:
        toast(response, next(iter(form.errors.values())), "bad")
    return response


@router.get("/practice", name="calls.practice")
def practice(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    return _practice(request, db, actor, blank(agent=actor.login, number="", ivr=""), now)


@router.post("/practice", name="calls.practice.ring")
def ring(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Practice)
    call = form.carry_out(
        db, lambda said: practising.ring(db, said.number, said.agent, said.ivr, actor=actor, at=now)
    )
    response = _practice(request, db, actor, form, now)
    if call is not None:
        whose = "您" if form.values["agent"] == actor.login else f"工号 {form.values['agent']}"
        toast(response, f"{whose}的话机已开始振铃")
    return response


def _practice(request: Request, db: Session, actor: Actor, form: Form[Practice], at: datetime) -> Response:
    others = colleagues(db, actor, at=at) if may(actor, Permission.SEE_CALLS) else []
    return page_or_fragment(
        request,
        page="calls/practice.html",
        fragment="calls/_practice.html",
        status_code=form.status if form.errors else 200,
        form=form,
        agents=[(actor.login, f"{actor.login} {actor.name}（我）"), *others],
    )
