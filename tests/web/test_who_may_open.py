"""Every address, and who may not open it."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.web.browser import HTMX, Browser
from web.app import create_app

OPEN_TO_ALL = {
    "sign_in",
    "sign_in.open",
    "sign_in.again",
    "sign_out",
    "health.alive",
    "health.ready",
    "static",
}
NOBODYS = "00000000-0000-4000-8000-000000000000"


def _routes(app: FastAPI) -> list[tuple[str, str, str]]:
    found = []
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"\{[^}]*\}", NOBODYS, route.path or "")
        found += [(route.name or "", method, path) for method in (route.methods or set()) - {"HEAD"}]
    return found


ALL = [route for route in _routes(create_app()) if route[0] not in OPEN_TO_ALL]
OF_SYSTEMS = [route for route in ALL if route[2].startswith("/api/")]
ROUTES = [route for route in ALL if route not in OF_SYSTEMS]
PAGES = [(name, path) for name, method, path in ROUTES if method == "GET"]
ACTIONS = [(name, path) for name, method, path in ROUTES if method != "GET"]
BEYOND_AN_AGENT = [
    route
    for route in ROUTES
    if route[2].startswith(("/staff", "/audit", "/system", "/knowledge", "/analytics", "/lab", "/loads"))
]


def test_the_walk_finds_the_routes() -> None:
    names = {name for name, _method, _path in ROUTES}

    assert {"home", "account", "staff", "staff.change", "audit", "scopes.add", "system"} <= names


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_a_page_sends_an_outsider_to_sign_in(nobody: Browser, name: str, path: str) -> None:
    answer = nobody.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_a_fragment_asks_an_outsider_to_sign_in_where_he_is(nobody: Browser, name: str, path: str) -> None:
    answer = nobody.get(path, headers=HTMX)

    assert answer.status_code == 401
    assert "<html" not in answer.text


@pytest.mark.parametrize(("name", "method", "path"), OF_SYSTEMS)
def test_another_system_without_a_key_is_told_so_in_its_own_language(
    chen: Browser, name: str, method: str, path: str
) -> None:
    answer = chen.request(method, path, json={})

    assert answer.status_code in {401, 422}
    assert answer.json()["error"]


@pytest.mark.parametrize(("name", "path"), ACTIONS)
def test_an_action_does_nothing_for_an_outsider(nobody: Browser, name: str, path: str) -> None:
    answer = nobody.submit(path)

    assert answer.status_code == 401


@pytest.mark.parametrize(("name", "method", "path"), BEYOND_AN_AGENT)
def test_an_agent_may_not(chen: Browser, name: str, method: str, path: str) -> None:
    answer = chen.get(path) if method == "GET" else chen.submit(path)

    assert answer.status_code == 403


def test_a_supervisor_sees_the_staff_and_changes_nobody(he: Browser) -> None:
    listing = he.get("/staff")

    assert listing.status_code == 200
    assert "新增员工" not in listing.text
    assert he.get("/staff/new").status_code == 403
    assert he.submit("/staff", {"login": "new"}).status_code == 403


@pytest.mark.parametrize(
    ("who", "screens"), [("chen", set()), ("he", {"员工"}), ("wu", {"员工", "审计", "系统"})]
)
def test_the_rail_holds_the_screens_that_one_may_open(
    who: str, screens: set[str], request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(who).get("/account").text

    assert {name for name in ("员工", "审计", "系统") if f"<span>{name}</span>" in page} == screens
