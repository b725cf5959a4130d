"""The category tree: add, rename, move, remove."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session

from core.permissions import Permission
from kb import categories, curating
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import render

router = APIRouter(prefix="/knowledge/categories", dependencies=[allowed(Permission.MANAGE_CATEGORIES)])
HERE = "/knowledge/categories"


class CategoryForm(BaseModel):
    name: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    parent_id: UUID | None = None


class Nothing(BaseModel):
    """A form of one button."""


@router.get("", name="categories")
def listing(request: Request, db: ReadDb) -> Response:
    return _page(request, db)


@router.post("", name="categories.add")
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, CategoryForm)
    form.carry_out(
        db,
        lambda said: categories.add_category(db, said.name, parent_id=said.parent_id, actor=actor, at=now),
    )
    return _page(request, db, adding=form) if form.errors else RedirectResponse(HERE, 303)


@router.post("/{category_id}", name="categories.change")
def change(request: Request, db: Db, category_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, CategoryForm)
    form.carry_out(
        db,
        lambda said: categories.change_category(
            db, category_id, name=said.name, parent_id=said.parent_id, actor=actor, at=now
        ),
    )
    return _page(request, db, changing=(category_id, form)) if form.errors else RedirectResponse(HERE, 303)


@router.post("/{category_id}/removal", name="categories.remove")
def remove(request: Request, db: Db, category_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Nothing)
    form.carry_out(db, lambda _: categories.remove_category(db, category_id, actor=actor, at=now))
    return _page(request, db, changing=(category_id, form)) if form.errors else RedirectResponse(HERE, 303)


def _page(
    request: Request,
    db: Session,
    *,
    adding: Form[CategoryForm] | None = None,
    changing: tuple[UUID, Form[CategoryForm] | Form[Nothing]] | None = None,
) -> Response:
    """Show the tree. A form that was refused stands where it was typed."""
    refused = adding or (changing[1] if changing else None)
    tree = categories.tree(db)
    return render(
        request,
        "categories/page.html",
        refused.status if refused else 200,
        tree=tree,
        counts=curating.count_by_category(db),
        parents=[("", "（顶级）"), *((str(node.id), node.path) for node in tree)],
        adding=adding or blank(),
        changing={changing[0]: changing[1]} if changing else {},
    )
