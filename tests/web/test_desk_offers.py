"""However it is typed it is understood, and what was taken for what is said."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from core import clock, database, jobs
from core.identity import Actor
from kb import adoption
from kb.models import ArticleVersion
from kb.search_source import key_of
from search import indexing, live
from search.query_log import Action, note_use
from tests.makers import make_article, make_scopes
from tests.web.browser import HTMX, Browser

TYPING = HTMX
PAUSED = HTMX | {"X-Settled": "pause"}


def unmarked(reply: str) -> str:
    return re.sub("</?mark>", "", reply)


def popular(reply: str) -> list[str]:
    _, _, shown = reply.partition("大家常用的答案")
    return re.findall(r'<span class="trunc">([^<]+)</span></a></li>', shown)


@pytest.fixture
def used(_library: ArticleVersion, agent_chen: Actor) -> ArticleVersion:
    """Let an agent have copied from an article, and that be counted."""
    now = clock.now()
    with database.unit_of_work() as session:
        key = key_of(_library.article_id)
        note_use(session, None, key, Action.COPIED, position=1, staff_id=agent_chen.staff_id, at=now)
        jobs.enqueue(session, adoption.COUNT, {}, at=now)
    jobs.run_all_due(now)
    live.forget()
    return _library


@pytest.fixture(autouse=True)
def _library(centre: Path) -> ArticleVersion:
    make_article("国际漫游开通", keywords=["国际漫游"])
    made = make_article("流量结转规则", keywords=["流量结转"])
    make_article("固话月租", answer="每月 10 元", keywords=["固话", "显示"])
    make_scopes()
    make_article("蜂巢密令", keywords=["蜂巢密令"], regions=["510000"])
    now = clock.now()
    indexing.ensure(at=now)
    jobs.run_all_due(now)
    return made


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
    assert f"exact={quote('国际慢游')}" in reply


def test_a_correction_can_be_refused(chen: Browser) -> None:
    reply = chen.get("/desk?q=蛮尤&exact=蛮尤", headers=PAUSED).text

    assert 'class="result"' in chen.get("/desk?q=蛮尤", headers=PAUSED).text
    assert 'class="result"' not in reply
    assert "同音" not in reply


def test_a_refused_correction_stays_refused_until_other_words_are_typed(chen: Browser) -> None:
    reply = chen.get("/desk?q=国际慢游&exact=国际慢游", headers=PAUSED).text
    [chip] = map(unescape, re.findall(r'id="chip-faq"\s+href="([^"]+)"', reply))

    assert '<input type="hidden" name="exact" value="国际慢游">' in reply
    assert "同音" not in chen.get(chip, headers=PAUSED).text
    assert "同音" in chen.get("/desk?q=国际慢游开通&exact=国际慢游", headers=PAUSED).text


@pytest.mark.parametrize("headers", [TYPING, PAUSED])
def test_a_short_text_can_go_on_while_typing_and_after(chen: Browser, headers: dict[str, str]) -> None:
    assert ">流量结转</a>" in chen.get("/desk?q=流量结", headers=headers).text
    assert ">流量结转</a>" in chen.get("/desk?q=liul", headers=headers).text
    assert "接着输入" not in chen.get("/desk", params={"q": "请问" * 12 + "流量结"}, headers=headers).text


def test_what_was_found_only_by_its_sound_is_said_and_can_be_refused(chen: Browser) -> None:
    make_article("蓝鲸话费", audience="staff")  # no term for everybody, so nothing can be corrected to it
    jobs.run_all_due(clock.now())

    reply = chen.get("/desk?q=烂惊", headers=TYPING).text

    assert "蓝鲸话费" in unmarked(reply)
    assert "按读音也查了" in reply
    assert "按读音也查了" not in chen.get("/desk?q=蓝鲸", headers=TYPING).text
    assert "按读音也查了" not in chen.get("/desk?q=lanjing", headers=TYPING).text


def test_an_unsure_slip_is_asked_about_by_the_words_around_it(chen: Browser) -> None:
    def offers(typed: str) -> bool:
        return ">显示</a>" in chen.get("/desk", params={"q": typed}, headers=PAUSED).text

    assert offers("号码 先是 办理流程和收费标准 怎么开通")
    assert not offers("客户说他的号码先是办理流程和收费标准怎么开通")


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


def test_nothing_found_offers_near_terms_of_every_kind_and_what_others_use(
    chen: Browser, used: ArticleVersion
) -> None:
    reply = chen.get("/desk?q=国际漫游资费&kind=script", headers=PAUSED).text

    assert 'class="result"' not in reply
    assert "没有找到“国际漫游资费”" in reply
    [near] = re.findall(r'data-query="国际漫游"\s+href="([^"]+)"', reply)
    assert "kind" not in near
    assert popular(reply) == [used.title]


def test_where_all_is_for_others_near_terms_and_what_others_use_are_shown_too(
    chen: Browser, used: ArticleVersion
) -> None:
    reply = chen.get("/desk?q=蜂巢密令器&region=330000", headers=PAUSED).text

    assert "没有适用于当前客户的答案" in reply
    assert "蜂巢密令" in unmarked(reply[reply.index('id="others"') :])
    assert 'data-query="蜂巢密令"' in reply
    assert popular(reply) == [used.title]


@pytest.mark.parametrize("typed", ["'\"<b>", "品牌:<script>", '-"“', "a" * 3000, "\ufdfa" * 50, "“" * 99])
def test_whatever_is_typed_nothing_breaks(chen: Browser, typed: str) -> None:
    for headers in (TYPING, PAUSED):
        reply = chen.get("/desk", params={"q": typed}, headers=headers)
        assert reply.status_code == 200
        assert "<script>" not in reply.text
