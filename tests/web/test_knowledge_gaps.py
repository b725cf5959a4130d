"""A question without an answer goes from the desk to the editors, with what was asked and for whom."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock, database, jobs
from kb.categories import by_path
from kb.gaps import KnowledgeGap
from search import indexing
from tests.makers import LIBRARIAN, make_indexed, make_scopes
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

HERE = "/knowledge/gaps"


def hidden_fields(html: str, of: str) -> dict[str, str]:
    """Return what the form sends that nobody types."""
    form = html[html.index(of) :].split("</form>", maxsplit=1)[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrf_token"}


def report(agent: Browser, question: str = "卫星电话怎么开通", **more: str) -> KnowledgeGap:
    answer = agent.submit("/desk/gaps", {"question": question, **more}, headers=HTMX)
    assert answer.status_code == 200, answer.text
    return rows(select(KnowledgeGap).order_by(KnowledgeGap.created_at))[-1]


def test_what_was_not_found_can_be_reported_from_where_it_was_not_found(chen: Browser) -> None:
    indexing.ensure(at=clock.now())
    jobs.run_all_due(clock.now())

    page = chen.get("/desk?q=卫星电话怎么开通").text

    assert "没有找到“卫星电话怎么开通”" in page
    assert 'action="/desk/gaps"' in page
    assert '<input type="hidden" name="question" value="卫星电话怎么开通">' in page


def test_editors_see_who_asked_what_and_for_which_region(chen: Browser, lin: Browser) -> None:
    make_scopes()
    report(chen, note="船上用的", region="330000")

    page = lin.get(HERE).text

    assert all(words in page for words in ("卫星电话怎么开通", "船上用的", "陈静", "地区：浙江"))


def test_editors_see_all_that_narrowed_the_search(chen: Browser, lin: Browser) -> None:
    indexing.ensure(at=clock.now())
    jobs.run_all_due(clock.now())
    make_scopes()
    with database.unit_of_work() as session:
        category = by_path(session, "宽带/装移机", actor=LIBRARIAN, at=clock.now())
    asked = (
        "q=卫星电话怎么开通&region=330000&brand=changxiang&product=broadband&channel=hotline&tier=gold"
        f"&as_of=2026-08-01&kind=tariff&category={category}"
    )

    posted = hidden_fields(chen.get(f"/desk?{asked}").text, 'action="/desk/gaps"')
    chen.submit("/desk/gaps", posted, headers=HTMX)

    page = lin.get(HERE).text
    said = ("地区：浙江", "品牌：畅享", "产品：家庭宽带", "渠道：热线", "客户等级：金卡", "日期：2026-08-01")
    assert [words for words in (*said, "类型：资费", "分类：宽带 › 装移机") if words not in page] == []


def test_a_refused_report_keeps_all_that_narrowed_the_search(chen: Browser) -> None:
    refused = chen.submit("/desk/gaps", {"question": " ", "tier": "gold", "kind": "tariff"}, headers=HTMX)

    kept = hidden_fields(refused.text, 'action="/desk/gaps"')
    assert (kept["tier"], kept["kind"]) == ("gold", "tariff")


def test_answers_that_do_not_fit_can_be_told_and_editors_see_how_many_there_were(
    chen: Browser, lin: Browser
) -> None:
    indexing.ensure(at=clock.now())
    make_indexed("宽带移机办理", at=clock.now() - timedelta(hours=1))

    page = chen.get("/desk?q=宽带移机").text
    assert "都没有回答客户的问题？" in page
    chen.submit("/desk/gaps", hidden_fields(page, 'action="/desk/gaps"'), headers=HTMX)

    assert "当时查到 1 条，没有合适的" in lin.get(HERE).text


def test_nothing_is_offered_to_tell_while_somebody_still_types(chen: Browser) -> None:
    indexing.ensure(at=clock.now())
    make_indexed("宽带移机办理", at=clock.now() - timedelta(hours=1))

    assert "都没有回答" not in chen.get("/desk?q=宽带移机", headers=HTMX).text


def test_the_same_question_of_the_same_person_is_one_gap(chen: Browser, he: Browser) -> None:
    report(chen)
    report(chen, note="又有人问")
    report(he)

    assert len(rows(select(KnowledgeGap))) == 2


def test_a_number_in_it_is_masked(chen: Browser) -> None:
    gap = report(chen, "13912345678 怎么停机", note="身份证 330102199001011234")

    assert "13912345678" not in gap.question
    assert "330102199001011234" not in gap.note


def test_without_a_question_it_is_refused_and_nothing_typed_is_lost(chen: Browser) -> None:
    refused = chen.submit("/desk/gaps", {"question": " ", "note": "船上用的"}, headers=HTMX)

    assert refused.status_code == 422
    assert "请写明客户问的是什么" in refused.text
    assert "船上用的" in refused.text


def test_works_without_scripts(chen: Browser) -> None:
    assert chen.submit("/desk/gaps", {"question": "卫星电话"}).headers["Location"] == "/desk"
    assert "<html" in chen.submit("/desk/gaps", {"note": "x"}).text


def test_an_editor_closes_it_with_what_was_done(chen: Browser, lin: Browser) -> None:
    gap = report(chen)

    lin.submit(f"{HERE}/{gap.id}/close", {"outcome": "已补 KB-01002"})

    assert "卫星电话怎么开通" not in lin.get(HERE).text
    closed = lin.get(f"{HERE}?closed=true").text
    assert all(words in closed for words in ("已补 KB-01002", "林悦"))


def test_a_second_editor_is_told_that_it_is_closed(chen: Browser, lin: Browser) -> None:
    gap = report(chen)
    lin.submit(f"{HERE}/{gap.id}/close", {"outcome": "一"})

    again = lin.submit(f"{HERE}/{gap.id}/close", {"outcome": "已补 KB-02002"}, headers=HTMX)

    assert again.status_code == 409
    assert "已有人处理过" in again.text
    assert "你写的没有保存" in again.text
    assert "已补 KB-02002" in again.text
    assert "<form" not in again.text


def test_too_long_an_outcome_is_refused_and_stays_in_its_box(chen: Browser, lin: Browser) -> None:
    gap = report(chen)

    refused = lin.submit(f"{HERE}/{gap.id}/close", {"outcome": "补" * 501}, headers=HTMX)

    assert refused.status_code == 422
    assert "超过 500 字" in refused.text
    assert "补" * 501 in refused.text
    assert "卫星电话怎么开通" in lin.get(HERE).text


@pytest.mark.parametrize("who", ["chen", "he"])
def test_is_for_editors(who: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(who).get(HERE).status_code == 403


def test_an_answer_can_be_begun_from_it(chen: Browser, lin: Browser) -> None:
    report(chen)

    assert "/knowledge/new?title=%E5%8D%AB%E6%98%9F" in lin.get(HERE).text
    assert 'value="卫星电话怎么开通"' in lin.get("/knowledge/new?title=卫星电话怎么开通").text
