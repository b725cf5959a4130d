"""Requests of people about their data: the worklist, taking one in, each with what may be done."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core import paging, staff
from core.identity import Actor
from core.permissions import Permission
from subscribers.correcting.listing import said_since
from subscribers.joining import the_person
from subscribers.masking import masked_phone
from subscribers.models import Customer
from subscribers.restrictions import restricted_among
from subscribers.rights import carrying_out, clocks, erasing, moving, person_file, receiving, worklist
from subscribers.rights.models import RightsChannel, RightsKind, RightsRequest, RightsState
from subscribers.rights.receiving import Asking
from subscribers.suppressions import standing_of
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.templating import page_or_fragment, render

HERE = "/subscribers/rights"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.CORRECT_SUBSCRIBERS)])
served_by = [allowed(Permission.SERVE_PERSONAL_RIGHTS)]
F = TypeVar("F", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Wanted(BaseModel):
    """Which requests the list shows."""

    closed: bool = False
    kind: OrAll[RightsKind] = None
    page: int = 1


class Person(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=60)]


class NewRequest(BaseModel):
    customer: int
    kind: RightsKind
    channel: RightsChannel = RightsChannel.CALL
    number: int | None = None
    asked: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]


class Proof(BaseModel):
    proof: Text = ""


class Note(BaseModel):
    note: Text = ""
    agreed: bool = False


class Closing(BaseModel):
    to: RightsState
    reason: Text = ""


class Reason(BaseModel):
    lift_reason: Text = ""


@router.get("", name="rights")
def listing(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, wanted: Annotated[Wanted, Query()]
) -> Response:
    found = paging.page_of(
        db, worklist.listed(actor, is_open=not wanted.closed, kind=wanted.kind), wanted.page
    )
    waiting, late = worklist.counts(db, actor, at=now)
    return page_or_fragment(
        request,
        page="rights/page.html",
        fragment="rights/_list.html",
        found=found.of(worklist.lines(db, found.rows, at=now)),
        names=staff.names_of(db, [row.received_by for row in found.rows]),
        wanted=wanted,
        waiting=waiting,
        late=late,
        kinds=list(RightsKind),
        form=blank(),
    )


@router.get("/new", name="rights.new")
def start(request: Request, db: ReadDb, actor: CurrentActor, now: Now, customer: int) -> Response:
    return _new(request, db, blank(customer=customer), actor, now)


@router.post("/people", name="rights.find")
def find_person(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    """By POST: a certificate number must not stand in an address."""
    form = read_form(request, Person)
    people = worklist.find_people(db, form.data.text, actor=actor, at=now) if form.data else []
    if len(people) == 1:
        return RedirectResponse(f"{HERE}/new?customer={people[0].id}", 303)
    status = form.status if form.errors else 200
    return render(request, "rights/people.html", status, people=people, form=form)


@router.post("", name="rights.receive")
def receive(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, NewRequest)

    def act(said: NewRequest) -> RightsRequest:
        numbers = worklist.numbers_of(db, said.customer, at=now)
        number = numbers.get(said.number, "") if said.number else ""
        asking = Asking(said.kind, said.asked, said.channel, number)
        return receiving.receive(db, said.customer, asking, actor=actor, at=now)

    taken = form.carry_out(db, act)
    if taken is None:
        return _new(request, db, form, actor, now)
    return RedirectResponse(f"{HERE}/{taken.number}", 303)


@router.get("/{number}", name="rights.show")
def show(request: Request, db: ReadDb, number: int, actor: CurrentActor, now: Now) -> Response:
    return _show(request, db, number, actor, now)


@router.post("/{number}/identity", name="rights.verify", dependencies=served_by)
def verify(request: Request, db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Proof) -> None:
        receiving.verify(db, number, proof=said.proof, actor=actor, at=now)

    return _carry_out(request, db, number, Proof, act, actor=actor, at=now)


@router.post("/{number}/done", name="rights.carry_out", dependencies=served_by)
def carry_out(request: Request, db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Note) -> None:
        carrying_out.carry_out(db, number, note=said.note, agreed=said.agreed, actor=actor, at=now)

    return _carry_out(request, db, number, Note, act, actor=actor, at=now)


@router.post("/{number}/closing", name="rights.close", dependencies=served_by)
def close(request: Request, db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Closing) -> None:
        how = receiving.withdraw if said.to is RightsState.WITHDRAWN else receiving.refuse
        how(db, number, reason=said.reason, actor=actor, at=now)

    return _carry_out(request, db, number, Closing, act, actor=actor, at=now)


@router.post("/{number}/lift", name="rights.lift", dependencies=served_by)
def lift(request: Request, db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Reason) -> None:
        carrying_out.lift_restriction(db, number, reason=said.lift_reason, actor=actor, at=now)

    return _carry_out(request, db, number, Reason, act, actor=actor, at=now)


@router.post("/{number}/consent", name="rights.consent", dependencies=served_by)
def consent(request: Request, db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Proof) -> None:
        carrying_out.agree_again(db, number, proof=said.proof, actor=actor, at=now)

    return _carry_out(request, db, number, Proof, act, actor=actor, at=now)


@router.post("/{number}/file", name="rights.file", dependencies=served_by)
def download(db: Db, number: int, actor: CurrentActor, now: Now) -> Response:
    content = person_file.take(db, number, actor=actor, at=now)
    named = f'attachment; filename="QL-{number:05}.zip"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


def _carry_out(  # noqa: PLR0913 - the request and what is done with it
    request: Request,
    db: Session,
    number: int,
    shape: type[F],
    act: Callable[[F], None],
    *,
    actor: Actor,
    at: datetime,
) -> Response:
    """Do it and show the request; a refusal stands on it beside what was typed."""
    form = read_form(request, shape)
    form.carry_out(db, act)
    if not form.errors:
        return RedirectResponse(f"{HERE}/{number}", 303)
    db.expire_all()
    return _show(request, db, number, actor, at, form)


def _new(request: Request, db: Session, form: Form[Any], actor: Actor, at: datetime) -> Response:
    customer = worklist.person(db, int(form.values["customer"]), actor=actor, at=at)
    numbers = worklist.numbers_of(db, customer.id, at=at)
    return render(
        request,
        "rights/new.html",
        form.status if form.errors else 200,
        form=form,
        person=customer,
        numbers=[("", "全部号码"), *((row, masked_phone(number)) for row, number in numbers.items())],
        kinds=[(kind, kind.label) for kind in RightsKind],
        channels=[(channel, channel.label) for channel in RightsChannel],
        days=clocks.days_of(db),
    )


def _show(
    request: Request,
    db: Session,
    number: int,
    actor: Actor,
    at: datetime,
    form: Form[Any] | None = None,
) -> Response:
    asked = worklist.seen(db, number, actor=actor)
    (line,) = worklist.lines(db, [asked], at=at)
    steps = moving.steps_of(db, asked)
    return page_or_fragment(
        request,
        page="rights/request.html",
        fragment="rights/_request.html",
        status_code=form.status if form and form.errors else 200,
        line=line,
        person=worklist.person(db, asked.customer_id, actor=actor, at=at),
        for_number=masked_phone(asked.for_number) if asked.for_number else "",
        channel=RightsChannel(asked.channel),
        steps=[(step, RightsState(step.state)) for step in steps],
        names=staff.names_of(db, [step.staff_id for step in steps]),
        possible=worklist.possible(asked),
        now=at,
        form=form or blank(),
        **_prospects(db, line, at),
    )


def _prospects(db: Session, line: worklist.RequestLine, at: datetime) -> dict[str, Any]:
    """What carrying it out would do, or what it did that can still be taken or taken back."""
    asked = line.request
    would_erase = line.kind is RightsKind.DELETE and line.state is RightsState.VERIFIED
    refused = standing_of(db, the_person(db, asked.customer_id), at=at)
    corrects = line.kind is RightsKind.CORRECT
    return {
        "corrected": said_since(db, asked.customer_id, asked.received_at) if corrects else [],
        "prospect": erasing.prospect(db, asked.customer_id) if would_erase else [],
        "obstacle": erasing.obstacle(db, asked.customer_id) if would_erase else "",
        "file": person_file.file_of(db, asked, at=at),
        "is_hidden": bool(restricted_among(db, [asked.customer_id])),
        "is_refused": any(said.number == asked.for_number for said in refused),
        "is_erased": db.get_one(Customer, asked.customer_id).name == erasing.NAME_OF_THE_ERASED,
    }
