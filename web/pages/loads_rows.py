"""A row that was put aside, mended in the browser."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from core.errors import Conflict
from core.permissions import Permission
from subscribers.entities import ENTITIES
from subscribers.loading import turning
from subscribers.loading.models import QuarantinedRow
from subscribers.steering import finding, mending
from subscribers.steering.mending import RowStillBad
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import WHOLE, Form, blank
from web.templating import page_or_fragment

HERE = "/loads"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.RUN_LOADS)])


@router.get("/{load_id}/rows/{row_id}", name="loads.row")
def show(request: Request, db: ReadDb, load_id: int, row_id: int) -> Response:
    return _show(request, db, finding.row_of(db, load_id, row_id), blank())


@router.post("/{load_id}/rows/{row_id}", name="loads.row.mend")
def mend(request: Request, db: Db, load_id: int, row_id: int, actor: CurrentActor, now: Now) -> Response:
    row = finding.row_of(db, load_id, row_id)
    typed = {name: str(text) for name, text in request.state.posted.items() if isinstance(text, str)}
    form: Form[Any] = Form(values=typed)
    try:
        mending.mend(db, row, typed, actor=actor, at=now)
    except RowStillBad as bad:
        form.errors |= {**bad.problems, WHOLE: str(bad)}
    except Conflict as error:
        form.refuse(error)
    if form.errors:
        return _show(request, db, row, form)
    return RedirectResponse(f"{HERE}/{load_id}#put-aside", 303)


@router.post("/{load_id}/rows/{row_id}/drop", name="loads.row.drop")
def drop(db: Db, load_id: int, row_id: int, actor: CurrentActor, now: Now) -> Response:
    mending.drop(db, finding.row_of(db, load_id, row_id), actor=actor, at=now)
    return RedirectResponse(f"{HERE}/{load_id}#put-aside", 303)


def _show(request: Request, db: Session, row: QuarantinedRow, form: Form[Any]) -> Response:
    load = turning.find(db, row.load_id)
    return page_or_fragment(
        request,
        page="loads/row.html",
        fragment="loads/_row.html",
        status_code=form.status if form.errors else 200,
        load=load,
        row=row,
        entity=ENTITIES[load.entity],
        mending=mending.opened(load, row),
        is_open=mending.is_open(row),
        form=form,
    )
