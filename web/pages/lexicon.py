"""The lexicon: its entries by kind, adding, changing and removing them, and what that would move."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import paging, staff
from core.identity import Actor
from core.permissions import Permission
from kb import pinning
from kb.lexicon_effect import Verdict, effect_of
from search.document import DocumentKey
from search.lexicon import changing, listing
from search.lexicon.changing import Move
from search.lexicon.models import Kind
from search.lexicon.wording import wording_of
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.lexicon_typing import DIRECTIONS, HELP, SAID, TypedEntry, form_of, worded
from web.templating import page_or_fragment, render

HERE = "/lexicon"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Removal(BaseModel):
    seen: int = 0


class Wanted(BaseModel):
    """What the address of the list says."""

    kind: Kind = Kind.WORD
    text: str = ""
    page: int = 1


@router.get("", name="lexicon")
def listed(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, wanted: Annotated[Wanted, Query()]
) -> Response:
    found = paging.page_of(db, listing.listed(wanted.kind, wanted.text), wanted.page)
    entries = [(entry, wording_of(entry)) for entry in found.rows]
    keys = [kept.key for _, kept in entries if kept.key]
    return page_or_fragment(
        request,
        page="lexicon/page.html",
        fragment="lexicon/_list.html",
        text=wanted.text,
        counts=listing.counts(db),
        entries=found.of(entries),
        pinned=pinning.named(db, keys, actor=actor, at=now),
        names=staff.names_of(db, {entry.staff_id for entry, _ in entries}),
        articles=[],
        **_form(blank(kind=wanted.kind.value)),
    )


@router.get("/new", name="lexicon.new")
def new(request: Request, kind: Kind = Kind.WORD, term: str = "", meant: str = "") -> Response:
    return _show_form(request, blank(kind=kind.value, said=term[:200], meant=meant[:200]))


@router.get("/articles", name="lexicon.articles")
def articles(request: Request, db: ReadDb, actor: CurrentActor, now: Now, code: str = "") -> Response:
    found = pinning.offered(db, code, actor=actor, at=now)
    return render(request, "lexicon/_articles.html", articles=found, picked="", code=code)


@router.get("/entries/{entry_id}", name="lexicon.entry")
def entry(request: Request, db: ReadDb, actor: CurrentActor, now: Now, entry_id: UUID) -> Response:
    kept = changing.find(db, entry_id)
    keys = [DocumentKey(kept.source, kept.document_id)] if kept.source else []
    return _show_form(request, form_of(kept, pinning.named(db, keys, actor=actor, at=now)))


@router.post("/form", name="lexicon.form")
def again(request: Request) -> Response:
    """Go back to what was typed."""
    form = read_form(request, TypedEntry)
    return _show_form(request, blank(**form.values))


@router.post("/preview", name="lexicon.preview")
def preview(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, TypedEntry)
    move = form.carry_out(db, lambda said: _proposed(db, said))
    if move is None:
        return _show_form(request, form, _offered(db, form, actor, now))
    return _show_effect(request, db, form, move, actor=actor, at=now)


@router.post("/entries", name="lexicon.keep")
def keep(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, TypedEntry)

    def act(said: TypedEntry) -> int:
        new = worded(db, said)
        if said.entry_id is None:
            return changing.add(db, new, actor=actor, at=now)
        return changing.change(db, said.entry_id, new, seen=said.seen, actor=actor, at=now)

    form.carry_out(db, act)
    return _show_form(request, form) if form.errors else _back(form.values)


@router.post("/entries/{entry_id}/removal-preview", name="lexicon.removal_preview")
def preview_removal(request: Request, db: ReadDb, actor: CurrentActor, now: Now, entry_id: UUID) -> Response:
    kept = changing.find(db, entry_id)
    form = blank(kind=kept.kind, entry_id=str(kept.id), seen=str(kept.changed_in))
    return _show_effect(request, db, form, Move(kept.id, wording_of(kept), None), actor=actor, at=now)


@router.post("/entries/{entry_id}/removal", name="lexicon.remove")
def remove(request: Request, db: Db, actor: CurrentActor, now: Now, entry_id: UUID) -> Response:
    kind = changing.find(db, entry_id).kind
    form = read_form(request, Removal)
    form.carry_out(db, lambda said: changing.remove(db, entry_id, seen=said.seen, actor=actor, at=now))
    if form.errors:
        return _show_form(
            request, Form({"kind": kind, "entry_id": str(entry_id)}, form.errors, None, form.status)
        )
    return _back({"kind": kind})


def _proposed(db: Session, said: TypedEntry) -> Move:
    entry = changing.find(db, said.entry_id) if said.entry_id else None
    return changing.propose(db, worded(db, said), entry)


def _offered(db: Session, form: Form[TypedEntry], actor: Actor, at: datetime) -> list[pinning.PinnedArticle]:
    """Without scripts nothing was looked up while the code was typed."""
    return pinning.offered(db, form.values["code"], actor=actor, at=at) if "code" in form.errors else []


def _show_form(
    request: Request, form: Form[Any], articles: list[pinning.PinnedArticle] | None = None
) -> Response:
    return page_or_fragment(
        request,
        page="lexicon/form.html",
        fragment="lexicon/_stage.html",
        status_code=form.status if form.errors else 200,
        articles=articles or [],
        **_form(form),
    )


def _form(form: Form[Any]) -> dict[str, Any]:
    kind = Kind(form.values["kind"]) if form.values.get("kind") in set(Kind) else Kind.WORD
    return {
        "form": form,
        "kind": kind,
        "kinds": list(Kind),
        "directions": DIRECTIONS,
        "help": HELP,
        "said": SAID,
    }


def _show_effect(
    request: Request, db: Session, form: Form[Any], move: Move, *, actor: Actor, at: datetime
) -> Response:
    keys = [one.key for one in (move.before, move.after) if one and one.key]
    return page_or_fragment(
        request,
        page="lexicon/effect.html",
        fragment="lexicon/_effect.html",
        form=form,
        move=move,
        kind=Kind(form.values["kind"]),
        effect=effect_of(db, [move], actor=actor, at=at),
        verdicts=list(Verdict),
        pinned=pinning.named(db, keys, actor=actor, at=at),
    )


def _back(values: dict[str, Any]) -> Response:
    return RedirectResponse(f"{HERE}?{urlencode({'kind': values['kind']})}", 303)
