"""The staff: added, changed, kept out and let in again."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from sqlmodel import select

from core.identity import Actor, Staff
from tests.people import hire
from tests.web.browser import HTMX, Browser, hidden_fields
from tests.web.records import rows

ZHOU = {"login": "zhou", "name": "周宁", "team_id": "", "roles": ["agent"]}


def _one_time(html: str) -> str:
    found = re.search(r'id="one-time">([^<]+)<', html)
    assert found
    return unescape(found[1])


def test_somebody_new_enters_with_the_one_time_password(app: FastAPI, wu: Browser) -> None:
    password = _one_time(wu.submit("/staff", ZHOU).text)
    zhou = Browser(app)

    answer = zhou.submit("/sign-in", {"login": "zhou", "password": password})

    assert answer.status_code == 303
    assert zhou.get("/").headers["Location"] == "/account/password"


def test_a_form_with_mistakes_comes_back_as_it_was_typed(wu: Browser) -> None:
    answer = wu.submit("/staff", {"login": "周", "name": "周宁", "roles": ["editor"]})

    assert answer.status_code == 422
    assert 'id="e-login">工号为 2–32 位' in answer.text
    assert 'value="周宁"' in answer.text
    assert re.search(r'value="editor"\s+checked', answer.text)


def test_what_is_missing_is_said_beside_its_field(wu: Browser) -> None:
    answer = wu.submit("/staff", {"login": "zhou"})

    assert answer.status_code == 422
    assert 'id="e-name">请填写这一项' in answer.text
    assert 'id="e-roles"' in answer.text


def test_a_role_that_does_not_exist_is_refused(wu: Browser) -> None:
    assert wu.submit("/staff", ZHOU | {"roles": ["god"]}).status_code == 422


def test_a_login_in_use_is_a_conflict_and_nothing_is_lost(wu: Browser, agent_chen: Actor) -> None:
    answer = wu.submit("/staff", ZHOU | {"login": "chen"})

    assert answer.status_code == 409
    assert "已有人使用" in answer.text
    assert 'value="周宁"' in answer.text


def test_two_people_change_the_same_record(app: FastAPI, wu: Browser, agent_chen: Actor) -> None:
    other = Browser(app)
    other.enter(hire("zheng", "郑洁", "admin"))
    path = f"/staff/{agent_chen.staff_id}"
    revision = dict(hidden_fields(wu.get(path).text))["revision"]
    other.submit(path, {"name": "陈静怡", "roles": ["agent"], "revision": revision})

    late = wu.submit(path, {"name": "陈静文", "roles": ["editor"], "revision": revision})
    again = wu.submit(path, {**dict(hidden_fields(late.text)), "name": "陈静文", "roles": ["editor"]})

    assert late.status_code == 409
    assert "刚被别人改过" in late.text
    assert "现在的资料：陈静怡" in late.text
    assert 'value="陈静文"' in late.text
    assert again.status_code == 303
    assert rows(select(Staff.name).where(Staff.login == "chen"))[0] == "陈静文"


def test_the_last_admin_stays(wu: Browser, admin_wu: Actor) -> None:
    path = f"/staff/{admin_wu.staff_id}"
    demoted = wu.submit(path, {"name": "吴敏", "roles": ["agent"], "revision": "0"})
    disabled = wu.submit(f"{path}/disable")

    assert (demoted.status_code, disabled.status_code) == (409, 409)
    assert "最后一名可用的管理员" in demoted.text
    assert "最后一名可用的管理员" in disabled.text
    assert wu.get("/staff").status_code == 200


def test_disabling_ends_the_sessions_and_enabling_lets_in_again(
    wu: Browser, chen: Browser, agent_chen: Actor
) -> None:
    wu.submit(f"/staff/{agent_chen.staff_id}/disable")
    assert chen.get("/account").status_code == 303
    assert chen.enter(agent_chen).status_code == 422

    wu.submit(f"/staff/{agent_chen.staff_id}/enable")
    assert chen.enter(agent_chen).status_code == 303


def test_a_reset_password_is_shown_once_and_ends_the_sessions(
    wu: Browser, chen: Browser, agent_chen: Actor
) -> None:
    path = f"/staff/{agent_chen.staff_id}"
    password = _one_time(wu.submit(f"{path}/password").text)

    assert chen.get("/account").status_code == 303
    assert password not in wu.get(path).text
    assert chen.enter(agent_chen, password).status_code == 303


def test_the_list_is_searched_by_name_and_by_login(wu: Browser, agent_chen: Actor, editor_lin: Actor) -> None:
    by_name = wu.get("/staff?text=林", headers=HTMX).text
    by_login = wu.get("/staff?text=che", headers=HTMX).text

    assert ("林悦" in by_name, "陈静" in by_name) == (True, False)
    assert ("林悦" in by_login, "陈静" in by_login) == (False, True)


def test_nobody_found_is_said(wu: Browser) -> None:
    assert "没有符合条件的员工" in wu.get("/staff?text=查无此人").text


def test_a_long_list_turns_its_pages_and_keeps_the_search(wu: Browser) -> None:
    for number in range(25):
        hire(f"a{number:02}", f"座席{number:02}", "agent")

    first = wu.get("/staff?text=座席").text
    second = wu.get("/staff?text=座席&page=2").text

    assert "共 25 条，第 1 / 2 页" in first
    assert "text=%E5%BA%A7%E5%B8%AD&amp;page=2" in first
    assert ("座席24" in first, "座席24" in second) == (False, True)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '" autofocus onfocus="x'])
def test_what_was_typed_is_escaped(wu: Browser, typed: str) -> None:
    assert typed not in wu.get("/staff", params={"text": typed}).text


def test_twenty_people_cost_no_more_queries_than_one(wu: Browser, statements: list[str]) -> None:
    def queries() -> int:
        statements.clear()
        wu.get("/staff", headers=HTMX)
        return len(statements)

    for_one = queries()
    for number in range(19):
        hire(f"a{number:02}", f"座席{number:02}", "agent")

    assert queries() == for_one
