"""Coming back after a sign-in: to the page that was asked for, or with the form that was sent."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from core import database
from core.identity import Staff
from core.sign_in import owner_of
from web.frame import STAFF_HEADER
from web.htmx import wants_fragment
from web.security import CSRF_FIELD, SAFE_METHODS, SESSION_COOKIE
from web.templating import render

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotSignedIn(Exception):
    """Nobody is signed in, or somebody else than the person for whom the page was drawn."""


@dataclass(frozen=True)
class Kept:
    """A form that arrived after the session had ended. It waits in the sign-in page."""

    path: str
    fields: tuple[tuple[str, str], ...]
    lost_files: bool = False


def own_path(path: str) -> str:
    """Return the path if it leads to one of our own pages, else the way home."""
    parts = urlsplit(path)
    elsewhere = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\"))
    return "/" if elsewhere or not path.isprintable() else path


def kept_from(posted: FormData) -> Kept | None:
    """Return the form that travels in the hidden fields of the sign-in page."""
    path = posted.get("kept_path")
    if not isinstance(path, str) or not path:
        return None
    names, values = posted.getlist("kept_name"), posted.getlist("kept_value")
    fields = tuple((str(name), str(value)) for name, value in zip(names, values, strict=False))
    return Kept(own_path(path), fields, bool(posted.get("kept_lost_files")))


def ask_to_sign_in(request: Request, _error: Exception) -> Response:
    """Answer whoever is not signed in: a dialog over the page, or the sign-in page."""
    if wants_fragment(request):
        return render(request, "sign_in/_again.html", 401, staff=_expected(request), message="")
    if request.method in SAFE_METHODS:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here, safe='')}" if here != "/" else "/sign-in", 303)
    kept = _keep(request)
    return render(request, "sign_in/page.html", 401, kept=kept, next=kept.path, login="", message="")


def _expected(request: Request) -> Staff | None:
    """Return for whom the page was drawn, or at least whose session it was."""
    named = request.headers.get(STAFF_HEADER, "")
    with database.reading() as session:
        if _UUID.fullmatch(named):
            return session.get(Staff, UUID(named))
        return owner_of(session, request.cookies.get(SESSION_COOKIE, ""))


def _keep(request: Request) -> Kept:
    posted: FormData = request.state.posted
    pairs = [pair for pair in posted.multi_items() if pair[0] != CSRF_FIELD and "password" not in pair[0]]
    fields = tuple((name, value) for name, value in pairs if isinstance(value, str))
    return Kept(request.url.path, fields, lost_files=len(fields) < len(pairs))
