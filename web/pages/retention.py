"""How long things are kept, the terms of requests, and the days on which the centre does not work."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core import clock, staff, working_days
from core.permissions import Permission
from subscribers.rights import clocks, retention
from subscribers.rights.models import RightsKind
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment

HERE = "/subscribers/retention"
ROUNDS = 6
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_RETENTION)])


class Months(BaseModel):
    months: int


class Days(BaseModel):
    working_days: int


class Holiday(BaseModel):
    first: date
    last: date
    is_working: bool = False
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]


class Round(BaseModel):
    dry: bool = False


@router.get("", name="retention")
def rules(request: Request, db: ReadDb, now: Now) -> Response:
    return _page(request, db, now)


@router.post("/rules/{what}", name="retention.choose")
def choose(request: Request, db: Db, what: str, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Months)
    form.carry_out(db, lambda said: retention.choose(db, what, said.months, actor=actor, at=now))
    return _page(request, db, now, refused={what: form}) if form.errors else _back()


@router.post("/clocks/{kind}", name="retention.clock")
def choose_clock(request: Request, db: Db, kind: RightsKind, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Days)
    form.carry_out(db, lambda said: clocks.choose(db, kind, said.working_days, actor=actor, at=now))
    return _page(request, db, now, refused={kind: form}) if form.errors else _back()


@router.post("/rounds", name="retention.run")
def run(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Round)
    form.carry_out(db, lambda said: retention.ask(db, dry=said.dry, actor=actor, at=now))
    return _back()


@router.post("/days", name="retention.days")
def enter_days(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Holiday)
    form.carry_out(db, lambda said: working_days.enter(db, **said.model_dump(), actor=actor, at=now))
    return _page(request, db, now, refused={"days": form}) if form.errors else _back()


@router.post("/days/{day}/removal", name="retention.day.remove")
def remove_day(db: Db, day: date, actor: CurrentActor, now: Now) -> Response:
    working_days.forget(db, day, actor=actor, at=now)
    return _back()


def _back() -> Response:
    return RedirectResponse(HERE, 303)


def _page(
    request: Request, db: Session, at: datetime, *, refused: dict[str, Form[Any]] | None = None
) -> Response:
    """Show all; a form that was refused stands where it was typed."""
    status = next((form.status for form in (refused or {}).values()), 200)
    runs = retention.latest(db, count=ROUNDS)
    standing = retention.rules(db)
    return page_or_fragment(
        request,
        page="retention/page.html",
        fragment="retention/_rounds.html",
        status_code=status,
        rules=standing,
        labels={rule.kept.what: rule.kept.label for rule in standing},
        clocks=clocks.days_of(db),
        runs=runs,
        waiting=retention.is_waiting(db),
        names=staff.names_of(db, [one.staff_id for one in runs]),
        days=working_days.entered_since(db, clock.day_of(at)),
        refused=refused or {},
        holiday=(refused or {}).get("days", blank()),
    )
