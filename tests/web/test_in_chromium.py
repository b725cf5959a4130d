"""What only a real browser shows: dialogs, keys, input methods, the policy, a page without JavaScript."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select, update

from core import clock
from core.identity import Actor, Staff
from core.sign_in import SignInSession
from tests.people import PASSWORD
from tests.web.live import CHROMIUM, chromium, served
from tests.web.records import change, rows

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
SEARCH = "#q"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str, admin_wu: Actor, editor_lin: Actor) -> Iterator[Page]:
    """The window of the admin, on the list of staff."""
    with browser.new_context(base_url=address, locale="zh-CN") as context:
        page = context.new_page()
        _sign_in(page, "wu", "/staff")
        yield page


def _sign_in(page: Page, login: str, path: str) -> None:
    page.goto(path)
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(f"**{path}*")


def _the_shift_ends() -> None:
    change(update(SignInSession).values(expires_at=clock.now() - timedelta(minutes=1)))


def test_what_was_typed_outlives_the_session(page: Page) -> None:
    _the_shift_ends()
    page.locator(SEARCH).press_sequentially("林")
    dialog = page.locator("dialog")
    expect(dialog.get_by_label("工号")).to_have_value("wu（吴敏）")

    dialog.locator("[type=password]").fill("not-it-1")
    dialog.locator("[type=password]").press("Enter")
    expect(dialog).to_contain_text("密码不正确")
    dialog.locator("[type=password]").fill(PASSWORD)
    dialog.locator("[type=password]").press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.locator("#people")).to_contain_text("林悦")
    expect(page.locator("#people")).not_to_contain_text("吴敏")
    expect(page.locator(SEARCH)).to_have_value("林")
    expect(page.locator(SEARCH)).to_be_focused()


def test_whoever_does_not_sign_in_again_keeps_the_page_as_it_was(page: Page) -> None:
    _the_shift_ends()
    page.locator(SEARCH).press_sequentially("林")

    page.locator("dialog [data-dismiss]").click()

    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#people")).to_contain_text("吴敏")
    expect(page.locator(SEARCH)).to_have_value("林")


def test_nothing_is_sent_while_pinyin_is_composed(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "text=" in request.url else None)
    keyboard = page.context.new_cdp_session(page)
    page.focus(SEARCH)

    for typed in ("l", "li", "lin"):
        keyboard.send("Input.imeSetComposition", {"text": typed, "selectionStart": 0, "selectionEnd": 0})
    page.wait_for_timeout(500)
    while_composing = len(asked)
    keyboard.send("Input.insertText", {"text": "林"})

    expect(page.locator("#people")).not_to_contain_text("吴敏")
    assert while_composing == 0
    assert len(asked) == 1


def test_an_error_that_is_shown_nowhere_is_said_in_a_note(app: FastAPI, page: Page) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError

    page.evaluate("htmx.ajax('GET', '/broken', {source: '#people', target: '#people'})")

    expect(page.locator(".toasts")).to_contain_text("错误号")
    expect(page.locator("#people")).to_contain_text("吴敏")


def test_a_server_that_is_gone_is_said_in_a_note(page: Page) -> None:
    page.route("**/staff?*", lambda route: route.abort())

    page.locator(SEARCH).press_sequentially("林")

    expect(page.locator(".toasts")).to_contain_text("网络异常")
    expect(page.locator(SEARCH)).to_have_value("林")


def test_the_keys_of_the_frame(page: Page) -> None:
    page.keyboard.press("Slash")
    expect(page.locator(SEARCH)).to_be_focused()
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_hidden()

    page.locator("main").focus()
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press(page.locator("[href='/audit']").get_attribute("data-go") or "")
    page.wait_for_url("**/audit")


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/account")
    page.uncheck("#single-keys")
    page.goto("/staff")

    page.keyboard.press("Slash")

    expect(page.locator(SEARCH)).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator(SEARCH)).to_be_focused()


def test_copying_works_on_plain_http(page: Page, editor_lin: Actor) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"/staff/{editor_lin.staff_id}")
    page.get_by_role("button", name="重置密码").click()
    password = page.locator("#one-time").inner_text()

    page.get_by_role("button", name="复制").click()
    expect(page.locator(".toasts")).to_contain_text("密码已复制")
    page.goto("/staff")
    page.focus(SEARCH)
    page.keyboard.press("Control+v")

    expect(page.locator(SEARCH)).to_have_value(password)


def test_back_brings_the_former_page_of_the_list_whole(page: Page) -> None:
    change(update(Staff).values(name="甲"))
    for path in ("/audit", "/audit?action=core.staff"):
        page.goto(path)
    page.select_option("[name=action]", "core.signed")
    page.wait_for_url("**action=core.signed*")

    page.go_back()

    expect(page.locator("nav.rail")).to_be_visible()
    expect(page.locator("#entries")).to_contain_text("登录")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1440, 900)])
def test_no_screen_breaks_the_policy_or_the_window(page: Page, width: int, height: int) -> None:
    complaints: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": width, "height": height})

    for link in [one.get_attribute("href") or "" for one in page.locator(".rail .go[href]").all()]:
        page.goto(link, wait_until="networkidle")
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert fits, link

    assert complaints == []


def test_everything_works_without_javascript(browser: Browser, address: str, admin_wu: Actor) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        _sign_in(page, "wu", "/staff")
        page.get_by_role("link", name="新增员工").click()
        page.fill("#f-login", "zhou")
        page.fill("#f-name", "周宁")
        _the_shift_ends()
        page.get_by_role("button", name="保存").click()
        page.fill("#login", "wu")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.get_by_role("button", name="继续提交").click()
        expect(page.locator("#one-time")).to_be_visible()
        page.goto("/staff?text=周宁")
        expect(page.locator("#people")).to_contain_text("zhou")
        page.get_by_role("button", name="我的账号").click()
        page.get_by_role("button", name="退出").click()
        page.wait_for_url("**/sign-in")

    assert rows(select(Staff.name).where(Staff.login == "zhou")) == ["周宁"]
