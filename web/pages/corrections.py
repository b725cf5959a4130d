"""What agents correct of a caller: the form, what stands, and what to ask."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, computed_field
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from core.scope import Dimension, all_terms
from subscribers.correcting import listing, proposing, settling
from subscribers.correcting.listing import Queue
from subscribers.correcting.of_customer import CustomerFields, fields_of
from subscribers.correcting.proposing import TYPED, Evidence, Proposal
from subscribers.restrictions import require_shown
from subscribers.verifying import Contact, require_open
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.htmx import redirect, toast, wants_fragment
from web.templating import page_or_fragment

MOST_CLOSED = 5
router = APIRouter(
    prefix="/subscribers/{customer_id}/corrections", dependencies=[allowed(Permission.CORRECT_SUBSCRIBERS)]
)


class Wanted(BaseModel):
    """Which field the form is open for: `customer:12:address`."""

    field: str = Field("", max_length=120)


class Typed(BaseModel):
    field: str = Field(max_length=120, pattern=r"[a-z]+:[0-9]{1,18}:[a-z_]+")
    proposed: str = Field(max_length=1000)
    evidence: Evidence
    seen: str = Field("", max_length=40)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def proposal(self) -> Proposal:
        entity, row_id, name = self.field.split(":")
        return Proposal(entity, int(row_id), name, self.proposed, self.evidence, self.seen)


class Version(BaseModel):
    version: int


@router.get("", name="corrections")
def panel(
    request: Request,
    db: ReadDb,
    customer_id: int,
    actor: CurrentActor,
    now: Now,
    wanted: Annotated[Wanted, Query()],
) -> Response:
    _require_open(db, customer_id, actor, now)
    return _panel(request, db, customer_id, blank(field=wanted.field), now)


@router.post("", name="corrections.propose")
def propose(request: Request, db: Db, customer_id: int, actor: CurrentActor, now: Now) -> Response:
    _require_open(db, customer_id, actor, now)
    form = read_form(request, Typed)
    form.carry_out(db, lambda said: proposing.propose(db, said.proposal, of=customer_id, actor=actor, at=now))
    if form.errors:
        return _panel(request, db, customer_id, form, now, status=form.status)
    db.flush()
    return _done(request, db, customer_id, now, _outcome(fields_of(db, customer_id), form))


def _outcome(about: CustomerFields, form: Form[Typed]) -> str:
    """Say what people see now: by the rule of the field that may be the source's value still."""
    choice = about.choice(str(form.values.get("field", "")))
    if choice is None or choice.effective.correction is None:
        return "已记下：来源的值是对的"
    if choice.effective.is_corrected:
        return "已更正，其他座席马上能看到"
    return "已记下，会反馈给来源；按规则仍显示来源的值"


@router.post("/{correction_id}/withdrawal", name="corrections.withdraw")
def withdraw(
    request: Request, db: Db, customer_id: int, correction_id: UUID, actor: CurrentActor, now: Now
) -> Response:
    _require_open(db, customer_id, actor, now)
    form = read_form(request, Version)
    form.carry_out(
        db,
        lambda said: settling.withdraw(
            db, correction_id, of=customer_id, version=said.version, actor=actor, at=now
        ),
    )
    if form.errors:
        whole = Form[Any]({"field": ""}, {"": next(iter(form.errors.values()))}, status=form.status)
        return _panel(request, db, customer_id, whole, now, status=form.status)
    db.flush()
    return _done(request, db, customer_id, now, "已撤回")


def _require_open(db: Session, customer_id: int, actor: Actor, at: datetime) -> None:
    """Nobody corrects anybody who may be somebody else, nor whose data may not be used."""
    require_shown(db, customer_id)
    require_open(db, customer_id, Contact(actor), at=at)


def _done(request: Request, db: Session, customer_id: int, now: Now, said: str) -> Response:
    if wants_fragment(request):
        return toast(_panel(request, db, customer_id, blank(field=""), now), said, also="corrected")
    return redirect(request, f"/subscribers/{customer_id}/corrections")


def _panel(
    request: Request, db: Session, customer_id: int, form: Form[Any], now: Now, *, status: int = 200
) -> Response:
    about = fields_of(db, customer_id)
    standing = db.exec(listing.listed(Queue.OPEN, customer_id=customer_id)).all()
    closed = db.exec(listing.listed(Queue.CLOSED, customer_id=customer_id).limit(MOST_CLOSED)).all()
    return page_or_fragment(
        request,
        page="subscribers/corrections.html",
        fragment="subscribers/_corrections.html",
        status_code=status,
        about=about,
        choice=about.choice(str(form.values.get("field", ""))),
        form=form,
        evidence=TYPED,
        terms=all_terms(db),
        regions=Dimension.REGION,
        standing=listing.cards(db, standing),
        closed=listing.cards(db, closed),
        now=now,
    )
