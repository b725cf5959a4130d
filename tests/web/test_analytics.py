"""Search analytics on screen: what an editor and a supervisor see of how the centre searches."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import UUID

import pytest

from core import clock, database
from core.identity import Actor
from search.query_kinds import QueryKind
from tests.makers import make_article
from tests.people import hire
from tests.search.logged import log_search
from tests.web.browser import HTMX, Browser

Ask = Callable[..., UUID]
LONG = "我家宽带装了十个月现在要去外地上班想退掉你先帮我算算一共得交多少钱" * 5


@pytest.fixture
def ask(agent_chen: Actor) -> Ask:
    """Log a search of so many minutes ago; by 陈静 unless somebody else is named."""

    def ask(text: str, minutes_ago: float = 0, *, by: Actor = agent_chen, **what: object) -> UUID:
        at = clock.now() - timedelta(minutes=minutes_ago, seconds=1)
        with database.unit_of_work() as session:
            return log_search(session, by, text, at=at, **what)  # type: ignore[arg-type]

    return ask


def links(html: str, path: str) -> list[dict[str, list[str]]]:
    """Return what the links to that address say."""
    found = [unescape(href) for href in re.findall(r'href="([^"]+)"', html)]
    return [parse_qs(urlsplit(href).query) for href in found if urlsplit(href).path == path]


def figure(html: str, name: str) -> str:
    """Return what stands under a name in the row of figures."""
    found = re.search(rf'<span class="l">{name}</span><span class="v">(.*?)</span>', html)
    assert found
    return re.sub("<[^>]+>", "", found[1])


def test_the_figures_of_the_week_stand_on_top(lin: Browser, ask: Ask) -> None:
    ask("宽带移机", 50, used=1, took=10)
    ask("国际漫游", 40, used=3, took=20)
    ask("云盘扩容", 30, found=0, took=30)
    ask("副卡月租", 20, took=400, degraded=True)

    page = lin.get("/analytics?days=2").text

    said = {name: figure(page, name) for name in ("检索次数", "没有结果", "有结果没人点", "前 3 条就用上")}
    assert said == {"检索次数": "4", "没有结果": "25.0%", "有结果没人点": "25.0%", "前 3 条就用上": "50.0%"}
    assert (figure(page, "平均位置"), figure(page, "耗时 P95"), figure(page, "降级")) == (
        "2.0",
        "400毫秒",
        "25.0%",
    )
    assert "1 人用过" in page
    assert "语义较慢，本次仅按关键词 1 次" in page


def test_a_centre_that_has_not_searched_says_so(lin: Browser) -> None:
    page = lin.get("/analytics")

    assert page.status_code == 200
    assert "这段时间没有人检索" in page.text


def test_htmx_gets_the_figures_and_the_chosen_days(lin: Browser, ask: Ask) -> None:
    ask("宽带移机", found=0)

    part = lin.get("/analytics?days=30&table=nothing", headers=HTMX).text

    assert "<html" not in part
    assert re.search(
        r'<hx-partial hx-target="#period">.*class="on" aria-current="true">近 30 天', part, re.DOTALL
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("days=2", {"云盘", "平板"}),
        ("days=2&team=broadband", {"平板"}),
        ("days=2&kind=full_pinyin", set()),
        ("days=2&kind=hanzi&team=hotline1", {"云盘"}),
        ("since=2020-01-01&until=2020-01-31", set()),
        ("since=2100-01-01&until=0001-01-01", {"云盘", "平板"}),
        ("days=2&team=&kind=&since=&until=", {"云盘", "平板"}),
    ],
)
def test_the_searches_are_narrowed_by_time_team_and_kind(
    lin: Browser, ask: Ask, address: str, shown: set[str]
) -> None:
    ask("云盘", found=0)
    ask("平板", found=0, by=hire("sun", "孙浩然", "agent", team="broadband"))

    page = lin.get(f"/analytics?{address}").text

    assert {text for text in ("云盘", "平板") if f">{text}</a>" in page} == shown


@pytest.mark.parametrize("address", ["kind=morse", "days=0", "days=x", "table=none", "since=yesterday"])
def test_an_address_that_means_nothing_is_said_to(lin: Browser, address: str) -> None:
    assert lin.get(f"/analytics?{address}").status_code == 422


def test_each_failed_query_opens_its_searches(he: Browser, ask: Ask) -> None:
    ask("云盘", 20, found=0)
    ask("云盘", 10, used=2)

    [row] = [one for one in links(he.get("/analytics?days=2").text, "/analytics/queries") if "text" in one]
    failed = he.get(f"/analytics/queries?text={quote(row['text'][0])}&ending={row['ending'][0]}&days=2").text

    assert (row["text"], row["ending"], row["days"]) == (["云盘"], ["nothing"], ["2"])
    assert failed.count('id="query-') == 1
    assert "没有点开" in failed


def test_the_searches_say_who_found_what_and_used_which(he: Browser, ask: Ask) -> None:
    version = make_article("宽带移机办理")
    ask("移机", used=3, took=17, document=str(version.article_id), degraded=True)

    page = he.get("/analytics/queries?days=2").text

    assert "第 3 条" in page
    assert ">宽带移机办理</a>" in page
    assert all(word in page for word in ("陈静", "hotline1", "汉字", ">降级<", "17"))


def test_what_is_no_longer_there_is_not_named(he: Browser, ask: Ask) -> None:
    ask("移机", used=1, document=str(UUID(int=7)))

    assert "已下线或您无权查看" in he.get("/analytics/queries?days=2").text


def test_names_are_for_those_who_may_see_the_staff(lin: Browser, he: Browser, ask: Ask) -> None:
    ask("移机")

    assert "陈静" not in lin.get("/analytics/queries?days=2").text
    assert "陈静" in he.get("/analytics/queries?days=2").text


def test_a_question_put_in_other_words_opens_all_its_wordings(lin: Browser, ask: Ask) -> None:
    ask("挪网线", 10)
    ask("把网挪走", 9.5)
    ask("宽带移机", 9, used=1)
    ask("发票", 5)

    table = lin.get("/analytics?days=2&table=rewordings").text
    there = next(one for one in links(table, "/analytics/queries") if "then" in one)
    every = lin.get(f"/analytics/queries?{urlencode(there, doseq=True)}").text

    assert (there["text"], there["then"]) == (["挪网线"], ["把网挪走", "宽带移机"])
    assert "挪网线 → 把网挪走 → 宽带移机" in table
    assert "1 / 1" in table
    assert every.count('id="query-') == 3


def test_the_last_wording_goes_with_the_first_to_the_form_of_synonyms(lin: Browser, ask: Ask) -> None:
    ask("挪网线", 10)
    ask("宽带移机", 9.5, used=1)

    page = lin.get("/analytics?days=2&table=rewordings").text

    assert links(page, "/lexicon/new") == [{"kind": ["synonym"], "term": ["挪网线"], "meant": ["宽带移机"]}]


def test_each_search_in_the_list_behind_a_figure_can_be_mended(lin: Browser, he: Browser, ask: Ask) -> None:
    ask("云盘", 10)
    ask("光猫", 5)

    page = lin.get("/analytics/queries?days=2").text

    assert {one["term"][0] for one in links(page, "/lexicon/new")} == {"云盘", "光猫"}
    assert page.count('action="/lab/golden"') == 2
    assert "/lexicon/new" not in he.get("/analytics/queries?days=2").text


def test_what_no_synonym_can_be_is_not_offered_as_one(lin: Browser, ask: Ask) -> None:
    ask("我" * 21, found=0)
    ask("云盘、网盘", 5, found=0)

    assert links(lin.get("/analytics?days=2").text, "/lexicon/new") == []


@pytest.mark.parametrize(
    ("table", "label", "only"),
    [("teams", "hotline1", {"team": ["hotline1"]}), ("kinds", "首字母", {"kind": ["initials"]})],
)
def test_each_team_and_kind_opens_its_searches(
    lin: Browser, ask: Ask, table: str, label: str, only: dict[str, list[str]]
) -> None:
    ask("llb", used=1)

    page = lin.get(f"/analytics?days=2&table={table}").text

    assert f">{label}</a>" in page
    assert any(only.items() <= one.items() for one in links(page, "/analytics/queries"))


def test_each_day_opens_its_searches(lin: Browser, ask: Ask) -> None:
    ask("移机")
    today = clock.day_of(clock.now() - timedelta(seconds=1)).isoformat()

    page = lin.get("/analytics?days=30&table=days").text

    days = [one for one in links(page, "/analytics/queries") if one.get("since") == [today]]
    assert len(days) == 2  # the bar and the row
    assert lin.get(f"/analytics/queries?since={today}&until={today}").text.count('id="query-') == 1


def test_an_editor_makes_a_golden_query_or_a_synonym_of_it(lin: Browser, ask: Ask) -> None:
    ask("云盘 & 网盘", found=0)

    page = lin.get("/analytics?days=2").text

    form = re.search(r'<form method="post" action="/lab/golden">.*?</form>', page, re.DOTALL)
    assert form
    assert '<input type="hidden" name="text" value="云盘 &amp; 网盘">' in form[0]
    assert '<input type="hidden" name="from" value="analytics">' in form[0]
    assert 'name="csrf_token"' in form[0]
    assert links(page, "/lexicon/new") == [{"kind": ["synonym"], "term": ["云盘 & 网盘"]}]


def test_a_text_of_which_the_log_has_only_the_ends_is_offered_to_nobody(lin: Browser, ask: Ask) -> None:
    ask("13800138000", found=0)

    page = lin.get("/analytics?days=2").text

    assert "13*******00" in page
    assert "/lexicon/new" not in page


def test_a_supervisor_sees_the_queries_and_not_the_editors_buttons(he: Browser, ask: Ask) -> None:
    ask("云盘", found=0)

    page = he.get("/analytics?days=2").text

    assert ">云盘</a>" in page
    assert "加入标准问题" not in page
    assert "/lexicon/new" not in page


@pytest.mark.parametrize(("who", "sees"), [("chen", False), ("lin", True), ("he", True), ("wu", True)])
def test_the_rail_leads_there_for_those_who_may(who: str, sees: bool, request: pytest.FixtureRequest) -> None:
    browser = request.getfixturevalue(who)

    assert ("<span>检索分析</span>" in browser.get("/account").text) == sees
    assert browser.get("/analytics").status_code == (200 if sees else 403)


def test_what_was_typed_is_shown_and_never_run(lin: Browser, ask: Ask) -> None:
    ask("<script>alert(1)</script>", found=0)
    ask(LONG[:200], 5, found=0)

    for path in ("/analytics?days=2", "/analytics/queries?days=2"):
        page = lin.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert LONG[:200] in page


def read_file(browser: Browser, address: str) -> list[list[str]]:
    answer = browser.get(f"/analytics/table.csv?{address}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_table_is_taken_along_as_a_file_in_which_nothing_is_executed(lin: Browser, ask: Ask) -> None:
    ask("=1+1,漫游", found=0)
    ask("13800138000 欠费", 5, found=0)

    headings, *rows = read_file(lin, "days=2&table=nothing")

    assert headings == ["查询", "次数", "人数", "最近一次"]
    assert {row[0] for row in rows} == {"'=1+1,漫游", "13*******00 欠费"}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("unused", ["挪网线", "1", "1"]),
        ("rewordings", ["挪网线 → 宽带移机", "1", "1", "1"]),
        ("teams", ["hotline1", "2", "0", "1", "1", "1", "1", "1.0000", "12", "12", "12", "0"]),
        ("kinds", ["汉字", "2", "0", "1", "1", "1", "1", "1.0000", "12", "12", "12", "0"]),
    ],
)
def test_every_table_has_its_file(lin: Browser, ask: Ask, table: str, row: list[str]) -> None:
    ask("挪网线", 10)
    ask("宽带移机", 9.5, used=1)

    headings, first, *_ = read_file(lin, f"days=2&table={table}")

    assert first[: len(row)] == row
    assert len(headings) == len(first)


def test_the_file_of_days_has_a_line_for_each(lin: Browser, ask: Ask) -> None:
    ask("移机")

    headings, *rows = read_file(lin, "days=30&table=days")

    assert headings[:2] == ["按天", "检索次数"]
    assert [row[1] for row in rows] == ["1"]


def test_every_kind_can_be_chosen(lin: Browser) -> None:
    page = lin.get("/analytics").text

    assert all(f'<option value="{kind}"' in page for kind in QueryKind)
