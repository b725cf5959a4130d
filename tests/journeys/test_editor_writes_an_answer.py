"""An editor in a real browser: writes, pastes from Word, meets a colleague's save, publishes."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect
from sqlmodel import select, update

from core import clock, jobs
from core.identity import Actor
from core.sign_in import SignInSession
from kb.models import ArticleVersion, Script
from search import indexing
from tests.journeys.conftest import Enter
from tests.makers import make_article, make_scopes
from tests.people import PASSWORD
from tests.web.records import change, rows

pytestmark = pytest.mark.journey

LISTED = 'class="MsoListParagraph" style="mso-list:l0 level1 lfo1"'
CELL = '<p class="MsoNormal">'
FROM_WORD = f"""
<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><style>p.MsoNormal {{mso-style-parent:""}}</style></head>
<body><!--StartFragment-->
<h1 style="mso-outline-level:1">资费<o:p></o:p></h1>
<p {LISTED}><span style="mso-list:Ignore">1.</span>核验机主</p>
<p {LISTED}><span style="mso-list:Ignore">2.</span>告知金额</p>
<table class="MsoTableGrid" border="1" style="mso-yfti-tbllook:1184"><colgroup><col width="90"></colgroup>
<tr><td rowspan="2" width="90">{CELL}<b>档位</b></p></td><td colspan="2">{CELL}月费</p></td></tr>
<tr><td>{CELL}129</p></td><td>{CELL}169</p></td></tr></table>
<img src="data:image/png;base64,iVBORw0KGgo=">
<!--EndFragment--></body></html>
"""
COPY = """html => {
    const put = e => { e.clipboardData.setData('text/html', html); e.preventDefault(); };
    addEventListener('copy', put, {once: true});
    document.execCommand('copy');
}"""


@pytest.fixture
def lin(enter: Enter, editor_lin: Actor) -> Page:
    make_scopes()
    indexing.ensure(at=clock.now())
    jobs.run_all_due(clock.now())
    return enter(editor_lin)


@pytest.fixture
def chen(chromium: Browser, site: str, agent_chen: Actor) -> Iterator[Page]:
    """An agent at another machine."""
    with chromium.new_context(base_url=site) as context:
        page = context.new_page()
        _sign_in(page, "chen")
        yield page


def _sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("工号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _open(page: Page, version: ArticleVersion) -> None:
    page.goto("/knowledge")
    page.get_by_role("link", name=version.title).click()
    expect(page.locator(".tox-edit-area__iframe")).to_have_count(4)


def _write(page: Page, field: str, text: str) -> None:
    page.frame_locator(f"#f-{field}_ifr").locator("body").click()
    page.keyboard.type(text)


def _save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator(".toasts")).to_contain_text("草稿已保存")


def _newest() -> ArticleVersion:
    return rows(select(ArticleVersion).order_by(ArticleVersion.number.desc()))[0]


def test_a_published_edit_is_found_by_an_agent_within_two_seconds(lin: Page, chen: Page) -> None:
    version = make_article("宽带移机办理", answer="同城移机 50 元")
    _open(lin, version)
    lin.get_by_label("一句话答案").fill("同城移机免费，当天办好")
    _write(lin, "steps", "先查新地址的资源")

    lin.keyboard.press("Control+Enter")
    expect(lin.locator("#state")).to_contain_text("已发布")
    published = time.monotonic()
    found = False
    while not found and time.monotonic() < published + 2:
        chen.goto("/desk?q=移机当天办好&settled=1")
        found = "当天办好" in chen.locator("main").inner_text()

    assert found
    assert _newest().steps == "<p>先查新地址的资源</p>"


def test_a_new_article_from_nothing_to_the_agent(lin: Page) -> None:
    lin.goto("/knowledge")
    lin.keyboard.press("Alt+n")
    expect(lin.get_by_label("话术内容")).to_have_count(1)
    lin.get_by_placeholder("标题").fill("星河电视怎么退订")
    lin.get_by_label("话术内容").fill("{客户称呼}，已为您退订{套餐名}。")
    expect(lin.locator(".blanks .var")).to_have_text(["客户称呼", "套餐名"])
    lin.get_by_role("button", name="加一条话术").click()
    lin.get_by_label("客户等级").nth(1).select_option("gold")
    lin.get_by_label("话术内容").nth(1).fill("金卡客户，您好")
    lin.locator("summary", has_text="适用地区").click()
    lin.get_by_label("浙江").check()
    lin.get_by_label("相似问法").fill("电视不想看了\n怎么取消星河电视")
    expect(lin.locator("output[for=f-similar_questions]")).to_have_text("2")

    lin.keyboard.press("Control+s")

    expect(lin).to_have_url(re.compile(r"/knowledge/KB-\d+"))
    expect(lin.locator("#state")).to_contain_text("草稿")
    expect(lin.locator(".pick .chosen").first).to_have_text("浙江")
    assert [script.tier_code for script in rows(select(Script).order_by(Script.position))] == [None, "gold"]


def test_a_table_from_word_keeps_its_merged_cells_and_nothing_else_of_word(lin: Page) -> None:
    _open(lin, make_article("畅享套餐资费", published=False))
    lin.evaluate(COPY, FROM_WORD)
    lin.frame_locator("#f-prices_ifr").locator("body").click()

    lin.keyboard.press("Control+v")
    expect(lin.frame_locator("#f-prices_ifr").locator("table")).to_be_visible()
    expect(lin.locator(".toasts")).to_contain_text("不能放图片")
    lin.keyboard.press("Control+s")
    expect(lin.locator(".toasts")).to_contain_text("草稿已保存")

    saved = _newest().prices
    assert '<td rowspan="2"><strong>档位</strong></td>' in saved
    assert '<td colspan="2">月费</td>' in saved
    assert "<ol>" in saved
    assert "<h2>资费</h2>" in saved
    assert not any(noise in saved for noise in ("Mso", "mso-", "<o:p", "style", "width", "<img"))


def test_who_saves_second_loses_nothing(lin: Page, context: BrowserContext) -> None:
    version = make_article("宽带移机", published=False, answer="原来的")
    _open(lin, version)
    colleague = context.new_page()
    _open(colleague, version)
    colleague.get_by_label("一句话答案").fill("同事写的")
    _save(colleague)
    lin.bring_to_front()
    lin.get_by_label("一句话答案").fill("我写的")
    _write(lin, "steps", "我的步骤")

    lin.keyboard.press("Control+s")
    conflict = lin.locator(".conflict")
    expect(conflict).to_contain_text("同事写的")
    expect(lin.get_by_label("一句话答案")).to_have_value("我写的")
    expect(lin.frame_locator("#f-steps_ifr").locator("body")).to_have_text("我的步骤")
    expect(lin.locator("#unsaved")).to_be_visible()
    assert _newest().answer == "同事写的"
    lin.get_by_role("button", name="以我的为准保存").click()

    expect(conflict).to_have_count(0)
    expect(lin.locator("#unsaved")).to_be_hidden()
    assert (_newest().answer, _newest().steps) == ("我写的", "<p>我的步骤</p>")


def test_a_mistake_is_shown_where_it_was_made_even_behind_the_other_tab(lin: Page) -> None:
    _open(lin, make_article("宽带移机", published=False))
    lin.get_by_label("生效日期").fill("2099-05-02")
    lin.get_by_label("失效日期").fill("2099-05-01")
    lin.get_by_role("button", name=re.compile("^版本")).click()

    lin.keyboard.press("Control+s")

    expect(lin.get_by_text("失效日期早于生效日期")).to_be_visible()
    expect(lin.get_by_label("失效日期")).to_be_focused()
    expect(lin.get_by_label("失效日期")).to_have_attribute("aria-invalid", "true")
    lin.get_by_label("失效日期").fill("2099-05-03")
    _save(lin)
    expect(lin.get_by_text("失效日期早于生效日期")).to_have_count(0)
    expect(lin.locator("[aria-invalid]")).to_have_count(0)


def test_keys_work_inside_a_rich_field_and_lead_out_of_it(lin: Page) -> None:
    _open(lin, make_article("宽带移机", published=False))
    _write(lin, "conditions", "限本机主")

    _save(lin)
    assert _newest().conditions == "<p>限本机主</p>"
    lin.keyboard.press("Escape")
    lin.keyboard.press("Tab")

    expect(lin.locator(".rich.on label")).to_have_text("资费")


def test_leaving_with_something_unsaved_is_asked_about(lin: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    lin.on("dialog", stay)
    _open(lin, make_article("宽带移机", published=False))
    _write(lin, "steps", "写到一半")

    lin.get_by_label("返回知识列表").click()
    lin.wait_for_timeout(300)
    stayed = lin.url
    _save(lin)
    lin.get_by_label("返回知识列表").click()

    lin.wait_for_url("**/knowledge")
    assert asked == ["beforeunload"]
    assert "/knowledge/KB-" in stayed


def test_what_was_written_outlives_the_shift(lin: Page) -> None:
    _open(lin, make_article("宽带移机", published=False))
    _write(lin, "steps", "写了半小时的步骤")
    change(update(SignInSession).values(expires_at=clock.now() - timedelta(minutes=1)))

    lin.keyboard.press("Control+s")
    dialog = lin.locator("dialog[open]")
    dialog.locator("[type=password]").fill(PASSWORD)
    dialog.locator("[type=password]").press("Enter")

    expect(lin.locator(".toasts")).to_contain_text("草稿已保存")
    expect(lin.frame_locator("#f-steps_ifr").locator("body")).to_have_text("写了半小时的步骤")
    assert _newest().steps == "<p>写了半小时的步骤</p>"


def test_the_preview_shows_what_is_typed_before_it_is_saved(lin: Page) -> None:
    _open(lin, make_article("宽带移机", published=False))
    _write(lin, "steps", "还没保存的步骤")

    lin.get_by_role("button", name="座席预览").click()

    expect(lin.locator("#drawer")).to_contain_text("还没保存的步骤")
    lin.keyboard.press("Escape")
    expect(lin.locator("#drawer")).to_be_hidden()
    assert _newest().steps == ""


def test_withdrawing_asks_first(lin: Page) -> None:
    _open(lin, make_article("宽带移机", answer="同城免费"))
    lin.get_by_role("button", name=re.compile("^版本")).click()

    lin.get_by_role("button", name="撤回…").click()
    lin.get_by_role("button", name="不撤回").click()
    expect(lin.locator("#versions")).to_contain_text("座席现在看到 v1")
    lin.get_by_role("button", name="撤回…").click()
    lin.locator("#ask-withdraw").get_by_role("button", name="撤回", exact=True).click()

    lin.get_by_role("button", name=re.compile("^版本")).click()
    expect(lin.locator("#versions")).to_contain_text("座席现在查不到")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1440, 900)])
def test_the_editor_breaks_neither_the_policy_nor_the_window(lin: Page, width: int, height: int) -> None:
    complaints: list[str] = []
    lin.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    lin.set_viewport_size({"width": width, "height": height})
    _open(lin, make_article("宽带移机", prices="<table><tr><td colspan='2'>甲</td></tr></table>"))

    lin.frame_locator("#f-prices_ifr").locator("td").click()
    lin.get_by_role("button", name="座席预览").click()
    expect(lin.locator("#drawer")).to_be_visible()

    assert lin.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


def test_an_article_is_written_and_published_without_javascript(
    chromium: Browser, site: str, editor_lin: Actor
) -> None:
    make_scopes()
    with chromium.new_context(base_url=site, java_script_enabled=False) as context:
        page = context.new_page()
        _sign_in(page, "lin")
        page.goto("/knowledge/new")
        page.get_by_placeholder("标题").fill("宽带移机")
        page.get_by_label("话术内容").nth(0).fill("{客户称呼}，您好")
        page.get_by_label("客户等级").nth(1).select_option("gold")
        page.get_by_label("话术内容").nth(1).fill("金卡您好")
        page.get_by_role("textbox", name="资费").fill("<table><tr><td colspan='2'>免费</td></tr></table>")
        page.get_by_role("button", name=re.compile("^存草稿")).click()
        page.get_by_role("button", name="发布 v1…").click()
        page.locator("#ask-publish").get_by_role("button", name="发布", exact=True).click()
        expect(page.locator("#versions")).to_contain_text("座席现在看到 v1")

    assert 'colspan="2"' in _newest().prices
    assert len(rows(select(Script))) == 2
