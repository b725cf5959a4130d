"""The desk: what an agent finds, how it looks, and what is written down of it."""

import re
import shutil
import sqlite3
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlmodel import select

from core import clock, database, jobs
from core.identity import Actor
from kb import finding, publishing
from kb.models import Article, ArticleVersion
from search import engines, indexing, live
from search.query_log import AskedQuery, DocumentUse
from tests.makers import LIBRARIAN, make_article, make_scopes
from tests.people import hire
from tests.web.browser import HISTORY, HTMX, Browser
from tests.web.records import rows

PAUSED = HTMX | {"X-Settled": "pause"}
ENTERED = HTMX | {"X-Settled": "enter"}


def index() -> None:
    now = clock.now()
    indexing.ensure(at=now)
    jobs.run_all_due(now)


def code_of(version: ArticleVersion) -> str:
    return str(rows(select(Article).where(Article.id == version.article_id))[0].code)


def found_under(answer: str) -> str:
    """Return the address behind the first row."""
    return unescape(str(re.findall(r'href="(/articles/[^"]+)"', answer)[0]))


@pytest.fixture
def library(centre: Path) -> dict[str, ArticleVersion]:
    make_scopes()
    made = {
        "解约": make_article(
            "宽带合约提前解约与违约金",
            answer="满 6 个月后解约按剩余月费的 20% 收违约金。",
            kind="policy",
            similar_questions=["宽带没到期想退要赔钱吗"],
        ),
        "移机": make_article(
            "浙江宽带移机办理", answer="同城移机免费。", kind="procedure", regions=["330000"]
        ),
        "漫游": make_article(
            "国际漫游日本资费", kind="tariff", prices="<p>日本每天 25 元</p>", codes=["GJMY25"]
        ),
    }
    index()
    return made


@pytest.mark.usefixtures("library")
def test_an_agent_comes_to_the_desk_first(chen: Browser) -> None:
    assert chen.get("/").headers["Location"] == "/desk"
    assert "工作台" in chen.get("/desk").text


@pytest.mark.usefixtures("library")
def test_the_list_comes_with_the_first_answer(chen: Browser) -> None:
    reply = chen.get("/desk?q=解约违约金", headers=PAUSED).text

    assert "<html" not in reply
    assert "<mark>解约</mark>" in reply
    assert re.search(r'<hx-partial hx-target="#preview".*一句话答案.*20%', reply, re.DOTALL)


@pytest.mark.usefixtures("library")
def test_while_an_agent_types_a_glance_at_the_first_answer_is_enough(chen: Browser) -> None:
    typed = chen.get("/desk?q=解约违约金", headers=HTMX).text
    settled = chen.get("/desk?q=解约违约金", headers=PAUSED).text

    assert 'class="ans glance"' in typed
    assert re.search(r"一句话答案：</b>[^<]*20%", typed)
    assert "有用" not in typed.partition("glance")[2]
    assert "glance" not in settled
    assert "有用" in settled


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("headers", [{}, HISTORY], ids=["by address", "by the back button"])
def test_without_htmx_the_search_is_a_page_with_its_list_and_answer(
    chen: Browser, headers: dict[str, str]
) -> None:
    page = chen.get("/desk?q=解约违约金", headers=headers).text

    assert "<html" in page
    assert 'value="解约违约金"' in page
    assert found_under(page).startswith("/articles/KB-")
    assert "一句话答案" in page


def test_what_editors_and_agents_type_is_shown_and_never_run(chen: Browser) -> None:
    make_article("解约<script>alert(1)</script>说明", answer="<img src=x> 解约")
    index()

    page = chen.get("/desk?q=解约</title><script>alert(2)</script>").text

    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.usefixtures("library")
def test_the_row_says_why_it_matched_what_it_is_and_where_it_holds(chen: Browser) -> None:
    reply = chen.get("/desk?q=GJMY25", headers=PAUSED).text
    moved = chen.get("/desk?q=移机", headers=PAUSED).text

    assert 'title="为什么找到：代码' in reply
    assert '<div class="w">为什么找到：代码' in reply
    assert ">资费<" in reply
    assert '<span class="tag line">浙江</span>' in moved


def test_no_space_creeps_between_the_marks(chen: Browser) -> None:
    make_article("宽带解约违约金", answer="按合约收取。")
    index()

    reply = chen.get("/desk?q=解约", headers=PAUSED).text

    assert '<div class="t">宽带<mark>解约</mark>违约金</div>' in reply


def test_a_question_without_an_answer_is_found_and_says_so(chen: Browser) -> None:
    make_article("副卡能不能单独销户")
    index()

    reply = chen.get("/desk?q=副卡销户", headers=PAUSED).text

    assert reply.count("待补充答案") >= 2  # in the row and beside it


def test_an_article_that_is_all_script_shows_its_words(chen: Browser) -> None:
    make_article("客户要解约的挽留", kind="script", scripts=[{"text": "先别急着解约，我帮您看看。"}])
    index()

    reply = chen.get("/desk?q=挽留", headers=PAUSED).text

    assert "先别急着解约" in reply
    assert "待补充答案" not in reply


@pytest.mark.usefixtures("library")
def test_typing_is_not_written_down_but_a_settled_question_is(chen: Browser, agent_chen: Actor) -> None:
    chen.get("/desk?q=解约", headers=HTMX)
    chen.get("/desk?q=解约违约金 13812345678", headers=ENTERED)

    [asked] = rows(select(AskedQuery))
    assert (asked.staff_id, asked.settled_by) == (agent_chen.staff_id, "enter")
    assert asked.text == "解约违约金 13*******78"
    assert asked.result_count >= 1


@pytest.mark.usefixtures("library")
def test_who_comes_back_to_a_page_has_not_asked_again(chen: Browser) -> None:
    chen.get("/desk?q=解约")
    chen.get("/desk?q=解约", headers=HISTORY)

    assert len(rows(select(AskedQuery))) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient", "library")
def test_a_busy_database_costs_the_log_an_entry_and_the_agent_nothing(
    chen: Browser, centre: Path, caplog: pytest.LogCaptureFixture
) -> None:
    holder = sqlite3.connect(centre / "zhida.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    answer = chen.get("/desk?q=解约违约金", headers=PAUSED)
    holder.execute("ROLLBACK")
    holder.close()

    assert "20%" in answer.text
    assert "was lost" in caplog.text
    assert rows(select(AskedQuery)) == []


@pytest.mark.usefixtures("library")
def test_a_search_that_finds_nothing_says_what_to_try(chen: Browser) -> None:
    nothing = chen.get("/desk?q=hippopotamus&region=510000&kind=fault", headers=PAUSED).text

    assert "没有找到“hippopotamus”" in nothing
    assert 'href="/desk?q=hippopotamus&amp;region="' in nothing


@pytest.mark.usefixtures("library")
def test_an_engine_that_is_down_is_never_called_nothing_found(chen: Browser, centre: Path) -> None:
    engines.forget()
    shutil.rmtree(centre / "index")

    down = chen.get("/desk?q=hippopotamus", headers=PAUSED).text

    assert "检索暂时不可用" in down
    assert "没有找到" not in down
    assert 'hx-target="#preview"' not in down  # the answer that is being read stays


@pytest.mark.usefixtures("library")
def test_a_kind_narrows_the_list_and_stays_for_the_next_question(chen: Browser) -> None:
    reply = chen.get("/desk?q=宽带&kind=procedure", headers=PAUSED).text

    assert "移机" in reply
    assert "提前解约" not in reply
    assert '<input type="hidden" name="kind" value="procedure">' in reply
    assert re.search(r'id="chip-policy"[^>]*>政策 1', reply)


@pytest.mark.usefixtures("library")
def test_counts_say_that_not_all_were_counted(chen: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.search(r'id="chip-all"[^>]*>全部 \d+<', chen.get("/desk?q=宽带", headers=PAUSED).text)
    for name in ("COUNTED", "PAGE"):
        monkeypatch.setattr(finding, name, 2)

    reply = chen.get("/desk?q=宽带", headers=PAUSED).text

    assert re.search(r'id="chip-all"[^>]*>全部 2\+<', reply)
    assert re.search(r'id="chip-procedure"[^>]*>流程 1\+<', reply)
    assert "2+ 条" in reply


@pytest.mark.usefixtures("library")
def test_what_holds_elsewhere_is_not_counted_and_what_holds_everywhere_is(chen: Browser) -> None:
    in_hangzhou = chen.get("/desk?q=宽带&region=330100", headers=PAUSED).text
    in_sichuan = chen.get("/desk?q=宽带&region=510000", headers=PAUSED).text

    assert re.search(r"\b2 条", in_hangzhou)
    assert "仅限浙江" not in in_hangzhou
    assert re.search(r"\b1 条", in_sichuan)
    assert "违约金" in in_sichuan


@pytest.mark.usefixtures("library")
def test_the_region_is_remembered_for_the_person_and_not_for_the_next_at_the_same_desk(
    chen: Browser, app: FastAPI
) -> None:
    chen.get("/desk?q=宽带&region=510000", headers=PAUSED)

    again = chen.get("/desk?q=宽带").text
    chen.enter(hire("zhou", "周远", "agent"))
    next_person = chen.get("/desk?q=宽带").text

    assert re.search(r'<option value="510000"\s+selected>', again)
    assert not re.search(r"<option[^>]+selected>", next_person)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("region", ["../../etc", "x" * 99, "<b>", "999999"])
def test_a_region_that_does_not_exist_does_no_harm(chen: Browser, region: str) -> None:
    answer = chen.get("/desk", params={"q": "违约金", "region": region}, headers=PAUSED)

    assert answer.status_code == 200
    assert "20%" in answer.text


def test_another_teams_article_is_neither_listed_nor_counted(chen: Browser) -> None:
    hire("zheng", "郑凯", "agent", team="enterprise")
    make_article("政企专线解约", answer="政企口径", teams=["enterprise"])
    index()

    reply = chen.get("/desk?q=政企专线解约", headers=PAUSED).text

    assert "没有找到" in reply


@pytest.mark.usefixtures("library")
def test_a_preview_is_no_opening_but_a_choice_is(chen: Browser) -> None:
    first = found_under(chen.get("/desk?q=解约违约金", headers=PAUSED).text)
    preview = first.replace("/articles/", "/desk/answers/")

    chen.get(preview, headers=HTMX)
    before = rows(select(DocumentUse))
    chen.get(preview, headers=HTMX | {"X-Opened": "true"})

    [used] = rows(select(DocumentUse))
    assert before == []
    assert (used.action, used.position) == ("opened", 1)
    assert str(used.query_id) == parse_qs(urlsplit(first).query)["search"][0]


@pytest.mark.usefixtures("library")
def test_a_preview_without_htmx_is_the_article_itself(chen: Browser) -> None:
    answer = chen.get("/desk/answers/KB-00001?place=2")

    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "http://testserver/articles/KB-00001?place=2",
    )


def test_before_a_question_stand_own_readings_the_centres_questions_and_the_news(
    chen: Browser, he: Browser, library: dict[str, ArticleVersion]
) -> None:
    he.get("/desk?q=漫游日本", headers=ENTERED)
    chen.get(f"/articles/{code_of(library['移机'])}")

    start = chen.get("/desk").text
    of_he = he.get("/desk").text

    assert re.search(r"我最近看过.*浙江宽带移机办理.*看过.*今天中心在问", start, re.DOTALL)
    assert re.search(r"今天中心在问.*漫游日本.*1 人问过", start, re.DOTALL)
    assert re.search(r"最近更新.*国际漫游日本资费", start, re.DOTALL)
    assert "还没有看过知识" in of_he


def test_what_was_read_and_then_withdrawn_is_gone_from_the_list(
    chen: Browser, library: dict[str, ArticleVersion]
) -> None:
    chen.get(f"/articles/{code_of(library['移机'])}")
    with database.unit_of_work() as session:
        publishing.withdraw(session, library["移机"].article_id, actor=LIBRARIAN, at=clock.now())

    assert "浙江宽带移机办理" not in chen.get("/desk").text


def test_ten_results_cost_as_many_statements_as_one(
    chen: Browser, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOKS_EVERY_SECONDS", 3600)  # or a look for changes falls into one of the two
    make_article("解约说明一", answer="一")
    index()
    chen.get("/desk?q=解约", headers=HTMX)
    statements.clear()
    assert chen.get("/desk?q=解约", headers=HTMX).text.count('class="result"') == 1
    for_one = len(statements)

    for number in range(9):
        make_article(f"解约说明 {number}", answer=f"答 {number}")
    index()
    statements.clear()
    assert chen.get("/desk?q=解约", headers=HTMX).text.count('class="result"') == 10

    assert len(statements) == for_one


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "?",
        "%",
        "\x00",
        "a" * 10_000,
        "😀🈲",
        '") OR 1=1 --',
        "title:(",
        "[1 TO 9]",
        "\ufdfa" * 50,
        "AND",
    ],
)
@pytest.mark.usefixtures("library")
def test_nothing_that_a_person_types_breaks_the_desk(chen: Browser, typed: str) -> None:
    assert chen.get("/desk", params={"q": typed}, headers=PAUSED).status_code == 200
    assert chen.get("/desk", params={"q": typed}).status_code == 200


def test_the_row_shows_the_answer_unless_only_the_rest_speaks_of_what_was_asked(chen: Browser) -> None:
    make_article("携号转网", answer="先发短信查询资格。", steps="<p>持证件到营业厅办理过户</p>")
    index()

    told = chen.get("/desk?q=携号转网资格", headers=PAUSED).text
    within = chen.get("/desk?q=过户", headers=PAUSED).text

    assert '<div class="s">先发短信查询<mark>资格</mark>。</div>' in told
    assert '<div class="s">持证件到营业厅办理<mark>过户</mark></div>' in within
