"""Loads of subscriber data: what came, how far it is, what asks for a person, and what may be done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.datastructures import UploadFile

from core import database, paging, staff
from core.errors import Invalid
from core.permissions import Permission
from core.settings import settings
from subscribers.as_of import freshness
from subscribers.entities import ENTITIES
from subscribers.loading import foreseeing, reconciling, turning, wishing
from subscribers.loading.models import Load, LoadState, Via
from subscribers.steering import deciding, finding, mending, redriving, undoing
from subscribers.steering.attention import attention
from subscribers.steering.uploading import Upload, receive_pair
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.load_wording import STEPS
from web.templating import page_or_fragment

HERE = "/loads"
WISHES_SHOWN = wishing.BEFORE_MERGING | {LoadState.HELD}
FIRST = 10  # of a long list, on the page of the load
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.RUN_LOADS)])
F = TypeVar("F", bound=BaseModel)


class Wanted(BaseModel):
    entity: str = ""
    state: OrAll[LoadState] = None
    via: OrAll[Via] = None
    page: int = 1


class Uploaded(BaseModel):
    tries: str = ""


class Reason(BaseModel):
    reason: str = Field(max_length=200)


class Nothing(BaseModel):
    """A form of one button."""


@dataclass(frozen=True)
class Acts:
    """What a person may do about a load as it stands."""

    release: bool
    hold: bool
    reject: bool
    undo: bool
    try_out: bool


def acts_for(load: Load, at: datetime) -> Acts:
    return Acts(
        release=load.state == LoadState.HELD,
        hold=load.state in deciding.HOLDABLE,
        reject=deciding.may_reject(load),
        undo=undoing.is_undoable(load, at=at),
        try_out=deciding.may_try(load),
    )


@router.get("", name="loads")
def listing(request: Request, db: ReadDb, now: Now, wanted: Annotated[Wanted, Query()]) -> Response:
    return _list(request, db, blank(), wanted, at=now)


@router.post("", name="loads.upload")
def upload(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Uploaded)
    tries = bool(form.values["tries"])
    try:
        load = receive_pair(_sent(request, "dat"), _sent(request, "chk"), staff_id=actor.staff_id, at=now)
    except Invalid as error:
        form.refuse(error)
        return _list(request, db, form, Wanted(), at=now)
    with database.unit_of_work() as session:
        deciding.begin(session, load, tries=tries, actor=actor, at=now)
    return RedirectResponse(f"{HERE}/{load.id}", 303)


def _sent(request: Request, name: str) -> Upload | None:
    sent = request.state.posted.get(name)
    return Upload(sent.filename or "", sent.file) if isinstance(sent, UploadFile) else None


@router.get("/{load_id}", name="loads.load")
def show(request: Request, db: ReadDb, load_id: int, now: Now, page: int = 1) -> Response:
    return _show(request, db, turning.find(db, load_id), blank(), page=page, at=now)


@router.post("/{load_id}/release", name="loads.release")
def release(request: Request, db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    return _carry_out(
        request, db, load_id, Nothing, lambda _: deciding.release(db, load_id, actor=actor, at=now), now
    )


@router.post("/{load_id}/hold", name="loads.hold")
def hold(request: Request, db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Reason) -> None:
        deciding.hold(db, load_id, said.reason, actor=actor, at=now)

    return _carry_out(request, db, load_id, Reason, act, now)


@router.post("/{load_id}/reject", name="loads.reject")
def reject(request: Request, db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    def act(said: Reason) -> None:
        deciding.reject(db, load_id, said.reason, actor=actor, at=now)

    return _carry_out(request, db, load_id, Reason, act, now)


@router.post("/{load_id}/try", name="loads.try")
def try_out(request: Request, db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    return _carry_out(
        request, db, load_id, Nothing, lambda _: deciding.try_out(db, load_id, actor=actor, at=now), now
    )


@router.post("/{load_id}/undo", name="loads.undo")
def undo(request: Request, db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    return _carry_out(
        request, db, load_id, Nothing, lambda _: undoing.ask(db, load_id, actor=actor, at=now), now
    )


@router.post("/{load_id}/redrive", name="loads.redrive")
def redrive(db: Db, load_id: int, actor: CurrentActor, now: Now) -> Response:
    again = redriving.redrive(db, turning.find(db, load_id), actor=actor, at=now)
    return RedirectResponse(f"{HERE}/{again}", 303)


@router.get("/{load_id}/differences", name="loads.differences")
def differences(request: Request, db: ReadDb, load_id: int, page: int = 1) -> Response:
    return page_or_fragment(
        request,
        page="loads/differences.html",
        fragment="loads/_differences.html",
        load=turning.find(db, load_id),
        differing=paging.page_of(db, reconciling.listed(load_id), page),
    )


@router.get("/{load_id}/kept", name="loads.kept")
def kept(request: Request, db: ReadDb, load_id: int, page: int = 1) -> Response:
    return page_or_fragment(
        request,
        page="loads/kept.html",
        fragment="loads/_kept_rows.html",
        load=turning.find(db, load_id),
        kept=paging.page_of(db, undoing.kept_rows(load_id), page),
    )


def _carry_out(
    request: Request, db: Session, load_id: int, shape: type[F], act: Callable[[F], Any], at: datetime
) -> Response:
    """Do it and show the load; a refusal stands on it, and the reason as it was typed."""
    form = read_form(request, shape)
    form.carry_out(db, act)
    if not form.errors:
        return RedirectResponse(f"{HERE}/{load_id}", 303)
    return _show(request, db, turning.find(db, load_id), form, at=at)


def _list(request: Request, db: Session, form: Form[Any], wanted: Wanted, *, at: datetime) -> Response:
    known = freshness(db)
    chosen = finding.listed(entity=wanted.entity, state=wanted.state, via=wanted.via)
    return page_or_fragment(
        request,
        page="loads/page.html",
        fragment="loads/_overview.html",
        status_code=form.status if form.errors else 200,
        known=known,
        matters=attention(db, known, at=at),
        loads=paging.page_of(db, chosen, wanted.page),
        entities=ENTITIES,
        states=list(LoadState),
        ways=list(Via),
        wanted=wanted,
        form=form,
        limit=settings().upload_limit_mb,
        now=at,
    )


def _show(
    request: Request, db: Session, load: Load, form: Form[Any], *, at: datetime, page: int = 1
) -> Response:
    load_id = turning.id_of(load)
    return page_or_fragment(
        request,
        page="loads/load.html",
        fragment="loads/_load.html",
        status_code=form.status if form.errors else 200,
        load=load,
        steps=STEPS,
        entity=ENTITIES[load.entity],
        form=form,
        may=acts_for(load, at),
        undoing=undoing.progress(db, load_id),
        wish=wishing.wished(db, load_id) if load.state in WISHES_SHOWN else None,
        kept=paging.page_of(db, undoing.kept_rows(load_id), 1, size=FIRST),
        reconciliation=reconciling.latest_of(db, load_id),
        differing=paging.page_of(db, reconciling.listed(load_id), 1, size=FIRST),
        forecast=foreseeing.latest_of(db, load_id),
        aside=paging.page_of(db, finding.put_aside(load_id), page),
        mended=mending.mended_count(db, load_id),
        names=staff.names_of(db, [load.staff_id] if load.staff_id else []),
    )
