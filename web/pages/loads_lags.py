"""How old each kind of subscriber data may be before somebody must look."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core.permissions import Permission
from subscribers import as_of
from subscribers.as_of import NoSuchLag
from subscribers.entities import ENTITIES
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank
from web.templating import page_or_fragment

HERE = "/loads/lags"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.RUN_LOADS)])


@router.get("", name="loads.lags")
def show(request: Request, db: ReadDb) -> Response:
    return _show(request, blank(**{name: str(hours) for name, hours in as_of.agreed_hours(db).items()}))


@router.post("", name="loads.lags.agree")
def agree(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    typed = {name: str(request.state.posted.get(name, "")).strip() for name in ENTITIES}
    form: Form[Any] = Form(values=typed)
    hours = {name: int(text) for name, text in typed.items() if text.isascii() and text.isdigit()}
    form.errors |= dict.fromkeys(typed.keys() - hours.keys(), NoSuchLag.message)
    if not form.errors:
        try:
            as_of.agree(db, hours, actor=actor, at=now)
        except NoSuchLag as error:
            form.refuse(error)
    return _show(request, form) if form.errors else RedirectResponse("/loads", 303)


def _show(request: Request, form: Form[Any]) -> Response:
    return page_or_fragment(
        request,
        page="loads/lags.html",
        fragment="loads/_lags.html",
        status_code=form.status if form.errors else 200,
        form=form,
        entities=ENTITIES,
    )
