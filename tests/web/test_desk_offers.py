"""However it is typed it is understood, and what was taken for what is said."""

from pathlib import Path

import pytest

from core import clock, jobs
from search import indexing
from tests.makers import make_article
from tests.web.browser import HTMX, Browser

TYPING = HTMX
PAUSED = HTMX | {"X-Settled": "pause"}


@pytest.fixture(autouse=True)
def _library(centre: Path) -> None:
    make_article("国际漫游开通", keywords=["国际漫游"])
    make_article("流量结转规则", keywords=["流量结转"])
    make_article("固话月租", answer="每月 10 元", keywords=["固话"])
    now = clock.now()
    indexing.ensure(at=now)
    jobs.run_all_due(now)


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("guojimanyou", "<mark>国际漫游</mark>"),
        ("gjmy", "<mark>国际漫游</mark>"),
        ("liu liang jie zhuan", "<mark>流量结转</mark>"),
        ("lljz", "<mark>流量结转</mark>"),
        ("國際漫遊", "<mark>国际漫游</mark>"),
        ("国际慢游", "<mark>国际漫游</mark>"),
        ("liuljz", "<mark>流量结转</mark>"),
    ],
)
def test_hanzi_are_marked_however_they_were_typed(chen: Browser, typed: str, marked: str) -> None:
    assert marked in chen.get("/desk", params={"q": typed}, headers=PAUSED).text


def test_a_slip_is_looked_up_as_what_it_sounds_like_and_that_is_said(chen: Browser) -> None:
    reply = chen.get("/desk?q=国际慢游", headers=PAUSED).text

    assert "“国际慢游”同音" in reply
    assert "<b>国际漫游</b>" in reply
    assert "exact=true" in reply


def test_a_correction_can_be_refused(chen: Browser) -> None:
    reply = chen.get("/desk?q=蛮尤&exact=true", headers=PAUSED).text

    assert 'class="result"' in chen.get("/desk?q=蛮尤", headers=PAUSED).text
    assert 'class="result"' not in reply
    assert "同音" not in reply


def test_while_typing_it_offers_how_to_go_on(chen: Browser) -> None:
    assert ">流量结转</a>" in chen.get("/desk?q=流量结", headers=TYPING).text
    assert ">流量结转</a>" in chen.get("/desk?q=liul", headers=TYPING).text
    assert "接着输入" not in chen.get("/desk?q=流量结", headers=PAUSED).text


def test_a_row_says_by_which_synonym_it_was_found(chen: Browser) -> None:
    reply = chen.get("/desk?q=座机月租", headers=PAUSED).text

    assert "同义词 座机月租→固话月租" in reply


def test_what_may_not_be_read_is_not_offered(chen: Browser, lin: Browser) -> None:
    make_article("机密割接预案", keywords=["割接预案"], audience="staff")
    make_article("班组内部口诀", keywords=["内部口诀"], teams=["knowledge"])
    make_article("未来套餐星耀", keywords=["星耀套餐"], published=False)

    for typed in ("割接", "内部口", "星耀", "xingyao", "gjya"):
        reply = chen.get("/desk", params={"q": typed}, headers=TYPING).text
        assert all(secret not in reply for secret in ("割接预案", "内部口诀", "星耀套餐")), typed


def test_nothing_found_offers_near_terms(chen: Browser) -> None:
    reply = chen.get("/desk?q=卫星漫游器", headers=HTMX | {"X-Settled": "enter"}).text

    if 'class="result"' not in reply:
        assert "相近的词" in reply


@pytest.mark.parametrize("typed", ["'\"<b>", "品牌:<script>", '-"“', "a" * 3000, "\ufdfa" * 50, "“" * 99])
def test_whatever_is_typed_nothing_breaks(chen: Browser, typed: str) -> None:
    for headers in (TYPING, PAUSED):
        reply = chen.get("/desk", params={"q": typed}, headers=headers)
        assert reply.status_code == 200
        assert "<script>" not in reply.text
