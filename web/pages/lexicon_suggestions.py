"""What the log of queries suggests for the lexicon."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from core.permissions import Permission
from search import mining, understanding
from search.lexicon import listing
from search.lexicon.models import Kind
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import read_form
from web.templating import render

HERE = "/lexicon/suggestions"
MOST_SHOWN = 50
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Unwanted(BaseModel):
    kind: Kind
    said: str
    meant: str = ""


@router.get("", name="lexicon.suggestions")
def suggested(request: Request, db: ReadDb, now: Now) -> Response:
    found = mining.suggestions(db, understanding.current(), at=now)
    return render(
        request,
        "lexicon/suggestions.html",
        suggestions=found[:MOST_SHOWN],
        total=len(found),
        counts=listing.counts(db),
    )


@router.post("/dismissal", name="lexicon.dismiss")
def dismiss(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Unwanted)
    form.carry_out(db, lambda one: mining.dismiss(db, one.kind, one.said, one.meant, actor=actor, at=now))
    return RedirectResponse(HERE, 303)
