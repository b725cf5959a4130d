"""A call that comes in while somebody works: every tab is told, and no box loses a letter."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select, update

from core import clock, database
from core.identity import Actor
from core.sign_in import SignInSession
from subscribers import verifying
from subscribers.calls.models import Call
from subscribers.verifying import Contact, Method
from tests.makers import make_subscriber
from tests.people import PASSWORD
from tests.web.corrected_on_screen import correct_the_address
from tests.web.live import CHROMIUM, chromium, served
from tests.web.records import change, rows
from tests.web.switch import Switch

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
PATIENT = 30_000
OLD, NEW = "浙江省杭州市西湖区文三路 1 号", "浙江省杭州市余杭区莫干山路 8 号"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def window(browser: Browser, address: str, agent_chen: Actor) -> Iterator[BrowserContext]:
    """The browser of agent Chen, with the desk open."""
    with browser.new_context(base_url=address, locale="zh-CN") as context:
        context.set_default_timeout(PATIENT)
        _enter(context.new_page())
        yield context


def _enter(page: Page) -> None:
    page.goto("/desk")
    page.fill("#login", "chen")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/desk*")
    expect(page.locator("#callbar .cb-state")).to_be_visible(timeout=PATIENT)


def _rings(page: Page) -> None:
    expect(page.locator("#callbar")).to_contain_text("振铃", timeout=PATIENT)


def test_a_call_pops_while_the_agent_types_and_nothing_is_lost(
    window: BrowserContext, switch: Switch
) -> None:
    make_subscriber("13800006207", "陈婉清")
    page = window.pages[0]
    page.locator("#q").press_sequentially("宽带提前")

    switch.ring()
    page.locator("#q").press_sequentially("解约违约金", delay=150)

    _rings(page)
    expect(page.locator("#caller")).to_contain_text("陈婉清", timeout=PATIENT)
    expect(page.locator("#q")).to_have_value("宽带提前解约违约金")
    expect(page.locator("#q")).to_be_focused()


def test_who_types_at_the_caller_is_not_interrupted(window: BrowserContext, switch: Switch) -> None:
    make_subscriber("13800006207", "陈婉清")
    page = window.pages[0]
    box = page.locator("#who")
    box.press_sequentially("周建")

    switch.ring()
    _rings(page)
    box.press_sequentially("国")

    expect(box).to_have_value("周建国")
    page.locator("#q").focus()
    expect(page.locator("#caller")).to_contain_text("陈婉清", timeout=PATIENT)


def test_ten_tabs_stay_usable_and_all_are_told(window: BrowserContext, switch: Switch) -> None:
    for _ in range(9):
        window.new_page().goto("/desk")
    for page in window.pages:
        expect(page.locator("#callbar .cb-state")).to_be_visible(timeout=PATIENT)

    switch.ring()

    for page in window.pages:
        _rings(page)
    last = window.pages[-1]
    last.goto("/account")
    expect(last.locator("h1")).to_have_text("我的账号")
    _rings(last)


def test_the_wrap_up_is_typed_in_one_call_while_the_next_one_rings(
    window: BrowserContext, switch: Switch
) -> None:
    page = window.pages[0]
    switch.say("answered", agent="chen")
    note = page.get_by_label("备注")
    note.press_sequentially("客户问")
    switch.say("ended")
    switch.ring(call="c2")
    _rings(page)
    note.press_sequentially("违约金")

    expect(note).to_have_value("客户问违约金")
    expect(page.locator("#wrap-ups .kept")).to_contain_text("草稿已存", timeout=PATIENT)


def _practises(page: Page) -> None:
    """Let a call ring at one's own desk, and take it there."""
    page.goto("/calls/practice")
    page.get_by_label("来电号码").fill("13800006207")
    page.keyboard.press("Enter")
    _rings(page)
    page.goto("/desk")
    page.get_by_role("button", name="接听").click(timeout=PATIENT)
    expect(page.get_by_label("业务分类")).to_be_visible(timeout=PATIENT)


def test_whoever_hangs_up_is_at_the_wrap_up(window: BrowserContext) -> None:
    page = window.pages[0]
    _practises(page)

    page.get_by_role("button", name="挂断").click()

    expect(page.get_by_label("业务分类")).to_be_focused(timeout=PATIENT)


def test_whoever_types_as_the_call_ends_goes_on_typing(window: BrowserContext) -> None:
    page = window.pages[0]
    _practises(page)
    page.locator("#q").press_sequentially("宽带")

    page.keyboard.press("F8")
    page.keyboard.press("F8")
    expect(page.locator("#callbar")).to_contain_text("话后", timeout=PATIENT)
    page.keyboard.type("提速")

    expect(page.locator("#q")).to_have_value("宽带提速")


def test_a_reason_that_is_being_typed_outlives_a_correction_beside_it(
    window: BrowserContext, switch: Switch, agent_chen: Actor
) -> None:
    customer = make_subscriber("13800006207", "陈婉清", phone="13800006207", address=OLD).customer_id
    switch.say("answered", agent="chen", caller="13800006207")
    call = rows(select(Call))[0].id
    with database.unit_of_work() as session:
        verifying.verify(session, customer, Method.FACE, "", Contact(agent_chen, call), at=clock.now())
    page = window.pages[0]
    page.goto(f"/desk?call={call}")
    left = page.locator("#caller")
    left.get_by_role("link", name="查看完整联系电话").click()
    note = left.get_by_label("补充说明")
    note.press_sequentially("客户要")

    correct_the_address(left, NEW)
    expect(left.locator("dt:has-text('联系地址') + dd")).to_contain_text("余杭区", timeout=PATIENT)

    note.press("End")
    note.press_sequentially("核对")
    expect(note).to_have_value("客户要核对")
    note.press("Enter")
    expect(left.locator(".told")).to_have_text("13800006207", timeout=PATIENT)


def test_two_browsers_of_one_agent_are_both_told(
    browser: Browser, address: str, window: BrowserContext, switch: Switch
) -> None:
    with browser.new_context(base_url=address, locale="zh-CN") as other:
        other.set_default_timeout(PATIENT)
        _enter(other.new_page())

        switch.ring()

        _rings(window.pages[0])
        _rings(other.pages[0])


def test_whoever_is_signed_out_is_told_that_no_calls_come(window: BrowserContext, switch: Switch) -> None:
    page = window.pages[0]
    change(update(SignInSession).values(expires_at=clock.now()))

    switch.ring()

    trouble = page.locator("#call-trouble")
    expect(trouble).to_contain_text("登录已过期", timeout=PATIENT)
    trouble.get_by_role("button", name="重新登录").click()
    page.locator("dialog [type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    _rings(page)
    expect(trouble).to_be_hidden(timeout=PATIENT)
