"""An agent types as fast fingers do; what was understood is said, and can be refused."""

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.identity import Actor
from search import indexing
from tests.journeys.conftest import Enter
from tests.makers import make_indexed
from tests.search.nodes import eventually

DRAWN_MS = 3_000  # what was answered has to be drawn too, beside other work

pytestmark = pytest.mark.journey


@pytest.fixture
def desk(site: str, enter: Enter, agent_chen: Actor) -> Page:
    indexing.ensure(at=clock.now())
    make_indexed("国际漫游开通", answer="发短信即可。", keywords=["国际漫游"])
    make_indexed("流量结转规则", answer="次月有效。", keywords=["流量结转"])
    make_indexed("宽带移机办理", answer="同城免费。", keywords=["宽带移机"])
    return enter(agent_chen)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("guojimanyou", "国际漫游开通"),
        ("kdyj", "宽带移机办理"),
        ("liuljz", "流量结转规则"),
        ("国际慢游", "国际漫游开通"),
    ],
)
def test_however_it_is_typed_the_answer_is_first_and_hanzi_are_marked(
    desk: Page, typed: str, title: str
) -> None:
    desk.locator("#q").press_sequentially(typed, delay=20)

    expect(desk.locator("#results .t").first).to_have_text(title)
    expect(desk.locator("#results .t mark").first).to_be_visible()


def type_until_offered(desk: Page, typed: str, completion: str) -> None:
    """What was published a moment ago is completed only once the terms of all articles were read again."""

    def is_offered() -> bool:
        desk.locator("#q").fill("")
        desk.locator("#q").press_sequentially(typed, delay=20)
        try:
            expect(desk.locator("#offers .offer").first).to_have_text(completion, timeout=DRAWN_MS)
        except AssertionError:
            return False
        return True

    eventually(is_offered)


def test_a_completion_is_taken_with_the_keyboard_and_the_hands_stay_at_the_box(desk: Page) -> None:
    type_until_offered(desk, "liul", "流量结转")

    desk.locator("#offers .offer").first.focus()
    desk.keyboard.press("Enter")

    expect(desk.locator("#q")).to_have_value("流量结转")
    expect(desk.locator("#q")).to_be_focused()
    expect(desk.locator("#results .t").first).to_have_text("流量结转规则")


def test_a_completion_stays_after_a_pause_and_the_right_arrow_takes_it(desk: Page) -> None:
    type_until_offered(desk, "流量结", "流量结转")
    with desk.expect_response(lambda reply: "x-settled" in reply.request.headers):
        desk.keyboard.press("Enter")

    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowRight")
    expect(desk.locator("#q")).to_have_value("流量结")  # inside the text it only moves
    desk.keyboard.press("ArrowRight")

    expect(desk.locator("#q")).to_have_value("流量结转")
    expect(desk.locator("#q")).to_be_focused()
    expect(desk.locator("#results .t").first).to_have_text("流量结转规则")


def test_however_much_is_offered_it_widens_nothing(desk: Page) -> None:
    type_until_offered(desk, "流量结", "流量结转")
    desk.evaluate("document.querySelector('#offers .offers-x').append('流量包自动续订'.repeat(60))")

    assert desk.viewport_size
    for part in ("#search", "#q", "#preview"):
        box = desk.locator(part).bounding_box()
        assert box
        assert box["x"] + box["width"] <= desk.viewport_size["width"], part


def test_a_near_term_is_asked_of_every_kind(desk: Page) -> None:
    type_until_offered(desk, "流量结", "流量结转")
    desk.goto("/desk?q=流量结转资费&kind=script")
    expect(desk.locator("#facets [name=kind]")).to_have_value("script")

    desk.locator(".near .offer", has_text="流量结转").first.click()

    expect(desk.locator("#results .t").first).to_have_text("流量结转规则")
    expect(desk.locator("#facets [name=kind]")).to_have_value("")


def test_a_correction_is_said_and_refused_with_one_press(desk: Page) -> None:
    desk.locator("#q").press_sequentially("国际慢游", delay=20)
    desk.keyboard.press("Enter")
    expect(desk.locator("#offers")).to_contain_text("也按“国际漫游”查了")

    desk.get_by_role("link", name="只查“国际慢游”").click()

    expect(desk.locator("#offers")).not_to_contain_text("也按")
    expect(desk.locator("#q")).to_have_value("国际慢游")
    with desk.expect_response(lambda reply: "exact=" in reply.url):
        desk.locator("#q").press("Enter")
    expect(desk.locator("#offers")).not_to_contain_text("也按")
