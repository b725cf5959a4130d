"""话务小结: the strip at the foot of the desk, its drafts, and the tree of codes."""

import secrets
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from subscribers.calls import codes, wrapping_up
from subscribers.calls.models import Call
from subscribers.calls.wrapping_up import Written
from web.call_bar import who_calls
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.htmx import toast, wants_fragment
from web.templating import local_time, render

router = APIRouter(prefix="/calls")
taken_by = [allowed(Permission.TAKE_CALLS)]
kept_by = [allowed(Permission.KEEP_WRAP_UP_CODES)]


class Typed(BaseModel):
    """`window` tells one open strip from another: its own drafts never stand against it."""

    code_id: OrAll[UUID] = None
    note: str = ""
    revision: int = 0
    window: Annotated[str, StringConstraints(max_length=16)] = ""

    @property
    def written(self) -> Written:
        return Written(self.code_id, self.note, self.revision, self.window)


class NewCode(BaseModel):
    name: str
    parent_id: OrAll[UUID] = None


class CodeChange(BaseModel):
    name: str
    retired: bool = False


@router.get("/{call_id}/wrap-up", name="wrap_ups.strip", dependencies=taken_by)
def strip(request: Request, db: ReadDb, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    if not wants_fragment(request):
        return RedirectResponse(f"/calls/{call_id}", 303)
    wrap_up = wrapping_up.wrap_up_of(db, call_id, actor, at=now)
    form = blank(code_id=str(wrap_up.code_id or ""), note=wrap_up.note, revision=wrap_up.revision)
    return _strip(request, db, call_id, form)


@router.post("/{call_id}/wrap-up/draft", name="wrap_ups.draft", dependencies=taken_by)
def keep_draft(request: Request, db: Db, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    form = read_form(request, Typed)
    form.carry_out(db, lambda said: wrapping_up.keep_draft(db, call_id, said.written, actor=actor, at=now))
    return _kept(request, db, actor, now, call_id, form)


@router.post("/{call_id}/wrap-up", name="wrap_ups.save", dependencies=taken_by)
def save(request: Request, db: Db, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    form = read_form(request, Typed)
    saved = form.carry_out(db, lambda said: wrapping_up.save(db, call_id, said.written, actor=actor, at=now))
    if saved is None:
        return _kept(request, db, actor, now, call_id, form)
    if not wants_fragment(request):
        return RedirectResponse(f"/calls/{call_id}", 303)
    return toast(HTMLResponse(""), "小结已保存")


def _kept(
    request: Request, db: Session, actor: Actor, at: datetime, call_id: UUID, form: Form[Typed]
) -> Response:
    """Say beside the strip what became of it; the strip itself stays as it is typed."""
    status = form.status if form.errors else 200
    other = wrapping_up.wrap_up_of(db, call_id, actor, at=at) if status == 409 else None
    shown = {
        "call_id": call_id,
        "message": next(iter(form.errors.values()), f"草稿已存 {local_time(at, '%H:%M:%S')}"),
        "is_wrong": bool(form.errors),
        "other": other,
        "other_code": codes.path_of(db, other.code_id) if other else "",
    }
    if not wants_fragment(request):
        return render(request, "calls/refused.html", status, **shown)
    return render(request, "calls/_kept.html", status, **shown)


def _strip(request: Request, db: Session, call_id: UUID, form: Form[Any]) -> Response:
    call = db.get_one(Call, call_id)
    shown: dict[str, Any] = {
        "who": who_calls(db, call),
        "codes": codes.choices(db),
        "window": secrets.token_hex(4),
    }
    return render(request, "calls/_wrap_up.html", call=call, form=form, **shown)


@router.get("/codes", name="wrap_ups.codes", dependencies=kept_by)
def listed(request: Request, db: ReadDb) -> Response:
    return _codes(request, db, blank())


@router.post("/codes", name="wrap_ups.codes.add", dependencies=kept_by)
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, NewCode)
    form.carry_out(db, lambda said: codes.add(db, said.name, said.parent_id, actor=actor, at=now))
    return _codes(request, db, form) if form.errors else RedirectResponse("/calls/codes", 303)


@router.post("/codes/{code_id}", name="wrap_ups.codes.change", dependencies=kept_by)
def change(request: Request, db: Db, actor: CurrentActor, now: Now, code_id: UUID) -> Response:
    form = read_form(request, CodeChange)
    form.carry_out(
        db,
        lambda said: codes.change(db, code_id, name=said.name, retired=said.retired, actor=actor, at=now),
    )
    if not form.errors:
        return RedirectResponse("/calls/codes", 303)
    return _codes(request, db, blank(), changing=(code_id, form))


def _codes(
    request: Request,
    db: Session,
    form: Form[Any],
    changing: tuple[UUID, Form[CodeChange]] | None = None,
) -> Response:
    refused = changing[1] if changing else form
    tree = codes.tree(db)
    above = [(str(code.id), code.path) for code in tree if code.level < codes.DEEPEST and not code.retired]
    return render(
        request,
        "calls/codes.html",
        refused.status if refused.errors else 200,
        codes=tree,
        parents=[("", "无（第一级）"), *above],
        form=form,
        changing={changing[0]: changing[1]} if changing else {},
    )
