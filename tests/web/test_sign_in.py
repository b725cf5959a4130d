"""Signing in, being kept out, coming back with what one was doing, and leaving."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import col, select, update

from core import clock
from core.identity import Actor, Staff
from core.sign_in import ATTEMPTS_PER_LOGIN, SignInSession
from tests.people import PASSWORD
from tests.web.browser import HERE, HTMX, Browser, hidden_fields
from tests.web.records import change, rows
from web.rail import screens_for


def _end_all_sessions() -> None:
    change(update(SignInSession).values(expires_at=clock.now() - timedelta(minutes=1)))


def test_the_first_screen_follows_the_right_password(nobody: Browser, admin_wu: Actor) -> None:
    answer = nobody.enter(admin_wu)

    assert answer.headers["Location"] == "/"
    assert nobody.get("/").headers["Location"] == screens_for(admin_wu)[0].path


def test_the_page_that_was_asked_for_follows_the_sign_in(nobody: Browser, admin_wu: Actor) -> None:
    asked = nobody.get("/staff?text=林&page=2").headers["Location"]
    page = nobody.get(asked)
    following = dict(hidden_fields(page.text))["next"]

    assert nobody.enter(admin_wu, next=following).headers["Location"] == following
    assert following == "/staff?text=%E6%9E%97&page=2"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"],
)
def test_nobody_is_sent_to_another_site(nobody: Browser, admin_wu: Actor, elsewhere: str) -> None:
    assert nobody.enter(admin_wu, next=elsewhere).headers["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_login(nobody: Browser, agent_chen: Actor) -> None:
    answer = nobody.enter(agent_chen, "not-it-1")

    assert answer.status_code == 422
    assert "工号或密码不正确" in answer.text
    assert 'value="chen"' in answer.text
    assert "zhida_session" not in nobody.cookies


def test_an_unknown_name_is_answered_like_a_wrong_password(nobody: Browser, agent_chen: Actor) -> None:
    wrong = nobody.submit("/sign-in", {"login": "chen", "password": "no"})
    unknown = nobody.submit("/sign-in", {"login": "chem", "password": "no"})

    assert (unknown.status_code, unknown.text.replace("chem", "chen")) == (wrong.status_code, wrong.text)


def test_too_many_attempts_name_the_minutes_even_for_the_right_password(
    nobody: Browser, agent_chen: Actor
) -> None:
    for _ in range(ATTEMPTS_PER_LOGIN):
        nobody.enter(agent_chen, "not-it-1")

    answer = nobody.enter(agent_chen)

    assert answer.status_code == 429
    assert "分钟后再试" in answer.text


def test_leaving_ends_the_session_on_the_server(chen: Browser) -> None:
    held = chen.cookies["zhida_session"]
    answer = chen.submit("/sign-out")
    chen.cookies.set("zhida_session", held)

    assert answer.headers["Location"] == "/sign-in"
    assert chen.get("/account").status_code == 303
    assert rows(select(SignInSession)) == []


def test_leaving_twice_is_harmless(nobody: Browser) -> None:
    assert nobody.submit("/sign-out").headers["Location"] == "/sign-in"


def test_somebody_disabled_is_out_at_the_next_request(chen: Browser, agent_chen: Actor) -> None:
    assert chen.get("/account").status_code == 200
    change(update(Staff).where(col(Staff.id) == agent_chen.staff_id).values(disabled=True))

    assert chen.get("/account").status_code == 303


def test_after_the_shift_the_same_person_is_asked_where_he_is(chen: Browser) -> None:
    _end_all_sessions()

    dialog = chen.get("/account", headers=HTMX)

    assert dialog.status_code == 401
    assert "chen（陈静）" in dialog.text


def test_the_dialog_lets_the_same_person_go_on(chen: Browser) -> None:
    _end_all_sessions()
    dialog = chen.get("/account", headers=HTMX)
    fields = dict(hidden_fields(dialog.text))

    wrong = chen.post("/sign-in/again", data=fields | {"password": "not-it-1"}, headers=HERE | HTMX)
    right = chen.post("/sign-in/again", data=fields | {"password": PASSWORD}, headers=HERE | HTMX)

    assert (wrong.status_code, right.status_code) == (422, 204)
    assert "chen（陈静）" in wrong.text
    assert chen.get("/account").status_code == 200


def test_a_page_drawn_for_one_person_does_not_act_for_another(
    chen: Browser, agent_chen: Actor, supervisor_he: Actor
) -> None:
    """Two people share a machine; the second signed in in another tab."""
    chen.enter(supervisor_he)

    dialog = chen.get("/account", headers=HTMX | {"X-Staff": str(agent_chen.staff_id)})

    assert dialog.status_code == 401
    assert "chen（陈静）" in dialog.text


def test_a_page_of_nobody_we_know_asks_without_a_name(nobody: Browser) -> None:
    answer = nobody.get("/account", headers=HTMX | {"X-Staff": "' or 1=1"})

    assert answer.status_code == 401
    assert "/sign-in" in answer.text


def test_a_plain_form_sent_too_late_is_not_lost(wu: Browser, admin_wu: Actor, app: FastAPI) -> None:
    token = wu.token()
    _end_all_sessions()
    typed = {"csrf_token": token, "login": "zhou", "name": "周<宁>", "roles": ["agent", "editor"]}

    late = wu.post("/staff", data=typed, headers=HERE)
    kept = hidden_fields(late.text)
    resumed = wu.post("/sign-in", data=_form(kept, login="wu", password=PASSWORD), headers=HERE)
    done = wu.post("/staff", data=_form(hidden_fields(resumed.text)), headers=HERE)

    assert late.status_code == 401
    assert "继续提交" in late.text
    assert 'action="/staff"' in resumed.text
    assert "周&lt;宁&gt;" in done.text
    assert rows(select(Staff.name).where(Staff.login == "zhou"))[0] == "周<宁>"


def test_what_was_typed_also_survives_a_wrong_password(wu: Browser) -> None:
    token = wu.token()
    _end_all_sessions()
    late = wu.post("/staff", data={"csrf_token": token, "login": "zhou"}, headers=HERE)
    kept = hidden_fields(late.text)

    again = wu.post("/sign-in", data=_form(kept, login="wu", password="not-it-1"), headers=HERE)

    assert again.status_code == 422
    assert hidden_fields(again.text) == kept


def test_a_password_is_not_kept(wu: Browser) -> None:
    token = wu.token()
    _end_all_sessions()
    typed = {"csrf_token": token, "old_password": "secret-1", "new_password": "secret-2"}

    late = wu.post("/account/password", data=typed, headers=HERE)

    assert late.status_code == 401
    assert "secret" not in late.text


def test_a_file_sent_too_late_is_named_as_lost(wu: Browser, centre: Path) -> None:
    token = wu.token()
    _end_all_sessions()

    late = wu.post("/staff", data={"csrf_token": token}, files={"file": ("a.txt", b"a")}, headers=HERE)

    assert "附件需要重新选择" in late.text


def _form(fields: list[tuple[str, str]], **more: str) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in [*fields, *more.items()]:
        form.setdefault(name, []).append(value)
    return form
