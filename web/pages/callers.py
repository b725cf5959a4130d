"""The left of the desk: finding who calls, showing them, checking that it is them, noting who is unknown."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from core.privacy import masked
from core.scope import Dimension, all_terms
from kb.finding import Wish
from subscribers.cards import NoSuchCustomer
from subscribers.lookup import find
from subscribers.quick_profile import ProfileText, keep_profile
from subscribers.verifying import Contact, Method, verify
from web.asking import Asked, RowId, address
from web.caller_on_desk import Line, left_of_desk, line_in
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, read_form
from web.htmx import wants_fragment
from web.remembering import context_of
from web.templating import page_or_fragment, render

router = APIRouter(prefix="/desk", dependencies=[allowed(Permission.SEE_SUBSCRIBERS)])
WRONG = "与登记的证件号不符，请再核对一次。"


class WhoIsMeant(BaseModel):
    """The fields by which a form says who is on the left."""

    customer: OrAll[RowId] = None
    line: OrAll[RowId] = None
    caller: str = Field("", max_length=40)

    @property
    def meant(self) -> Line:
        return Line(self.customer, self.line, self.caller)


class Attempt(WhoIsMeant):
    customer: RowId
    method: Method
    answer: str = Field("", max_length=20)


class Profile(WhoIsMeant):
    caller: str = Field(max_length=40)
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
    chosen = context_of(request, actor)
    left = left_of_desk(db, actor, line_in(asked), chosen=chosen, at=now)
    wish = Wish(asked.q, left.context or chosen)
    return render(request, "desk/_caller_reply.html", wish=wish, address=address, **left.shown)


@router.get("/callers", name="desk.callers")
def look_up(request: Request, db: ReadDb, now: Now, text: str = Query("", max_length=60)) -> Response:
    if not wants_fragment(request):
        return RedirectResponse(f"/subscribers?{urlencode({'text': text})}", 303)
    found = find(db, text, at=now)
    terms = all_terms(db)
    return render(
        request,
        "desk/_caller_found.html",
        found=found,
        text=masked(text.strip()),
        terms=terms,
        dimensions=Dimension,
    )


@router.post("/verifications", name="desk.verify")
def check(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Attempt)
    passed = form.carry_out(
        db,
        lambda said: verify(db, said.customer, said.method, said.answer, Contact(actor), at=now),
    )
    if passed is False:
        form.errors["answer"] = WRONG
    return _again(request, db, actor, form, now)


@router.post("/profiles", name="desk.profile", dependencies=[allowed(Permission.CORRECT_SUBSCRIBERS)])
def note_unknown(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Profile)
    form.carry_out(db, lambda said: keep_profile(db, said.caller, said.text, actor=actor, at=now))
    return _again(request, db, actor, form, now)


def _again(request: Request, db: Session, actor: Actor, form: Form[Any], at: datetime) -> Response:
    """Show the left as it is after the form, or with what is wrong in it."""
    meant = read_form(request, WhoIsMeant).data
    if meant is None:
        raise NoSuchCustomer
    if not form.errors and not wants_fragment(request):
        return RedirectResponse(f"/desk?{urlencode(meant.meant.fields)}", 303)
    left = left_of_desk(db, actor, meant.meant, chosen=context_of(request, actor), at=at)
    shown = left.shown | ({"form": form} if form.errors else {})
    status = form.status if form.errors else 200
    return page_or_fragment(
        request, page="desk/caller.html", fragment="desk/_caller.html", status_code=status, **shown
    )
