"""Signing in, again, and out."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import sign_in
from core.identity import Staff
from core.sign_in import TooManyAttempts, WrongPassword
from subscribers.calls import presence
from web.dependencies import Db, Now, ReadDb
from web.forms import read_form
from web.returning import kept_from, own_path
from web.security import SESSION_COOKIE, forget_session, keep_session
from web.templating import render

router = APIRouter()


class Credentials(BaseModel):
    login: str = ""
    password: str = ""
    next: str = "/"


class PasswordAgain(BaseModel):
    staff_id: UUID
    password: str = ""


@router.get("/sign-in", name="sign_in")
def ask(request: Request, db: ReadDb, now: Now, next: str = "/") -> Response:  # noqa: A002 - its name in the address
    token = request.cookies.get(SESSION_COOKIE, "")
    if sign_in.actor_by_token(db, token, now):
        return RedirectResponse(own_path(next), 303)
    return render(request, "sign_in/page.html", next=own_path(next), kept=None, login="", message="")


@router.post("/sign-in", name="sign_in.open")
def enter(request: Request, db: Db, now: Now) -> Response:
    typed = read_form(request, Credentials).data or Credentials()
    kept, following = kept_from(request.state.posted), own_path(typed.next)
    token, status, message = _try(request, db, typed.login, typed.password, now)
    if token is None:
        shown = {"next": following, "kept": kept, "login": typed.login, "message": message}
        return render(request, "sign_in/page.html", status, **shown)
    if kept:
        response: Response = render(request, "sign_in/resume.html", kept=kept)
    else:
        response = RedirectResponse(following, 303)
    keep_session(response, token)
    return response


@router.post("/sign-in/again", name="sign_in.again")
def enter_again(request: Request, db: Db, now: Now) -> Response:
    """Let the person for whom a page was drawn go on with it; the page then repeats its request."""
    typed = read_form(request, PasswordAgain).data
    staff = db.get(Staff, typed.staff_id) if typed else None
    token, status, message = _try(
        request, db, staff.login if staff else "", typed.password if typed else "", now
    )
    if token is None:
        return render(request, "sign_in/_again.html", status, staff=staff, message=message)
    response = Response(status_code=204)
    keep_session(response, token)
    return response


@router.post("/sign-out", name="sign_out")
def leave(request: Request, db: Db, now: Now) -> Response:
    token = request.cookies.get(SESSION_COOKIE, "")
    actor = sign_in.actor_by_token(db, token, now)
    if actor:
        sign_in.sign_out(db, token, actor=actor, at=now)
        if not sign_in.sessions_of(db, actor.staff_id, now):
            presence.leave(db, actor.staff_id, at=now)
    response = RedirectResponse("/sign-in", 303)
    forget_session(response)
    return response


def _try(
    request: Request, db: Session, login: str, password: str, at: datetime
) -> tuple[str | None, int, str]:
    """Return the token of a new session, or the status and the message of the refusal."""
    address = request.client.host if request.client else ""
    browser = request.headers.get("User-Agent", "")
    try:
        token = sign_in.sign_in(db, login, password, address=address, browser=browser, at=at)
    except TooManyAttempts as error:
        return None, 429, str(error)
    return token, 422, "" if token else WrongPassword.message
