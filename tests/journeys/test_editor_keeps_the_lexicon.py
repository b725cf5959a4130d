"""An editor teaches the search a word in a real browser; an agent finds by it at once; it is taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import clock, jobs
from core.identity import Actor
from search import indexing
from tests.journeys.conftest import Enter
from tests.makers import make_article, make_scopes
from tests.people import PASSWORD

pytestmark = pytest.mark.journey


@pytest.fixture
def library(site: str) -> None:
    make_scopes()
    make_article("宽带移机办理", answer="同城免费。", keywords=["移机"])
    make_article("宽带移机费浙江口径", answer="浙江同城免费。", regions=["330000"])
    make_article("宽带移机费四川口径", answer="四川收五十元。", regions=["510000"])
    indexing.ensure(at=clock.now())
    jobs.run_all_due(clock.now())


@pytest.fixture
def chen(chromium: Browser, site: str, library: None, agent_chen: Actor) -> Iterator[Page]:
    """An agent at another machine."""
    with chromium.new_context(base_url=site, viewport={"width": 1366, "height": 768}) as context:
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("工号").fill(agent_chen.login)
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page


def ask(page: Page, text: str) -> None:
    page.goto("/desk")
    page.locator("#q").press_sequentially(text, delay=20)
    page.keyboard.press("Enter")


def test_a_synonym_is_weighed_kept_found_by_and_taken_back(
    enter: Enter, editor_lin: Actor, chen: Page
) -> None:
    ask(chen, "挪窝搬网")
    expect(chen.locator("#hits")).to_contain_text("没有找到“挪窝搬网”")

    lin = enter(editor_lin)
    lin.goto("/lexicon?kind=synonym")
    lin.get_by_label("词", exact=True).focus()
    lin.keyboard.type("挪窝搬网")
    lin.keyboard.press("Tab")
    lin.keyboard.type("移机")
    lin.keyboard.press("Enter")

    expect(lin.locator("#stage")).to_contain_text("1 条的理解会变，都比较了")
    expect(lin.locator("#stage .moved")).to_contain_text("宽带移机办理")
    expect(lin.get_by_role("button", name="保留")).to_be_focused()
    lin.keyboard.press("Enter")
    expect(lin.get_by_role("link", name="挪窝搬网")).to_be_visible()

    expect(_first_answer(chen)).to_have_text("宽带移机办理")

    lin.goto("/lexicon/history")
    lin.get_by_role("link", name="撤销").first.focus()
    lin.keyboard.press("Enter")
    expect(lin.get_by_role("button", name="确认撤销")).to_be_focused()
    lin.keyboard.press("Enter")
    expect(lin.locator("main")).to_contain_text("撤销第")
    chen.wait_for_timeout(1_000)  # what an editor changed holds everywhere a second later
    ask(chen, "挪窝搬网")
    expect(chen.locator("#hits")).to_contain_text("没有找到“挪窝搬网”")


def _first_answer(chen: Page) -> Locator:
    chen.wait_for_timeout(1_000)
    ask(chen, "挪窝搬网")
    return chen.locator("#results .t").first


def test_the_callers_region_is_picked_by_keyboard_and_greys_what_is_not_for_them(chen: Page) -> None:
    ask(chen, "宽带移机费")
    expect(chen.locator("#results .t")).to_have_count(3)

    chen.get_by_label("地区").focus()
    chen.keyboard.press("ArrowDown")

    elsewhere = chen.locator("#results .result", has_text="四川口径")
    expect(elsewhere).to_contain_text("仅限四川")
    expect(chen.locator("#results .t").first).to_have_text("宽带移机费浙江口径")
    expect(chen.locator("#q")).to_have_value("宽带移机费")
