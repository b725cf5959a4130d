"""The left of the desk: finding who calls, showing them, checking that it is them, noting who is unknown."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from core.privacy import masked
from core.scope import Dimension, all_terms
from kb.finding import Wish
from subscribers.calls.listing import call_seen_by
from subscribers.calls.matching import choose as choose_caller
from subscribers.cards import NoSuchCustomer
from subscribers.lookup import find
from subscribers.quick_profile import ProfileText, keep_profile
from subscribers.verifying import Contact, Method, verify
from web.asking import Asked, RowId, address, sought_in
from web.caller_on_desk import Left, Line, left_of_desk, line_in
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, read_form
from web.htmx import redirect, wants_fragment
from web.remembering import context_of
from web.templating import page_or_fragment, render

router = APIRouter(prefix="/desk", dependencies=[allowed(Permission.SEE_SUBSCRIBERS)])
WRONG = "与登记的证件号不符，请再核对一次。"


class WhoIsMeant(BaseModel):
    """The fields by which a form says who is on the left."""

    customer: OrAll[RowId] = None
    line: OrAll[RowId] = None
    caller: str = Field("", max_length=40)
    call: OrAll[UUID] = None

    @property
    def line_meant(self) -> Line:
        return Line(self.customer, self.line, self.caller, self.call)


class Attempt(WhoIsMeant):
    customer: RowId
    method: Method
    answer: str = Field("", max_length=20)


class Profile(WhoIsMeant):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    region: str = Field("", max_length=32)
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @property
    def text(self) -> ProfileText:
        return ProfileText(self.name, self.region, self.note)


@router.get("/caller", name="desk.caller")
def show(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, asked: Annotated[Asked, Query()]
) -> Response:
    """Show somebody on the left, and let the search be for them. What is typed in the search stays."""
    if not wants_fragment(request):
        return RedirectResponse(f"/desk?{urlencode(line_in(asked).fields)}", 303)
    left = _left(request, db, actor, line_in(asked), now)
    return _swapped(request, left, Wish(asked.q, left.context or context_of(request, actor)))


@router.get("/caller/facts", name="desk.caller.facts")
def facts(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, asked: Annotated[Asked, Query()]
) -> Response:
    """Show anew what is known of them, once something was corrected beside it."""
    line = line_in(asked)
    left = _left(request, db, actor, line, now)
    if not wants_fragment(request) or left.shown["caller"].card is None:
        return redirect(request, f"/desk?{urlencode(line.fields)}")
    return render(request, "desk/_caller_facts_reply.html", **left.shown)


@router.post("/callers", name="desk.callers")
def look_up(request: Request, db: ReadDb, now: Now) -> Response:
    """By POST: what was typed may be a certificate number, which must not stand in an address."""
    sought = sought_in(request)
    found = find(db, sought.text, at=now)
    terms = all_terms(db)
    return render(
        request,
        "desk/_caller_found.html",
        found=found,
        text=masked(sought.text.strip()),
        call=sought.call,
        terms=terms,
        dimensions=Dimension,
    )


@router.post("/verifications", name="desk.verify")
def check(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Attempt)
    passed = form.carry_out(db, lambda said: _verify(db, said, actor, now))
    if passed is False:
        form.errors["answer"] = WRONG
    meant = _meant(request)
    page = f"/subscribers/{meant.customer}"
    if passed and page == urlsplit(request.headers.get("HX-Current-URL", "")).path:
        return redirect(request, page)  # what was hidden beside the column is shown now
    return _again(request, meant, form, _left(request, db, actor, meant, now))


def _verify(db: Session, said: Attempt, actor: Actor, at: datetime) -> bool:
    """Who was shown to be a customer is that customer for this call, whatever its number says."""
    call = call_seen_by(db, said.call, actor)
    contact = Contact(actor, call.id if call else None)
    passed = verify(db, said.customer, said.method, said.answer, contact, at=at)
    if passed and call:
        choose_caller(db, call.id, said.customer, actor=actor, at=at)
    return passed


@router.post("/profiles", name="desk.profile", dependencies=[allowed(Permission.CORRECT_SUBSCRIBERS)])
def note_unknown(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Profile)
    form.carry_out(db, lambda said: _note(db, said, actor, now))
    meant = _meant(request)
    left = _left(request, db, actor, meant, now)
    if form.errors or not wants_fragment(request):
        return _again(request, meant, form, left)
    return _swapped(request, left, Wish("", left.context or context_of(request, actor)))


def _note(db: Session, said: Profile, actor: Actor, at: datetime) -> None:
    """The page of a call names the call alone: its number stays with us."""
    call = call_seen_by(db, said.call, actor)
    keep_profile(db, call.party if call else said.caller, said.text, actor=actor, at=at)


def _meant(request: Request) -> Line:
    meant = read_form(request, WhoIsMeant).data
    if meant is None:
        raise NoSuchCustomer
    return meant.line_meant


def _left(request: Request, db: Session, actor: Actor, meant: Line, at: datetime) -> Left:
    return left_of_desk(db, actor, meant, chosen=context_of(request, actor), at=at)


def _again(request: Request, meant: Line, form: Form[Any], left: Left) -> Response:
    """Show the left as it is after the form, or with what is wrong in it."""
    if not form.errors and not wants_fragment(request):
        return RedirectResponse(f"/desk?{urlencode(meant.fields)}", 303)
    shown = left.shown | ({"caller_form": form} if form.errors else {})
    status = form.status if form.errors else 200
    return page_or_fragment(
        request, page="desk/caller.html", fragment="desk/_caller.html", status_code=status, **shown
    )


def _swapped(request: Request, left: Left, wish: Wish) -> Response:
    """Show the left, and beside it for whom the search is now."""
    return render(request, "desk/_caller_reply.html", wish=wish, address=address, **left.shown)
