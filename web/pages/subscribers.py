"""Finding subscribers, one of them whole, and looking at what is masked."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from core.privacy import masked
from core.scope import Dimension, all_terms
from kb.search_context import SearchContext
from subscribers import history
from subscribers.calls.contacts import page_with_calls
from subscribers.joining import everyone
from subscribers.lookup import find
from subscribers.revealing import NothingPersonal, Place, Reason, reveal
from subscribers.verifying import Contact, require_open
from web.asking import RowId, Sought, sought_in
from web.caller_on_desk import Line, left_of_desk
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment

router = APIRouter(prefix="/subscribers", dependencies=[allowed(Permission.SEE_SUBSCRIBERS)])
Customer = Annotated[int, Path(ge=1, lt=2**63)]
may_reveal = [allowed(Permission.REVEAL_PERSONAL)]


class Masked(BaseModel):
    """Which masked field is meant."""

    entity: str = Field(max_length=20)
    row: RowId
    field: str = Field(max_length=20)

    def of(self, customer_id: int) -> Place:
        return Place(customer_id, self.entity, self.row, self.field)


class Asking(Masked):
    reason: Reason
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


@router.get("", name="subscribers")
def listing(request: Request, db: ReadDb, now: Now) -> Response:
    return _listing(request, db, Sought(), now)


@router.post("", name="subscribers.find")
def look_up(request: Request, db: ReadDb, now: Now) -> Response:
    """By POST: what was typed may be a certificate number, which must not stand in an address."""
    return _listing(request, db, sought_in(request), now)


def _listing(request: Request, db: Session, sought: Sought, now: datetime) -> Response:
    return page_or_fragment(
        request,
        page="subscribers/page.html",
        fragment="subscribers/_found.html",
        found=find(db, sought.text, at=now),
        text=masked(sought.text.strip()),
        call=sought.call,
        terms=all_terms(db),
        dimensions=Dimension,
        tab="find",
    )


@router.get("/{customer_id}", name="subscribers.one")
def whole(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, customer_id: Customer, page: int = 1
) -> Response:
    left = left_of_desk(db, actor, Line(customer_id), chosen=SearchContext(), at=now)
    is_open = left.shown["caller"].standing.is_open
    people = everyone(db, customer_id)
    return page_or_fragment(
        request,
        page="subscribers/one.html",
        fragment="subscribers/_events.html",
        events=page_with_calls(db, people, page) if is_open else None,
        facts=history.facts(db, people) if is_open else [],
        bills=history.bills(db, people) if is_open else [],
        payments=history.payments(db, people) if is_open else [],
        numbers=history.numbers(db, people) if is_open else [],
        tab="",
        **left.shown,
    )


@router.get("/{customer_id}/reveal", name="subscribers.reveal.ask", dependencies=may_reveal)
def ask_why(
    request: Request,
    db: ReadDb,
    actor: CurrentActor,
    now: Now,
    customer_id: Customer,
    asked: Annotated[Masked, Query()],
) -> Response:
    """Ask for the reason before anything is shown."""
    require_open(db, customer_id, Contact(actor), at=now)
    return _reveal(request, customer_id, asked, blank(reason="", note=""), "")


@router.post("/{customer_id}/reveal", name="subscribers.reveal", dependencies=may_reveal)
def show_once(request: Request, db: Db, actor: CurrentActor, now: Now, customer_id: Customer) -> Response:
    form = read_form(request, Asking)
    asked = read_form(request, Masked).data
    value = form.carry_out(db, lambda said: _look(db, said, customer_id, actor, now))
    if asked is None:
        raise NothingPersonal
    return _reveal(request, customer_id, asked, form, value or "")


def _look(db: Session, said: Asking, customer_id: int, actor: Actor, at: datetime) -> str:
    contact = Contact(actor)
    return reveal(db, said.of(customer_id), reason=said.reason, note=said.note, contact=contact, at=at)


def _reveal(request: Request, customer_id: int, asked: Masked, form: Form[Any], value: str) -> Response:
    place = asked.of(customer_id)
    return page_or_fragment(
        request,
        page="subscribers/reveal.html",
        fragment="subscribers/_reveal.html",
        status_code=form.status if form.errors else 200,
        place=place,
        label=place.field.label,
        form=form,
        value=value,
        reasons=Reason,
    )
