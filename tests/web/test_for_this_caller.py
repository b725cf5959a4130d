"""The desk for one caller and one day: what is theirs, what was the rule, and what was typed beside words."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlmodel import select

from core import clock, database, jobs
from kb import publishing, writing
from kb.models import Article, ArticleVersion, Script
from kb.other_days import earliest_kept
from search import indexing
from tests.makers import LIBRARIAN, make_article, make_draft, make_scopes
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

PAUSED = HTMX | {"X-Settled": "pause"}
THEN = (clock.day_of(clock.now()) - timedelta(days=200)).replace(day=1)
LONG_AGO = THEN - timedelta(days=300)


def index() -> None:
    indexing.ensure(at=clock.now())
    jobs.run_all_due(clock.now())


def titles(reply: str) -> list[str]:
    plain = reply.replace("<mark>", "").replace("</mark>", "")
    return re.findall(r'<div class="t">([^<]+)</div>', plain)


def code_of(version: ArticleVersion) -> str:
    return str(rows(select(Article).where(Article.id == version.article_id))[0].code)


@pytest.fixture
def library(centre: Path) -> dict[str, ArticleVersion]:
    make_scopes()
    made = {
        "浙江": make_article(
            "宽带移机费浙江口径",
            answer="浙江同城免费。",
            regions=["330000"],
            scripts=[{"text": "通用的话。"}, {"tier": "gold", "text": "金卡的话。"}],
        ),
        "四川": make_article("宽带移机费四川口径", answer="四川收五十元。", regions=["510000"]),
        "全国": make_article("宽带移机费", answer="各省不同，含违约金说明。"),
        "畅享": make_article("宽带移机费畅享客户", answer="畅享客户免费。", brands=["changxiang"]),
        "热线": make_article("宽带移机费热线受理", answer="热线可受理。", channels=["hotline"]),
    }
    index()
    return made


@pytest.mark.usefixtures("library")
def test_what_is_not_for_the_caller_comes_last_with_the_reason_and_is_not_counted(chen: Browser) -> None:
    reply = chen.get("/desk?q=宽带移机费&region=330100&brand=other&channel=app", headers=PAUSED).text

    found = titles(reply)
    assert set(found[:2]) == {"宽带移机费浙江口径", "宽带移机费"}
    assert set(found[2:]) == {"宽带移机费四川口径", "宽带移机费畅享客户", "宽带移机费热线受理"}
    assert re.search(r"\b2 条", reply)
    assert {"仅限四川", "仅限畅享品牌"} <= set(re.findall(r'class="tag warn">([^<]+)<', reply))
    assert "不适用" in reply


@pytest.mark.usefixtures("library")
def test_what_was_written_for_the_callers_region_comes_before_what_holds_everywhere(chen: Browser) -> None:
    at_large = titles(chen.get("/desk?q=宽带移机费&region=", headers=PAUSED).text)
    in_zhejiang = titles(chen.get("/desk?q=宽带移机费&region=330000&brand=changxiang", headers=PAUSED).text)

    assert at_large[0] == "宽带移机费"
    assert in_zhejiang.index("宽带移机费四川口径") == len(in_zhejiang) - 1


def test_one_that_is_out_of_scope_is_not_chosen_by_default(
    chen: Browser, library: dict[str, ArticleVersion]
) -> None:
    reply = chen.get("/desk?q=四川口径&region=330000&kind=policy", headers=PAUSED).text

    assert "四川收五十元" not in reply.split('hx-target="#preview"')[1]


def test_an_answer_for_others_opens_with_a_warning_and_its_copy_says_so(
    chen: Browser, library: dict[str, ArticleVersion]
) -> None:
    with database.unit_of_work() as session:
        session.add(Script(version_id=library["四川"].id, text="四川的话。"))
    path = f"/articles/{code_of(library['四川'])}"
    page = chen.get(f"{path}?region=330000").text
    script = rows(select(Script).where(Script.version_id == library["四川"].id))[0]

    copied = chen.submit(f"{path}/copies", {"script": str(script.id), "region": "330000"})

    assert re.search(r"不适用于当前客户：</b>仅限四川", page)
    assert 'data-beware="仅限四川"' in page
    assert "四川的话。" in copied.text
    assert re.search(r"不适用于当前客户：</b>仅限四川", copied.text)


def test_the_words_for_the_callers_tier_are_shown_first(
    chen: Browser, library: dict[str, ArticleVersion]
) -> None:
    path = f"/articles/{code_of(library['浙江'])}"

    def shown(page: str) -> list[str]:
        return re.findall(r"checked>\s*<label[^>]*>([^<]+)<", page)

    assert shown(chen.get(path).text) == ["通用"]
    assert shown(chen.get(f"{path}?tier=gold").text) == ["金卡"]
    assert shown(chen.get(f"{path}?tier=diamond").text) == ["通用"]


@pytest.mark.usefixtures("library")
def test_the_caller_is_remembered_but_not_the_day(chen: Browser) -> None:
    chen.get("/desk?q=宽带&region=510000&brand=changxiang&tier=gold&as_of=2025-08-01", headers=PAUSED)

    again = chen.get("/desk?q=宽带").text

    for code in ("510000", "changxiang", "gold"):
        assert re.search(rf'<option value="{code}"\s+selected>', again)
    assert "按 2025-08-01 的规定" not in again
    cleared = unescape(re.findall(r'id="forget"\s+href="([^"]+)"', again)[0])
    assert not re.search(r"<option[^>]+selected>", chen.get(cleared).text)
    assert not re.search(r"<option[^>]+selected>", chen.get("/desk?q=宽带").text)


@pytest.mark.usefixtures("library")
def test_a_filter_typed_in_the_box_is_understood_said_and_can_be_taken_away(chen: Browser) -> None:
    reply = chen.get("/desk?q=宽带移机费 地区:浙 品牌：畅享&region=510000", headers=PAUSED).text

    assert {"地区：浙江", "品牌：畅享"} <= set(re.findall(r'title="从问题里去掉">([^<]+)<', reply))
    assert titles(reply)[-1] == "宽带移机费四川口径"
    assert 'data-edit="宽带移机费 品牌:畅享"' in reply
    assert 'data-edit="宽带移机费 地区:浙"' in reply


@pytest.mark.usefixtures("library")
def test_a_value_that_nobody_knows_is_ignored_aloud_and_costs_nothing(chen: Browser) -> None:
    plain = titles(chen.get("/desk?q=宽带移机费&region=", headers=PAUSED).text)
    reply = chen.get("/desk?q=宽带移机费 品牌:火星 类型:诗歌&region=", headers=PAUSED).text

    assert titles(reply) == plain
    assert "没有叫“火星”的品牌，已忽略" in reply
    assert "没有叫“诗歌”的类型，已忽略" in reply


@pytest.mark.usefixtures("library")
def test_phrases_and_exclusions_hold_to_the_letter_and_are_said(chen: Browser) -> None:
    quoted = chen.get("/desk?q=宽带移机费 “违约金”&region=", headers=PAUSED).text
    without = chen.get("/desk?q=宽带移机费 -四川 -畅享客户&region=", headers=PAUSED).text

    assert titles(quoted) == ["宽带移机费"]
    assert "必含“违约金”" in quoted
    assert set(titles(without)) == {"宽带移机费浙江口径", "宽带移机费", "宽带移机费热线受理"}
    assert "不含“四川”" in without


@pytest.fixture
def changed(centre: Path) -> ArticleVersion:
    """A rule of last year, and the one that has held since."""
    begun, changed = clock.start_of(LONG_AGO), clock.start_of(THEN + timedelta(days=60))
    old = make_article("宽带移机费用", at=begun, answer="移机一百零八元。", scripts=[{"text": "旧话术。"}])
    with database.unit_of_work() as session:
        draft = make_draft("宽带移机收费标准", answer="移机五十元。", scripts=[{"text": "新话术。"}])
        new = writing.write_next(session, old, draft, actor=LIBRARIAN, at=changed)
        publishing.publish(session, new, actor=LIBRARIAN, at=changed)
    index()
    return old


@pytest.mark.usefixtures("changed")
def test_a_search_for_a_day_finds_the_rule_of_that_day_with_a_band(chen: Browser) -> None:
    now = chen.get("/desk?q=移机&region=", headers=PAUSED).text
    then = chen.get(f"/desk?q=移机&region=&as_of={THEN}", headers=PAUSED).text

    assert titles(now) == ["宽带移机收费标准"]
    assert titles(then) == ["宽带移机费用"]
    assert then.count(f"按 {THEN} 的规定") == 2  # over the list and over the answer
    assert "现行版本为 v2" in then
    assert "移机一百零八元" in then
    assert "data-copy" not in then


@pytest.mark.usefixtures("changed")
def test_a_day_of_which_not_all_is_kept_says_so_and_is_not_offered(chen: Browser) -> None:
    first = earliest_kept(clock.now())
    before = first - timedelta(days=1)

    page = chen.get(f"/desk?q=移机&region=&as_of={first}").text
    older = chen.get(f"/desk?q=移机&region=&as_of={before}").text

    assert f'min="{first}"' in page
    assert " novalidate" in page  # an older day that is typed is asked for all the same
    assert "不再检索" not in page
    assert f"{first}</span> 之前就停用的规定不再检索" in older
    assert f'min="{before}"' in older


def test_the_article_page_too_shows_the_rule_of_a_day(chen: Browser, changed: ArticleVersion) -> None:
    path = f"/articles/{code_of(changed)}"

    page = chen.get(f"{path}?as_of={THEN}").text

    assert "移机一百零八元" in page
    assert f'href="{path}">查看现行' in page
    assert "移机五十元" in chen.get(path).text
    before = chen.get(f"{path}?as_of={LONG_AGO - timedelta(days=1)}")
    assert before.status_code == 404


def test_the_words_of_a_past_rule_cannot_be_copied(chen: Browser, changed: ArticleVersion) -> None:
    path = f"/articles/{code_of(changed)}"
    script = rows(select(Script).where(Script.version_id == changed.id))[0]

    for fields in ({}, {"as_of": str(THEN)}):
        refused = chen.submit(f"{path}/copies", {"script": str(script.id), **fields})
        assert refused.status_code in {404, 409}
        assert "旧话术" not in refused.text


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize("said", ["{:%Y-%m-%d}", "{:%Y年%m月}", "{:%Y年%m月%d号}"])
def test_a_day_in_the_question_is_offered_and_never_taken_silently(chen: Browser, said: str) -> None:
    reply = chen.get(f"/desk?q={said.format(THEN)} 移机&region=", headers=PAUSED).text

    assert "的规定" not in reply
    offered = unescape(re.findall(r'<a class="chip"\s+href="([^"]+as_of=[^"]+)"', reply)[0])
    assert f"as_of={THEN}" in offered
    assert titles(chen.get(offered, headers=PAUSED).text) == ["宽带移机费用"]


@pytest.mark.parametrize("day", ["garbage", "2025-13-01", "0001-01-01", "9999-12-31", ""])
@pytest.mark.usefixtures("changed")
def test_a_day_that_nobody_can_mean_does_no_harm(chen: Browser, day: str) -> None:
    reply = chen.get("/desk", params={"q": "移机", "region": "", "as_of": day}, headers=PAUSED)

    assert titles(reply.text) == ["宽带移机收费标准"]


def test_a_rule_that_is_to_come_is_found_for_its_day(chen: Browser) -> None:
    begins = clock.day_of(clock.now()) + timedelta(days=30)
    make_article("宽带提速新规", at=clock.now(), answer="下月起免费提速。", valid_from=begins)
    index()

    assert titles(chen.get("/desk?q=提速&region=", headers=PAUSED).text) == []
    then = chen.get(f"/desk?q=提速&region=&as_of={begins + timedelta(days=1)}", headers=PAUSED).text
    assert titles(then) == ["宽带提速新规"]
    assert "待生效" in then
    assert "今天没有生效的版本" in then
