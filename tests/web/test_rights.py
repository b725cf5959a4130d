"""The desk for rights on screen: found, taken in, verified, carried out, downloaded."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import clock, database, jobs
from core.identity import Actor
from subscribers.restrictions import restrict
from subscribers.rights.models import RightsKind, RightsRequest
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.one_person import CERTIFICATE, NUMBER, make_whole
from tests.web.browser import HTMX, Browser, hidden_fields, on_one_line
from tests.web.records import change

HERE = "/subscribers/rights"


@pytest.fixture
def chen_id(app: object) -> int:
    return make_whole()


def ask(browser: Browser, customer_id: int, kind: RightsKind, **said: str) -> Any:
    fields = {"customer": str(customer_id), "kind": kind, "channel": "call", "asked": "请按规定办理"}
    return browser.submit(HERE, fields | said)


def taken_in(browser: Browser, customer_id: int, kind: RightsKind, **said: str) -> str:
    answer = ask(browser, customer_id, kind, **said)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


@pytest.mark.parametrize("text", [NUMBER, CERTIFICATE, f"C{NUMBER}", "138 0000 6207"])
def test_a_person_is_found_and_their_number_never_stands_in_an_address(
    he: Browser, chen_id: int, text: str
) -> None:
    answer = he.submit(f"{HERE}/people", {"text": text})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{HERE}/new?customer={chen_id}"
    page = he.get(answer.headers["Location"]).text
    assert "陈婉清" in page
    assert "138 **** 6207" in page
    assert NUMBER not in page.replace(f"C{NUMBER}", "")


@pytest.mark.parametrize(("text", "status"), [("13899999999", 200), ("", 422), ("12", 422)])
def test_nobody_is_found_and_what_was_typed_stays(he: Browser, chen_id: int, text: str, status: int) -> None:
    answer = he.submit(f"{HERE}/people", {"text": text})

    assert answer.status_code == status
    assert f'value="{text}"' in answer.text


def test_a_form_with_a_hole_comes_back_whole(chen: Browser, chen_id: int) -> None:
    answer = chen.submit(HERE, {"customer": str(chen_id), "kind": "copy", "channel": "letter", "asked": ""})

    assert answer.status_code == 422
    assert "请填写这一项" in answer.text
    assert re.search(r'value="copy" required checked', answer.text)
    assert re.search(r'value="letter" selected', answer.text)


def test_an_agent_takes_in_and_sees_how_it_stands(chen: Browser, he: Browser, chen_id: int) -> None:
    address = taken_in(chen, chen_id, RightsKind.COPY)

    page = chen.get(address).text
    assert "待核身" in page
    assert "由班长核身和办理" in page
    assert "QL-00001" in chen.get(HERE).text
    for act in ("identity", "done", "closing", "lift", "consent", "file"):
        assert chen.submit(f"{address}/{act}", {"proof": "x", "to": "refused"}).status_code == 403
    assert "QL-00001" in he.get(HERE, headers=HTMX).text
    assert "<html" not in he.get(HERE, headers=HTMX).text


def test_a_copy_is_made_by_a_job_and_taken_by_name(he: Browser, chen_id: int) -> None:
    address = taken_in(he, chen_id, RightsKind.COPY)
    assert he.submit(f"{address}/identity", {"proof": ""}).status_code == 422
    assert he.submit(f"{address}/identity", {"proof": "服务密码正确"}).status_code == 303
    assert he.submit(f"{address}/done").status_code == 303
    assert "正在制作资料副本" in he.get(address, headers=HTMX).text

    jobs.run_all_due(clock.now())

    assert "下载副本" in he.get(address).text
    answer = he.submit(f"{address}/file")
    assert answer.headers["Content-Type"] == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert CERTIFICATE in archive.read("data.json").decode()
    assert "下载资料副本" in he.get(address).text
    assert he.get(f"{address}/file").status_code == 405  # a link that a browser fetches ahead takes nothing


def test_a_restricted_person_is_left_to_the_desk(chen: Browser, he: Browser, chen_id: int) -> None:
    address = taken_in(chen, chen_id, RightsKind.RESTRICT)
    he.submit(f"{address}/identity", {"proof": "服务密码正确"})
    he.submit(f"{address}/done")

    assert chen.get(address).status_code == 404
    assert "QL-00001" not in chen.get(HERE).text
    assert chen.get(f"{HERE}/new?customer={chen_id}").status_code == 404
    assert "没有找到这位客户" in chen.submit(f"{HERE}/people", {"text": NUMBER}).text
    assert "已限制处理" in he.get(address).text

    assert he.submit(f"{address}/lift", {"lift_reason": ""}).status_code == 422
    assert he.submit(f"{address}/lift", {"lift_reason": "客户撤回"}).status_code == 303
    assert chen.get(address).status_code == 200


def test_a_deletion_shows_what_it_does_and_asks_before_it_does_it(he: Browser, chen_id: int) -> None:
    address = taken_in(he, chen_id, RightsKind.DELETE)
    he.submit(f"{address}/identity", {"proof": "身份证原件"})
    page = he.get(address).text
    assert "还有没销户的业务" in page
    assert "删除资料</button>" not in page
    answer = he.submit(f"{address}/done", {"agreed": "true"})
    assert answer.status_code == 409
    assert "还有没销户的业务" in answer.text
    assert "待办理" in he.get(address).text


def test_a_closed_customer_is_deleted_with_a_report(he: Browser, app: object) -> None:
    customer_id = make_whole(closed_on=MONDAY_MORNING.date())
    address = taken_in(he, customer_id, RightsKind.DELETE)
    he.submit(f"{address}/identity", {"proof": "身份证原件"})
    assert "依法留存" in he.get(address).text
    assert he.submit(f"{address}/done").status_code == 422

    assert he.submit(f"{address}/done", {"agreed": "true"}).status_code == 303

    page = he.get(address).text
    assert "删除报告" in page
    assert "已删除客户" in page
    assert "陈婉清" not in page
    assert "解除限制</button>" not in page


def test_who_asks_to_have_data_corrected_is_corrected_from_the_request_which_tells_of_it(
    he: Browser, chen_id: int
) -> None:
    address, form = taken_in(he, chen_id, RightsKind.CORRECT), f"/subscribers/{chen_id}/corrections"
    assert "还没有更正" in he.get(address).text
    assert f'href="{form}"' not in he.get(address).text

    he.submit(f"{address}/identity", {"proof": "身份证原件"})
    assert f'href="{form}"' in he.get(address).text
    page = he.get(f"{form}?field=customer:{chen_id}:email").text
    opened = dict(hidden_fields(page[page.index('class="corr-form"') :]))
    answer = he.submit(form, opened | {"proposed": "new.box@example.com", "evidence": "document"})

    assert answer.status_code == 303
    page = on_one_line(he.get(address).text)
    assert "客户 · 电子邮箱" in page
    assert "n****@example.com" in page
    assert "何涛" in page


@pytest.mark.parametrize("at_one", [False, True])
def test_marketing_is_refused_at_once_and_allowed_by_a_new_consent(
    he: Browser, chen_id: int, at_one: bool
) -> None:
    form = he.get(f"{HERE}/new?customer={chen_id}").text
    (row,) = re.findall(r'<option value="(\d+)"[^>]*>138 \*\*\*\* 6207', form)
    address = taken_in(he, chen_id, RightsKind.REFUSE_MARKETING, number=row if at_one else "")
    page = on_one_line(he.get(address).text)
    assert ("138 **** 6207</dd>" in page.split("客户编号")[0]) is at_one
    assert "身份已核实" not in page

    he.submit(f"{address}/done")
    assert he.submit(f"{address}/consent", {"proof": " "}).status_code == 422
    assert he.submit(f"{address}/consent", {"proof": "签字单 9"}).status_code == 303
    assert "已结束" in he.get(address).text


@pytest.mark.parametrize(("to", "said"), [("refused", "不予办理"), ("withdrawn", "客户撤回")])
def test_a_request_is_closed_with_a_reason(he: Browser, chen_id: int, to: str, said: str) -> None:
    address = taken_in(he, chen_id, RightsKind.CORRECT)
    assert he.submit(f"{address}/closing", {"to": to, "reason": ""}).status_code == 422

    assert he.submit(f"{address}/closing", {"to": to, "reason": "来电确认"}).status_code == 303

    assert said in he.get(f"{HERE}?closed=true").text
    assert he.submit(f"{address}/closing", {"to": to, "reason": "再来一次"}).status_code == 409


def test_a_request_that_is_not_there_says_so(he: Browser) -> None:
    answer = he.get(f"{HERE}/4711")

    assert answer.status_code == 404
    assert "没有这条权利请求" in answer.text


def test_the_list_costs_no_more_the_longer_it_is(he: Browser, chen_id: int, statements: list[str]) -> None:
    def cost() -> int:
        statements.clear()
        assert he.get(HERE).status_code == 200
        return len(statements)

    taken_in(he, chen_id, RightsKind.COPY)
    one = cost()
    for _ in range(8):
        taken_in(he, chen_id, RightsKind.CORRECT)
    assert cost() == one


def test_what_an_agent_hears_of_a_hidden_caller_is_what_to_do(
    chen: Browser, chen_id: int, supervisor_he: Actor
) -> None:
    with database.unit_of_work() as session:
        restrict(session, chen_id, reason="有争议", actor=supervisor_he, at=MONDAY_MORNING)

    answer = ask(chen, chen_id, RightsKind.COPY)

    assert answer.status_code == 404
    assert "权利请求" in answer.text


def test_who_serves_rights_sees_on_every_page_what_is_late_and_by_how_many_days(
    he: Browser, chen: Browser, chen_id: int
) -> None:
    taken_in(he, chen_id, RightsKind.COPY)
    said = "权利请求超期 1 件，最久"
    assert said not in he.get("/desk").text

    today = clock.day_of(clock.now())
    change(update(RightsRequest).values(due_on=today - timedelta(days=14)))

    for page in ("/desk", "/subscribers", "/staff"):
        assert f"{said} 10 个工作日" in on_one_line(he.get(page).text)
    assert said not in chen.get("/desk").text
    assert said not in he.get("/desk?q=宽带", headers=HTMX).text
