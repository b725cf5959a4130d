"""Which value survives, field by field, and how much each counts."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from core.permissions import Permission
from subscribers.correcting import rules
from subscribers.entities import ENTITIES, Survives
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, read_form
from web.htmx import redirect
from web.templating import render

HERE = "/subscribers/rules"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.SETTLE_CORRECTIONS)])


class Chosen(BaseModel):
    survives: Survives
    weight: int


@router.get("", name="field_rules")
def listing(request: Request, db: ReadDb) -> Response:
    return _page(request, db, {})


@router.post("/{entity}/{field}", name="field_rules.choose")
def choose(request: Request, db: Db, entity: str, field: str, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Chosen)
    form.carry_out(
        db,
        lambda said: rules.choose(db, entity, field, said.survives, said.weight, actor=actor, at=now),
    )
    if form.errors:
        return _page(request, db, {(entity, field): form}, form.status)
    return redirect(request, f"{HERE}#rule-{entity}-{field}")


def _page(
    request: Request, db: Session, refused: dict[tuple[str, str], Form[Any]], status: int = 200
) -> Response:
    return render(
        request,
        "subscribers/rules.html",
        status,
        rules=rules.named_rules(db),
        entities=ENTITIES,
        survives=list(Survives),
        heaviest=rules.HEAVIEST,
        refused=refused,
    )
