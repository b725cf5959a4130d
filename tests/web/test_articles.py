"""The article page: reading, copying what may be said, and saying what is wrong."""

import re
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from core import clock, database
from core.identity import Actor
from kb import publishing
from kb.models import Article, ArticleVersion, Feedback, Script
from search import indexing
from search.query_log import AskedQuery, DocumentUse
from tests.makers import LIBRARIAN, make_article, make_indexed, make_scopes
from tests.people import hire
from tests.web.browser import HERE, HTMX, Browser
from tests.web.records import rows

SCRIPT = "{客户称呼}，您的违约金是{金额}元，{客户称呼}还有别的问题吗？"


def address(version: ArticleVersion) -> str:
    return f"/articles/{rows(select(Article).where(Article.id == version.article_id))[0].code}"


def script_of(version: ArticleVersion, tier: str | None = None) -> str:
    theirs = select(Script).where(Script.version_id == version.id, Script.tier_code == tier)
    return str(rows(theirs)[0].id)


@pytest.fixture
def contract(centre: Path) -> ArticleVersion:
    make_scopes()
    return make_article(
        "宽带合约提前解约",
        answer="按剩余月费的 20% 收取。",
        conditions="<p>合约期内</p>",
        prices='<table><tr><td colspan="2">20%</td></tr></table>',
        steps="<ol><li>核验身份</li></ol>",
        internal_note="<p>二线可减免三成</p>",
        scripts=[{"text": SCRIPT}, {"tier": "gold", "text": "{客户称呼}，金卡减半。"}],
        similar_questions=["宽带没到期想退"],
        codes=["KDJY"],
        regions=["330000"],
    )


def test_the_page_holds_the_whole_answer_card(chen: Browser, contract: ArticleVersion) -> None:
    page = chen.get(address(contract)).text

    for part in (
        "现行有效",
        "按剩余月费",
        "合约期内",
        'colspan="2"',
        "核验身份",
        "宽带没到期想退",
        "KDJY",
        "浙江",
    ):
        assert part in page
    assert re.search(r"内部备注.*二线可减免三成", page, re.DOTALL)
    assert re.search(r">通用</label>.*>金卡</label>", page, re.DOTALL)


def test_each_blank_is_asked_for_once_beside_its_script(chen: Browser, contract: ArticleVersion) -> None:
    page = chen.get(address(contract)).text

    assert re.findall(r'data-blank="([^"]+)"', page) == ["客户称呼", "金额", "客户称呼"]
    assert '<span class="var" data-for="金额">{金额}</span>元，<span' in page


def test_no_copy_button_reaches_the_internal_note(chen: Browser, contract: ArticleVersion) -> None:
    page = chen.get(address(contract)).text
    sources = re.findall(r'data-copy="#([^"]+)"', page)

    copied = [re.findall(rf'id="{source}">(.*?)</div>', page, re.DOTALL)[0] for source in sources]

    assert ["您的违约金是" in copied[0], "金卡减半" in copied[1]] == [True, True]
    assert not any("二线" in words or "内部" in words for words in copied)


def test_opening_a_page_is_written_down_as_a_reading(
    chen: Browser, agent_chen: Actor, contract: ArticleVersion
) -> None:
    chen.get(address(contract))

    [read] = rows(select(DocumentUse))
    assert (read.staff_id, read.query_id, read.action) == (agent_chen.staff_id, None, "opened")
    assert read.document_id == str(contract.article_id)


def test_a_colleagues_search_in_the_address_is_a_reading_of_ones_own(
    chen: Browser, he: Browser, contract: ArticleVersion, agent_chen: Actor
) -> None:
    indexing.ensure(at=clock.now())
    he.get("/desk?q=解约")
    search = rows(select(AskedQuery))[0].id

    chen.get(f"{address(contract)}?search={search}&place=1")

    [read] = rows(select(DocumentUse))
    assert (read.staff_id, read.query_id) == (agent_chen.staff_id, None)


def test_a_copy_is_tied_to_the_search_that_led_to_it(chen: Browser, contract: ArticleVersion) -> None:
    chen.get("/desk?q=解约")
    search = rows(select(AskedQuery))[0].id
    fields = {"script": script_of(contract), "search": str(search), "place": "1"}

    first = chen.submit(f"{address(contract)}/copies", fields, headers=HTMX)
    chen.submit(f"{address(contract)}/copies", fields, headers=HTMX)

    [copied] = rows(select(DocumentUse))
    assert first.status_code == 204
    assert (copied.query_id, copied.action, copied.position) == (search, "copied", 1)


def test_without_javascript_the_words_come_filled_in_and_name_what_is_open(
    chen: Browser, contract: ArticleVersion
) -> None:
    page = chen.submit(
        f"{address(contract)}/copies", {"script": script_of(contract), "blank.客户称呼": "王女士"}
    ).text

    assert "王女士，您的违约金是{金额}元，王女士还有别的问题吗？" in page
    assert "还有空没填：金额" in page
    assert len(rows(select(DocumentUse))) == 1


def test_a_script_of_another_article_cannot_be_copied_here(chen: Browser, contract: ArticleVersion) -> None:
    other = make_article("另一篇", scripts=[{"text": "别的话"}])

    refused = chen.submit(f"{address(contract)}/copies", {"script": script_of(other)}, headers=HTMX)

    assert refused.status_code == 404
    assert rows(select(DocumentUse)) == []


@pytest.mark.parametrize("script", ["", "none", "00000000-0000-4000-8000-000000000000"])
def test_a_copy_of_nothing_is_refused_and_says_what_to_do(
    chen: Browser, contract: ArticleVersion, script: str
) -> None:
    refused = chen.submit(f"{address(contract)}/copies", {"script": script}, headers=HTMX)

    assert refused.status_code in {404, 422}
    assert "请刷新页面" in refused.text


def test_what_is_for_staff_only_says_so_and_cannot_be_copied(chen: Browser) -> None:
    inside = make_article("减免权限", answer="班长可批", audience="staff", scripts=[{"text": "您好"}])

    page = chen.get(address(inside)).text
    copied = chen.submit(f"{address(inside)}/copies", {"script": script_of(inside)}, headers=HTMX)

    assert "仅供内部：" in page
    assert "data-copy" not in page
    assert copied.status_code == 409
    assert "仅供内部" in copied.text


def test_an_expired_article_shows_its_dates_and_offers_no_copy(chen: Browser) -> None:
    yesterday = clock.day_of(clock.now()) - timedelta(days=1)
    last_spring = make_article(
        "春节流量包", answer="十元三天", valid_from=date(2026, 1, 20), valid_until=yesterday,
        scripts=[{"text": "您好"}], at=clock.now() - timedelta(days=5),
    )  # fmt: skip

    page = chen.get(address(last_spring)).text
    copied = chen.submit(f"{address(last_spring)}/copies", {"script": script_of(last_spring)}, headers=HTMX)

    assert "这篇知识已失效" in page
    assert f"至 {yesterday}" in page
    assert "data-copy" not in page
    assert copied.status_code == 409


def test_a_withdrawn_article_can_be_read_as_such_and_not_copied(
    chen: Browser, contract: ArticleVersion
) -> None:
    with database.unit_of_work() as session:
        publishing.withdraw(session, contract.article_id, actor=LIBRARIAN, at=clock.now())

    page = chen.get(address(contract)).text

    assert "这篇知识已撤回" in page
    assert "data-copy" not in page


@pytest.mark.parametrize("code", ["KB-99999", "KB-abc", "..%2f..%2fetc", "KB-00001%00", "９９"])
def test_an_article_that_is_not_there_is_a_page_that_says_so(chen: Browser, code: str) -> None:
    missing = chen.get(f"/articles/{code}")

    assert missing.status_code == 404
    assert "没有这" in missing.text


def test_another_teams_article_does_not_exist_for_an_agent(chen: Browser, he: Browser) -> None:
    hire("zheng", "郑凯", "agent", team="enterprise")
    theirs = make_article("政企专线", teams=["enterprise"], scripts=[{"text": "您好"}])

    assert chen.get(address(theirs)).status_code == 404
    assert chen.get(address(theirs).replace("/articles", "/desk/answers"), headers=HTMX).status_code == 404
    for deed in ("copies", "feedback"):
        fields = {"script": script_of(theirs), "verdict": "useful"}
        assert chen.submit(f"{address(theirs)}/{deed}", fields).status_code == 404
    assert he.get(address(theirs)).status_code == 200
    assert rows(select(Feedback)) == []


def test_a_second_vote_takes_the_place_of_the_first(
    chen: Browser, agent_chen: Actor, contract: ArticleVersion
) -> None:
    where = f"{address(contract)}/feedback"

    chen.submit(where, {"verdict": "useful"}, headers=HTMX)
    shown = chen.submit(where, {"verdict": "useless"}, headers=HTMX)

    [vote] = rows(select(Feedback))
    assert (vote.verdict, vote.staff_id, vote.version_id) == ("useless", agent_chen.staff_id, contract.id)
    assert re.search(r'value="useless"\s+aria-pressed="true"', shown.text)
    assert "toast" in shown.headers["HX-Trigger"]


def test_the_useful_share_stands_in_the_row(chen: Browser, he: Browser) -> None:
    voted = make_indexed("解约说明", answer="一")
    indexing.ensure(at=clock.now())
    chen.submit(f"{address(voted)}/feedback", {"verdict": "useful"})
    he.submit(f"{address(voted)}/feedback", {"verdict": "useless"})

    assert "有用 50%" in chen.get("/desk?q=解约").text


def test_a_correction_without_words_keeps_the_form_open_and_says_what_is_missing(
    chen: Browser, contract: ArticleVersion
) -> None:
    refused = chen.submit(f"{address(contract)}/feedback", {"verdict": "correction"}, headers=HTMX)

    assert refused.status_code == 422
    assert "请写明哪里有误" in refused.text
    assert '<details class="fix" open>' in refused.text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_correction_that_is_too_long_keeps_what_was_typed(
    chen: Browser, contract: ArticleVersion, headers: dict[str, str]
) -> None:
    typed = "比例已改<15%>" + "字" * 500

    refused = chen.submit(
        f"{address(contract)}/feedback", {"verdict": "correction", "comment": typed}, headers=headers
    )

    assert refused.status_code == 422
    assert "比例已改&lt;15%&gt;" in refused.text
    assert "超过 500 字" in refused.text
    assert rows(select(Feedback)) == []


def test_a_correction_reaches_the_editors_with_the_search_that_led_to_it(
    chen: Browser, contract: ArticleVersion
) -> None:
    search = uuid4()

    done = chen.submit(
        f"{address(contract)}/feedback",
        {"verdict": "correction", "comment": "应为 15%", "search": str(search)},
    )

    [correction] = rows(select(Feedback))
    assert (correction.comment, correction.search_id) == ("应为 15%", search)
    assert (done.status_code, done.headers["Location"]) == (303, f"{address(contract)}#feedback")


def test_an_opinion_that_is_none_is_refused(chen: Browser, contract: ArticleVersion) -> None:
    refused = chen.submit(f"{address(contract)}/feedback", {"verdict": "great"})

    assert refused.status_code == 422
    assert "请刷新页面" in refused.text


def test_a_forged_vote_is_refused(chen: Browser, contract: ArticleVersion) -> None:
    refused = chen.post(f"{address(contract)}/feedback", data={"verdict": "useful"}, headers=HERE)

    assert refused.status_code == 403
    assert rows(select(Feedback)) == []
