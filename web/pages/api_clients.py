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


@router.get("", name="api_clients")
def listing(request: Request, db: ReadDb) -> Response:
    return _page(request, db, blank())


@router.post("", name="api_clients.add")
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    """Show the secret at once, and never again."""
    form = read_form(request, NewClient)
    made = form.carry_out(
        db, lambda said: api_clients.add(db, name=said.name, scopes=said.scopes, actor=actor, at=now)
    )
    return _page(request, db, form) if made is None else _page(request, db, blank(), made=made)


@router.post("/{client_id}/revoke", name="api_clients.revoke")
def revoke(db: Db, client_id: UUID, actor: CurrentActor, now: Now) -> Response:
    api_clients.revoke(db, client_id, actor=actor, at=now)
    return RedirectResponse("/system/clients", 303)


def _page(
    request: Request,
    db: Session,
    form: Form[NewClient],
    made: tuple[api_clients.ApiClient, str] | None = None,
) -> Response:
    status = form.status if form.errors else 200
    scopes = [(scope.value, scope.label) for scope in ApiScope]
    clients = api_clients.clients(db)
    return render(
        request, "api_clients/page.html", status, clients=clients, form=form, scopes=scopes, made=made
    )
