"""The desk: what an agent finds, how it looks, and what is written down of it."""

import logging
import re
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from core import clock, database, jobs
from core.identity import Actor
from kb import publishing
from kb.feedback import give
from kb.answers import answer_for
from kb.models import Article, ArticleVersion, Verdict
from search import engines, indexing
from search.query_log import Action, AskedQuery, DocumentUse
from tests.conftest import MONDAY_MORNING
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
    return rows(select(Article).where(Article.id == version.article_id))[0].code


def found_under(answer: str) -> str:
    """Return the address behind the first row."""
    return re.findall(r'href="(/articles/[^"]+)"', answer)[0].replace("&amp;", "&")


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
        "移机": make_article("浙江宽带移机办理", answer="同城移机免费。", kind="procedure", regions=["330000"]),
        "漫游": make_article("国际漫游日本资费", kind="tariff", prices="<p>日本每天 25 元</p>", codes=["GJMY25"]),
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

    assert 'title="代码' in reply
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


@pytest.mark.usefixtures("library")
def test_a_busy_database_costs_the_log_its_entry_and_the_agent_nothing(
    chen: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with database.engine().connect() as other:
        other.exec_driver_sql("COMMIT")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with database.engine().connect() as impatient:
            impatient.exec_driver_sql("PRAGMA busy_timeout=1")
        monkeypatch.setattr("core.database.BUSY_SECONDS", 0.01)
        answer = chen.get("/desk?q=解约", headers=PAUSED)

    assert "20%" in answer.text
    assert "note on the use of the knowledge was lost" in caplog.text
    assert rows(select(AskedQuery)) == []
