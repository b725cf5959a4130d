"""The code tables: regions, brands, products, channels, tiers."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core import scope
from core.permissions import Permission
from core.scope import Dimension
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import render

router = APIRouter(prefix="/system/scopes", dependencies=[allowed(Permission.MANAGE_SCOPES)])

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class NewTerm(BaseModel):
    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
    name: Name
    parent_code: str | None = None


class TermChange(BaseModel):
    name: Name
    retired: bool = False


@router.get("", name="scopes")
def listing(request: Request, db: ReadDb, dimension: Dimension = Dimension.REGION) -> Response:
    return _page(request, db, dimension)


@router.post("/{dimension}", name="scopes.add")
def add(request: Request, db: Db, dimension: Dimension, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, NewTerm)
    form.carry_out(db, lambda said: scope.add_term(db, dimension, **said.model_dump(), actor=actor, at=now))
    return _page(request, db, dimension, adding=form) if form.errors else _back(dimension)


@router.post("/{dimension}/{code}", name="scopes.change")
def change(
    request: Request, db: Db, dimension: Dimension, code: str, actor: CurrentActor, now: Now
) -> Response:
    form = read_form(request, TermChange)
    form.carry_out(
        db,
        lambda said: scope.change_term(
            db, dimension, code, name=said.name, retired=said.retired, actor=actor, at=now
        ),
    )
    return _page(request, db, dimension, changing=(code, form)) if form.errors else _back(dimension)


def _back(dimension: Dimension) -> Response:
    return RedirectResponse(f"/system/scopes?dimension={dimension}", 303)


def _page(
    request: Request,
    db: Session,
    dimension: Dimension,
    *,
    adding: Form[NewTerm] | None = None,
    changing: tuple[str, Form[TermChange]] | None = None,
) -> Response:
    """Show one table. A form that was refused stands where it was typed: below, or in the row it changes."""
    refused = adding or (changing[1] if changing else None)
    terms = scope.all_terms(db)
    shown = {
        "terms": terms,
        "parents": [("", "无（省级）"), *((term.code, term.name) for term in terms.living(dimension))],
        "dimension": dimension,
        "dimensions": list(Dimension),
        "adding": adding or blank(),
        "changing": {changing[0]: changing[1]} if changing else {},
    }
    return render(request, "scopes/page.html", refused.status if refused else 200, **shown)
