"""One's own account: the password, and where one is signed in."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from core import sign_in
from core.sign_in import LONGEST_PASSWORD, WrongPassword
from web.browsers import browser_name
from web.dependencies import CurrentActor, Db, Now, ReadDb, SignedIn
from web.forms import blank, read_form
from web.security import SESSION_COOKIE
from web.templating import render

router = APIRouter()


class NewPassword(BaseModel):
    old_password: str
    new_password: str = Field(max_length=LONGEST_PASSWORD)
    repeated: str


@router.get("/account", name="account")
def account(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    token = request.cookies[SESSION_COOKIE]
    sessions = [
        (held, browser_name(held.browser), sign_in.is_token_of(held, token))
        for held in sign_in.sessions_of(db, actor.staff_id, now)
    ]
    return render(request, "account/page.html", sessions=sessions)


@router.get("/account/password", name="account.password")
def ask_for_password(request: Request, actor: SignedIn) -> Response:
    return render(request, "account/password.html", form=blank(), first=actor.must_change_password)


@router.post("/account/password", name="account.password.change")
def change_password(request: Request, db: Db, actor: SignedIn, now: Now) -> Response:
    form = read_form(request, NewPassword)
    if form.data and form.data.new_password != form.data.repeated:
        form.data, form.errors["repeated"] = None, "两次输入的新密码不一致，请重新输入。"
    token = request.cookies[SESSION_COOKIE]
    try:
        form.carry_out(
            db,
            lambda said: sign_in.change_own_password(
                db, old=said.old_password, new=said.new_password, keep_token=token, actor=actor, at=now
            ),
        )
    except WrongPassword as error:
        sign_in.note_failure(db, actor.login, address="", at=now)
        form.errors["old_password"] = str(error)
    if form.errors:
        return render(
            request, "account/password.html", form.status, form=form, first=actor.must_change_password
        )
    return RedirectResponse("/" if actor.must_change_password else "/account", 303)


@router.post("/account/sessions/{session_id}/end", name="account.session.end")
def end_session(db: Db, session_id: UUID, actor: CurrentActor, now: Now) -> Response:
    sign_in.end_own_session(db, session_id, actor=actor, at=now)
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/end-others", name="account.sessions.end_others")
def end_other_sessions(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    sign_in.end_other_sessions(db, request.cookies[SESSION_COOKIE], actor=actor, at=now)
    return RedirectResponse("/account", 303)
