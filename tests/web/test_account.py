"""One's own account."""

from typing import Any

from fastapi import FastAPI
from sqlmodel import col, select, update

from core.identity import Actor, Staff
from core.sign_in import SignInSession
from tests.people import PASSWORD
from tests.web.browser import HTMX, Browser
from tests.web.records import change, rows

NEW = "a-new-one-2026"


def _change(browser: Browser, old: str = PASSWORD, new: str = NEW, repeated: str = NEW) -> Any:
    return browser.submit(
        "/account/password", {"old_password": old, "new_password": new, "repeated": repeated}
    )


def test_the_new_password_opens_and_the_old_one_no_longer(chen: Browser, agent_chen: Actor) -> None:
    assert _change(chen).status_code == 303
    chen.submit("/sign-out")

    assert chen.enter(agent_chen, PASSWORD).status_code == 422
    assert chen.enter(agent_chen, NEW).status_code == 303


def test_changing_the_password_ends_the_other_sessions(
    app: FastAPI, chen: Browser, agent_chen: Actor
) -> None:
    elsewhere = Browser(app)
    elsewhere.enter(agent_chen)

    _change(chen)

    assert chen.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303


def test_each_mistake_is_said_beside_its_field(chen: Browser) -> None:
    wrong_old = _change(chen, old="not-it-1")
    weak = _change(chen, new="short", repeated="short")
    unequal = _change(chen, repeated="something-else-1")

    assert "原密码不正确" in wrong_old.text
    assert 'id="e-old_password"' in wrong_old.text
    assert 'id="e-new_password">密码至少 8 位' in weak.text
    assert 'id="e-repeated">两次输入的新密码不一致' in unequal.text
    assert {answer.status_code for answer in (wrong_old, weak, unequal)} == {422}


def test_no_password_is_ever_sent_back(chen: Browser) -> None:
    answer = _change(chen, old="secret-old-1", new="secret-new-1", repeated="secret-new-2")

    assert "secret-" not in answer.text


def test_the_devices_are_listed_and_can_be_ended(app: FastAPI, chen: Browser, agent_chen: Actor) -> None:
    elsewhere = Browser(app)
    elsewhere.enter(agent_chen)
    page = chen.get("/account").text
    other = rows(select(SignInSession).order_by(col(SignInSession.created_at).desc()))[0]

    assert page.count("Chrome 156 · Windows") == 2
    assert page.count("本机") == 1
    chen.submit(f"/account/sessions/{other.id}/end")
    assert elsewhere.get("/account").status_code == 303
    assert chen.get("/account").status_code == 200


def test_all_other_devices_can_be_ended_at_once(app: FastAPI, chen: Browser, agent_chen: Actor) -> None:
    others = [Browser(app), Browser(app)]
    for other in others:
        other.enter(agent_chen)

    chen.submit("/account/sessions/end-others")

    assert [other.get("/account").status_code for other in others] == [303, 303]
    assert chen.get("/account").status_code == 200


def test_nobody_ends_the_session_of_another(chen: Browser, he: Browser) -> None:
    of_chen = rows(select(SignInSession).order_by(col(SignInSession.created_at)))[0]

    he.submit(f"/account/sessions/{of_chen.id}/end")

    assert chen.get("/account").status_code == 200


def test_a_one_time_password_must_be_changed_first(wu: Browser, admin_wu: Actor) -> None:
    change(update(Staff).where(col(Staff.id) == admin_wu.staff_id).values(must_change_password=True))

    assert wu.get("/staff").headers["Location"] == "/account/password"
    assert wu.get("/staff", headers=HTMX).headers["HX-Redirect"] == "/account/password"
    assert wu.submit("/staff", {"login": "new"}).headers["Location"] == "/account/password"
    assert "一次性密码" in wu.get("/account/password").text
    assert _change(wu).headers["Location"] == "/"
    assert wu.get("/staff").status_code == 200
