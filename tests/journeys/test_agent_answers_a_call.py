"""An agent on a call: types, reads, fills in, copies; and what must not go wrong on the way."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlmodel import delete, select

from core import clock
from core.identity import Actor
from core.jobs import Job
from core.sign_in import SignInSession
from kb.models import Feedback
from search import indexing
from search.query_log import AskedQuery, DocumentUse
from tests.journeys.conftest import Enter
from tests.makers import make_indexed, make_scopes
from tests.people import PASSWORD
from tests.web.records import change, rows

pytestmark = pytest.mark.journey

SETTLED = 0.6  # a little more than the pause after which a search settles


@pytest.fixture
def desk(site: str, enter: Enter, agent_chen: Actor) -> Page:
    """Chen at her desk, in a centre with a handful of articles."""
    make_scopes()
    indexing.ensure(at=clock.now())
    make_indexed(
        "宽带合约提前解约与违约金",
        answer="满 6 个月后按剩余月费的 20% 收取。",
        internal_note="<p>二线可减免三成</p>",
        steps="<ol>" + "".join(f"<li>第 {n} 步</li>" for n in range(60)) + "</ol>",
        scripts=[
            {"text": "{客户称呼}，违约金是{金额}元。"},
            {"tier": "gold", "text": "{客户称呼}，金卡客户减半。"},
        ],
    )
    make_indexed("宽带移机办理", answer="同城移机免费。", scripts=[{"text": "移机不收费。"}])
    make_indexed("宽带故障报修", answer="先重启光猫。")
    make_indexed("国际漫游日本资费", answer="日本每天 25 元。")
    return enter(agent_chen)


def box(page: Page) -> Any:
    return page.get_by_role("combobox", name="搜索知识")


def titles(page: Page) -> list[str]:
    return page.locator("#results .t").all_inner_texts()


def expect_settled(page: Page) -> None:
    """A settled search has an id; its rows carry it."""
    expect(page.locator("#results .result").first).to_have_attribute("href", re.compile("search="))


def eventually(check: Callable[[], Any], within: float = 3) -> Any:
    """Return what the check finds as soon as it finds something: notes are written after the answer."""
    until = time.monotonic() + within
    while not (found := check()) and time.monotonic() < until:
        time.sleep(0.05)
    assert found
    return found


def asked(page: Page) -> list[Request]:
    """Return the searches that this page sends from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "/desk?" in request.url else None)
    return sent


def test_types_reads_fills_in_and_copies_and_the_log_has_it(desk: Page) -> None:
    box(desk).press_sequentially("宽带提前解约", delay=30)
    expect(desk.locator("#preview")).to_contain_text("按剩余月费的 20% 收取")
    expect_settled(desk)

    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    eventually(lambda: rows(select(DocumentUse).where(DocumentUse.action == "opened")))
    desk.get_by_label("客户称呼").first.fill("王女士")
    desk.get_by_label("金额").fill("51.6")
    desk.keyboard.press("Alt+c")

    expect(desk.locator(".toast-x")).to_have_text("话术已复制")
    assert desk.evaluate("navigator.clipboard.readText()") == "王女士，违约金是51.6元。"
    [search] = rows(select(AskedQuery))
    used = eventually(lambda: len(found := rows(select(DocumentUse))) == 2 and found)
    assert (search.text, search.settled_by) == ("宽带提前解约", "pause")
    assert {(use.action, use.query_id) for use in used} == {("opened", search.id), ("copied", search.id)}


def test_a_preview_that_only_appeared_is_not_written_down_as_opened(desk: Page) -> None:
    box(desk).fill("宽带")
    expect_settled(desk)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#preview .hd h2")).to_have_text(titles(desk)[1])
    desk.wait_for_timeout(300)

    assert rows(select(DocumentUse)) == []


def test_a_copy_with_open_blanks_warns_and_names_them(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_label("客户称呼").first.fill("李先生")
    desk.get_by_role("button", name="复制话术").first.click()

    expect(desk.locator(".toast-x.warn")).to_have_text("话术已复制，但还有空没填：金额")
    assert desk.evaluate("navigator.clipboard.readText()") == "李先生，违约金是{金额}元。"


def test_what_is_filled_in_about_a_customer_stays_in_the_browser(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_label("客户称呼").first.fill("李先生")

    with desk.expect_request("**/copies") as sent:
        desk.keyboard.press("Alt+c")

    assert "script=" in (sent.value.post_data or "")
    assert "blank" not in (sent.value.post_data or "")


def test_variants_go_by_number_and_keep_what_was_filled_in(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_label("客户称呼").first.fill("李先生")

    desk.keyboard.press("Alt+2")
    desk.keyboard.press("Alt+c")

    expect(desk.locator(".toast-x")).to_have_text("话术已复制")
    assert desk.evaluate("navigator.clipboard.readText()") == "李先生，金卡客户减半。"


def test_copying_works_where_there_is_no_clipboard(desk: Page) -> None:
    desk.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    desk.reload()
    box(desk).fill("移机")
    expect(desk.locator("#preview")).to_contain_text("移机不收费")

    desk.keyboard.press("Alt+c")
    expect(desk.locator(".toast-x")).to_have_text("话术已复制")
    expect(box(desk)).to_be_focused()
    box(desk).fill("")
    desk.keyboard.press("Control+v")

    assert box(desk).input_value() == "移机不收费。"


def test_the_internal_note_stays_behind_when_everything_is_copied(desk: Page) -> None:
    box(desk).fill("提前解约")
    expect(desk.locator(".inside")).to_contain_text("二线可减免三成")

    desk.locator("#preview").focus()
    desk.keyboard.press("Control+a")
    desk.keyboard.press("Control+c")

    copied = desk.evaluate("navigator.clipboard.readText()")
    assert "按剩余月费的 20% 收取" in copied
    assert "二线可减免" not in copied


def test_nothing_is_asked_while_pinyin_is_composed(desk: Page) -> None:
    ime = desk.context.new_cdp_session(desk)
    sent = asked(desk)
    box(desk).focus()

    for pinyin in ("k", "ku", "kuan", "kuan'd", "kuan'dai"):
        ime.send("Input.imeSetComposition", {"text": pinyin, "selectionStart": 9, "selectionEnd": 9})
        desk.wait_for_timeout(120)
    while_composing = len(sent)
    ime.send("Input.insertText", {"text": "宽带"})
    expect(desk.locator("#results .result").first).to_be_visible()

    assert while_composing == 0
    assert "q=%E5%AE%BD%E5%B8%A6" in sent[0].url


def test_a_pause_that_began_before_a_composition_sends_no_half_syllable(desk: Page) -> None:
    ime = desk.context.new_cdp_session(desk)
    box(desk).focus()
    ime.send("Input.insertText", {"text": "宽带"})
    desk.wait_for_timeout(120)

    ime.send("Input.imeSetComposition", {"text": "jie", "selectionStart": 3, "selectionEnd": 3})
    sent = asked(desk)
    desk.wait_for_timeout(SETTLED * 1000)
    while_composing = len(sent)
    ime.send("Input.insertText", {"text": "解约"})

    eventually(lambda: "宽带解约" in [asked.text for asked in rows(select(AskedQuery))])
    assert while_composing == 0


def test_an_answer_that_comes_too_late_is_dropped(desk: Page) -> None:
    late: list[Route] = []
    desk.route(re.compile("/desk.q=%E5%AE%BD%E5%B8%A6&"), lambda route: late.append(route))  # noqa: PLW0108 - playwright marks its handlers
    box(desk).fill("宽带")
    while not late:
        desk.wait_for_timeout(20)

    box(desk).fill("漫游")
    expect(desk.locator("#results .t")).to_have_text(["国际漫游日本资费"])
    late[0].continue_()
    desk.wait_for_timeout(500)

    assert titles(desk) == ["国际漫游日本资费"]
    expect(desk.locator("#preview")).to_contain_text("日本每天 25 元")


def publish_what_fits_best() -> None:
    make_indexed("宽带", answer="宽带就是宽带。", keywords=["宽带"], similar_questions=["宽带"])
    eventually(lambda: not rows(select(Job)))


class Pause:
    """A page whose time passes only as the test lets it, and whose settled search is kept on its way."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: list[Route] = []
        page.clock.install(time=clock.now())
        page.clock.pause_at(clock.now() + timedelta(minutes=1))
        page.route(re.compile("/desk.q="), self._hold)

    def _hold(self, route: Route) -> None:
        if "x-settled" in route.request.headers:
            self.held.append(route)
        else:
            route.continue_()

    def type(self, text: str) -> None:
        box(self.page).fill(text)
        self.page.clock.run_for(100)

    def settle(self) -> None:
        self.page.clock.run_for(400)
        while not self.held:
            self.page.wait_for_timeout(20)

    def answer(self) -> None:
        self.held[0].continue_()
        expect_settled(self.page)


def place_of(page: Page, title: str) -> tuple[float, str]:
    row = page.locator("#results .result", has_text=title)
    where = row.bounding_box()
    assert where
    return where["y"], str(row.get_attribute("aria-selected"))


@pytest.mark.parametrize("chosen_when", ["before it is asked", "while it is on its way"])
def test_the_chosen_row_does_not_move_when_the_settled_answer_comes(desk: Page, chosen_when: str) -> None:
    pause = Pause(desk)
    pause.type("宽带")
    expect(desk.locator("#results .result")).to_have_count(3)
    if chosen_when == "while it is on its way":
        pause.settle()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    title = titles(desk)[1]
    desk.clock.run_for(150)
    expect(desk.locator("#preview .hd h2")).to_have_text(title)
    before = place_of(desk, title)
    if chosen_when == "before it is asked":
        pause.settle()

    publish_what_fits_best()
    pause.answer()

    expect(desk.locator("#results .result")).to_have_count(4)
    assert place_of(desk, title) == before == (before[0], "true")
    assert desk.locator("#preview .hd h2").inner_text() == title
    assert titles(desk).index("宽带") > titles(desk).index(title)


def test_without_a_chosen_row_the_settled_order_holds(desk: Page) -> None:
    pause = Pause(desk)
    pause.type("宽带")
    expect(desk.locator("#results .result")).to_have_count(3)
    pause.settle()

    publish_what_fits_best()
    pause.answer()

    expect(desk.locator("#preview")).to_contain_text("宽带就是宽带")
    assert titles(desk)[0] == "宽带"


def test_enter_settles_and_once_a_row_is_chosen_it_opens(desk: Page) -> None:
    box(desk).press_sequentially("移机")
    desk.keyboard.press("Enter")
    settled = eventually(lambda: rows(select(AskedQuery)))
    opened_by_settling = rows(select(DocumentUse))

    expect(desk.locator("#results .t").first).to_have_text("宽带移机办理")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")

    [opened] = eventually(lambda: rows(select(DocumentUse)))
    assert settled[0].settled_by == "enter"
    assert opened_by_settling == []
    assert (opened.action, opened.query_id) == ("opened", settled[0].id)
    expect(desk.locator("#preview")).to_be_focused()


def test_the_keyboard_alone_leads_through_a_call(desk: Page) -> None:
    desk.locator("body").click(position={"x": 700, "y": 10})

    desk.keyboard.press("/")
    desk.keyboard.type("宽带")
    expect(desk.locator("#results .result")).to_have_count(3)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    second = desk.locator("#results .result").nth(1)

    expect(box(desk)).to_be_focused()
    expect(box(desk)).to_have_attribute("aria-activedescendant", str(second.get_attribute("id")))
    expect(desk.locator("#preview h2")).to_have_text(second.locator(".t").inner_text())
    desk.keyboard.press("Escape")
    expect(box(desk)).to_have_value("")
    expect(desk.locator("#preview")).to_contain_text("今天中心在问")


@pytest.mark.parametrize("hand_is", ["in the blank", "back in the box"])
def test_reading_goes_on_where_it_was_when_the_answer_settles(desk: Page, hand_is: str) -> None:
    pause = Pause(desk)
    pause.type("提前解约")
    expect(desk.locator("#preview .glance")).to_contain_text("20%")
    desk.keyboard.press("ArrowDown")
    desk.clock.run_for(150)
    expect(desk.locator("#preview")).to_contain_text("第 59 步")
    desk.get_by_label("金额").fill("51.6")
    desk.keyboard.press("Alt+2")
    if hand_is == "back in the box":
        box(desk).focus()
    desk.locator("#preview").evaluate("element => { element.scrollTop = 500 }")
    pause.settle()

    pause.answer()

    assert desk.locator("#preview").evaluate("element => element.scrollTop") == 500
    expect(desk.get_by_label("金额")).to_have_value("51.6")
    expect(desk.locator(".var.filled")).to_have_text("51.6")
    expect(desk.get_by_role("radio", name="金卡")).to_be_checked()


def test_what_was_shown_while_typing_is_copied_under_the_search_it_settled_into(desk: Page) -> None:
    box(desk).fill("提前解约")
    expect(desk.locator("#preview .hd h2")).to_be_visible()
    desk.keyboard.press("ArrowDown")
    [search] = eventually(lambda: rows(select(AskedQuery)))
    expect_settled(desk)

    desk.keyboard.press("Alt+c")

    [copied] = eventually(lambda: rows(select(DocumentUse)))
    assert (copied.action, copied.query_id, copied.position) == ("copied", search.id, 1)


def test_a_session_that_ends_in_the_middle_costs_a_password_and_nothing_typed(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_text("纠错", exact=True).click()
    desk.get_by_label("哪里有误？").fill("比例应为 15%")
    expect_settled(desk)
    change(delete(SignInSession))

    desk.get_by_role("button", name="提交纠错").click()
    desk.get_by_role("dialog").get_by_label("密码").fill(PASSWORD)
    desk.keyboard.press("Enter")

    [correction] = eventually(lambda: rows(select(Feedback)))
    assert correction.comment == "比例应为 15%"
    expect(box(desk)).to_have_value("提前解约")
    expect(desk.locator(".toast-x")).to_contain_text("纠错已提交")
    expect(desk.locator("#f-comment")).to_have_value("")


def test_a_correction_that_is_refused_keeps_what_was_typed(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_text("纠错", exact=True).click()
    desk.get_by_label("哪里有误？").fill("错" * 501)

    desk.get_by_role("button", name="提交纠错").click()

    expect(desk.get_by_text("内容超过 500 字")).to_be_visible()
    expect(desk.get_by_label("哪里有误？")).to_have_value("错" * 501)


def test_a_vote_leaves_a_correction_that_is_being_written(desk: Page) -> None:
    box(desk).fill("提前解约")
    desk.get_by_text("纠错", exact=True).click()
    desk.get_by_label("哪里有误？").fill("比例应为 15%")

    desk.keyboard.press("Alt+u")

    expect(desk.locator("#vote-useful")).to_have_attribute("aria-pressed", "true")
    expect(desk.locator("#f-comment")).to_have_value("比例应为 15%")


def test_the_way_back_from_an_article_leads_to_the_same_list(desk: Page) -> None:
    box(desk).fill("宽带")
    expect(desk.locator("#results .result")).to_have_count(3)
    desk.get_by_role("link", name="打开整页").click()
    desk.wait_for_url("**/articles/**")

    desk.get_by_role("link", name="工作台").last.click()

    expect(box(desk)).to_have_value("宽带")
    expect(desk.locator("#results .result")).to_have_count(3)


def test_a_clicked_chip_narrows_and_the_next_question_stays_narrowed(desk: Page) -> None:
    make_indexed("宽带资费表", kind="tariff", answer="每月 69 元。")
    eventually(lambda: not rows(select(Job)))
    pause = Pause(desk)
    pause.type("宽带")
    desk.get_by_role("link", name=re.compile("资费 1")).click()
    desk.clock.run_for(400)
    while not pause.held:
        desk.wait_for_timeout(20)
    pause.answer()
    expect(desk.locator("#results .t")).to_have_text(["宽带资费表"])

    pause.type("宽带资费")

    expect(desk.locator("#results")).to_have_attribute("data-asked", "宽带资费")
    expect(desk.locator("#results .t")).to_have_text(["宽带资费表"])
    assert "kind=tariff" in desk.url


def test_without_javascript_the_whole_way_is_pages(
    desk: Page, chromium: Any, site: str, agent_chen: Actor
) -> None:
    plain = chromium.new_context(base_url=site, java_script_enabled=False)
    page = plain.new_page()
    page.goto("/desk")
    page.get_by_label("工号").fill(agent_chen.login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    box(page).fill("提前解约")
    page.keyboard.press("Enter")
    page.locator("#results .result").first.click()
    page.get_by_text("金卡", exact=True).click()
    page.get_by_label("客户称呼").last.fill("李先生")
    page.get_by_role("button", name="复制话术").last.click()

    expect(page.get_by_label("请全选后按 Ctrl+C 复制")).to_have_value("李先生，金卡客户减半。")
    plain.close()
