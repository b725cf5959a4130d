"""The keys of other systems: who has one, what it may do, when it was last used."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from core import api_clients
from core.api_clients import ApiScope
from core.permissions import Permission
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import render

router = APIRouter(prefix="/system/clients", dependencies=[allowed(Permission.MANAGE_API_CLIENTS)])


class NewClient(BaseModel):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=api_clients.LONGEST_NAME)]
    scopes: list[ApiScope] = Field(min_length=1)
    sources: str = ""


class Sources(BaseModel):
    sources: str = ""


@router.get("", name="api_clients")
def listing(request: Request, db: ReadDb) -> Response:
    return _page(request, db, blank())


@router.post("", name="api_clients.add")
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    """Show the secret at once, and never again."""
    form = read_form(request, NewClient)
    made = form.carry_out(db, lambda said: api_clients.add(db, **said.model_dump(), actor=actor, at=now))
    return _page(request, db, form) if made is None else _page(request, db, blank(), made=made)


@router.post("/{client_id}/sources", name="api_clients.limit")
def limit(request: Request, db: Db, client_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Sources)
    done = form.carry_out(
        db, lambda said: api_clients.limit(db, client_id, sources=said.sources, actor=actor, at=now)
    )
    if done is None:
        return _page(request, db, blank(), changing=(client_id, form))
    return RedirectResponse("/system/clients", 303)


@router.post("/{client_id}/revoke", name="api_clients.revoke")
def revoke(db: Db, client_id: UUID, actor: CurrentActor, now: Now) -> Response:
    api_clients.revoke(db, client_id, actor=actor, at=now)
    return RedirectResponse("/system/clients", 303)


def _page(
    request: Request,
    db: Session,
    form: Form[NewClient],
    made: tuple[api_clients.ApiClient, str] | None = None,
    changing: tuple[UUID, Form[Sources]] | None = None,
) -> Response:
    """Show all; `changing` is the client whose sources could not be taken, with what was typed."""
    refused = changing[1] if changing else form
    return render(
        request,
        "api_clients/page.html",
        refused.status if refused.errors else 200,
        clients=api_clients.clients(db),
        form=form,
        scopes=[(scope.value, scope.label) for scope in ApiScope],
        sends=ApiScope.SUBSCRIBERS_WRITE,
        made=made,
        changing=changing,
    )
