"""An agent corrects a caller on screen, the next agent sees it, a supervisor decides what is disputed."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from core import clock, database, jobs
from core.events import publish
from core.identity import Actor
from subscribers import duplicates, restrictions, verifying
from subscribers.calls.models import Call
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.events import LoadMerged
from subscribers.models import Customer
from subscribers.verifying import Contact, Method
from tests.makers import make_scopes, make_subscriber
from tests.people import hire
from tests.subscribers.correcting.people_and_values import customer_of, kept, seen_of
from tests.web.browser import HTMX, Browser, hidden_fields, on_one_line
from tests.web.records import rows
from tests.web.switch import Switch

OLD, NEW, THIRD = (
    "浙江省杭州市西湖区文三路 1 号",
    "浙江省杭州市西湖区文三路 99 号",
    "浙江省杭州市余杭区莫干山路 8 号",
)


@pytest.fixture
def caller(app: FastAPI, agent_chen: Actor) -> int:
    """A customer who calls, and who was shown to be the customer."""
    customer = make_subscriber(address=OLD, phone="13800006207").customer_id
    verify(customer, agent_chen)
    return customer


def verify(customer: int, agent: Actor) -> None:
    with database.unit_of_work() as session:
        verifying.verify(session, customer, Method.FACE, "", Contact(agent), at=clock.now())


@pytest.fixture
def fang(app: FastAPI, caller: int) -> Browser:
    """Another agent, to whom the same customer speaks."""
    agent = hire("fang", "方圆", "agent")
    verify(caller, agent)
    browser = Browser(app)
    browser.enter(agent)
    return browser


def form_of(browser: Browser, caller: int, field: str = "address") -> dict[str, str]:
    """Open the form of a field and return what it would send before anything is typed."""
    page = browser.get(f"/subscribers/{caller}/corrections?field=customer:{caller}:{field}").text
    hidden = dict(hidden_fields(page[page.index('class="corr-form"') :]))
    return {"field": hidden["field"], "seen": hidden["seen"], "evidence": "said"}


def corrects(browser: Browser, caller: int, value: str, field: str = "address") -> Any:
    path = f"/subscribers/{caller}/corrections"
    return browser.submit(path, form_of(browser, caller, field) | {"proposed": value}, HTMX)


def source_sends(caller: int, **values: Any) -> None:
    """Let a load change the row later than anybody spoke, and let what hears of it run."""
    later = clock.now() + timedelta(minutes=1)
    with database.unit_of_work() as session:
        row = session.get_one(Customer, caller)
        for name, value in ({"changed_at": later} | values).items():
            setattr(row, name, value)
        session.add(row)
        publish(session, LoadMerged(1, "customer", "crm"), at=later)
    jobs.run_all_due(later)


def the_correction(caller: int, field: str = "address") -> Correction:
    return kept(seen_of(caller, field).correction)


def test_the_next_agent_sees_the_correction_and_never_the_whole_address(
    chen: Browser, fang: Browser, caller: int
) -> None:
    answer = corrects(chen, caller, NEW)
    assert answer.status_code == 200
    assert "HX-Trigger" in answer.headers

    page = unescape(fang.get(f"/subscribers/{caller}/corrections").text)

    assert seen_of(caller, "address").value == NEW
    assert "待反馈" in page
    assert "浙江省杭州市西湖区****" in page
    assert "文三路" not in page
    assert "撤回" not in page  # it is another agent's


def test_without_javascript_the_form_leads_back_to_the_page(chen: Browser, caller: int) -> None:
    path = f"/subscribers/{caller}/corrections"
    answer = chen.submit(path, form_of(chen, caller) | {"proposed": NEW})

    assert (answer.status_code, answer.headers["location"]) == (303, path)


def test_what_is_typed_wrong_stays_beside_its_message(chen: Browser, caller: int) -> None:
    answer = corrects(chen, caller, "一三八", "phone")

    assert answer.status_code == 422
    assert 'value="一三八"' in answer.text
    assert "3 到 20 位数字" in answer.text


def test_two_agents_at_one_field_the_second_keeps_what_was_typed_and_sees_what_stands(
    chen: Browser, fang: Browser, caller: int
) -> None:
    opened = form_of(fang, caller)
    corrects(chen, caller, NEW)

    path = f"/subscribers/{caller}/corrections"
    answer = fang.submit(path, opened | {"proposed": THIRD}, HTMX)

    assert answer.status_code == 409
    assert THIRD in unescape(answer.text)
    assert "请看过现在的值" in answer.text
    again = dict(hidden_fields(answer.text[answer.text.index('class="corr-form"') :]))
    assert fang.submit(path, opened | {"proposed": THIRD, "seen": again["seen"]}, HTMX).status_code == 200
    assert seen_of(caller, "address").value == THIRD


def test_a_field_of_somebody_else_is_not_corrected_through_this_caller(
    chen: Browser, caller: int, agent_chen: Actor
) -> None:
    other = make_subscriber("13900001111", "李四", address=OLD).customer_id
    verify(other, agent_chen)
    opened = form_of(chen, other)

    answer = chen.submit(f"/subscribers/{caller}/corrections", opened | {"proposed": NEW}, HTMX)

    assert answer.status_code == 404
    assert seen_of(other, "address").value == OLD


def test_the_agent_is_told_what_to_ask_for(chen: Browser, caller: int) -> None:
    page = chen.get(f"/subscribers/{caller}/corrections").text

    assert "资料完整度 <b>78%</b>" in page
    asks = re.findall(r'class="chip[^>]*>([^<]+)</a>', page)
    assert [ask.strip() for ask in asks] == ["出生日期", "电子邮箱"]


def test_an_agent_takes_their_correction_back(chen: Browser, caller: int) -> None:
    corrects(chen, caller, NEW)
    path = f"/subscribers/{caller}/corrections/{the_correction(caller).id}/withdrawal"

    assert chen.submit(path, {"version": "0"}, HTMX).status_code == 200
    assert seen_of(caller, "address").value == OLD
    refused = chen.submit(path, {"version": "0"}, HTMX)
    assert refused.status_code == 409
    assert "刚有新进展" in refused.text


def test_before_the_caller_is_verified_nothing_is_shown_or_taken(chen: Browser, app: FastAPI) -> None:
    stranger = make_subscriber("13900001111", "李四", address=OLD).customer_id
    path = f"/subscribers/{stranger}/corrections"

    assert chen.get(path).status_code == 403
    typed = {"field": f"customer:{stranger}:address", "proposed": NEW, "evidence": "said", "seen": "x"}
    assert chen.submit(path, typed, HTMX).status_code == 403
    assert seen_of(stranger, "address").value == OLD


def test_whose_data_may_not_be_used_is_on_no_worklist_and_in_no_file(
    chen: Browser, he: Browser, caller: int, supervisor_he: Actor
) -> None:
    corrects(chen, caller, NEW)
    correction = the_correction(caller)
    with database.unit_of_work() as session:
        restrictions.restrict(session, caller, reason="本人要求", actor=supervisor_he, at=clock.now())

    assert chen.get(f"/subscribers/{caller}/corrections").status_code == 404
    assert "没有未结的更正" in he.get("/subscribers/conflicts?queue=open").text
    he.submit("/subscribers/feedback")
    assert kept(correction).state == CorrectionState.OPEN


def test_an_editor_and_nobody_see_no_corrections(lin: Browser, nobody: Browser, caller: int) -> None:
    assert lin.get(f"/subscribers/{caller}/corrections").status_code == 403
    assert nobody.get(f"/subscribers/{caller}/corrections").status_code in {303, 401}


def test_a_load_confirms_what_the_agent_said(chen: Browser, caller: int) -> None:
    corrects(chen, caller, NEW)
    correction = the_correction(caller)

    source_sends(caller, address=NEW)

    assert kept(correction).state == CorrectionState.CONFIRMED


def test_a_contradiction_comes_before_the_supervisor_who_decides(
    chen: Browser, he: Browser, caller: int
) -> None:
    corrects(chen, caller, NEW)
    correction = the_correction(caller)
    source_sends(caller, address=THIRD)

    page = unescape(he.get("/subscribers/conflicts").text)
    assert "与来源新值矛盾" in page
    assert "浙江省杭州市余杭区****" in page
    assert "莫干山" not in page
    path = f"/subscribers/conflicts/{correction.id}"
    version = str(kept(correction).version)
    answer = he.submit(path, {"decision": "keep", "version": version, "note": "已回拨客户"}, HTMX)

    assert answer.status_code == 200
    assert 'hx-target="#count-decide"' in answer.text
    assert kept(correction).state == CorrectionState.OPEN
    again = he.submit(path, {"decision": "source", "version": version, "note": "写了一半"}, HTMX)
    assert again.status_code == 409
    assert 'value="写了一半"' in again.text


def test_an_agent_decides_no_conflict(chen: Browser, caller: int) -> None:
    for path in ("conflicts", "rules", "duplicates", "feedback"):
        assert chen.get(f"/subscribers/{path}").status_code == 403


@pytest.mark.parametrize("queue", ["decide", "overdue", "open", "closed"])
def test_every_queue_has_its_page_and_its_fragment(he: Browser, queue: str, caller: int) -> None:
    assert "<html" in he.get(f"/subscribers/conflicts?queue={queue}").text
    fragment = he.get(f"/subscribers/conflicts?queue={queue}", headers=HTMX)
    assert fragment.status_code == 200
    assert "<html" not in fragment.text


def test_a_rule_takes_effect_at_once_and_a_wrong_weight_is_said(
    chen: Browser, he: Browser, caller: int
) -> None:
    corrects(chen, caller, NEW)

    chosen = {"survives": "source", "weight": "5"}
    assert he.submit("/subscribers/rules/customer/address", chosen).status_code == 303
    assert seen_of(caller, "address").value == OLD
    assert "何涛" in he.get("/subscribers/rules").text

    refused = he.submit("/subscribers/rules/customer/address", {"survives": "agent", "weight": "99"})
    assert refused.status_code == 422
    assert "0 到 9" in refused.text
    assert 'value="99"' in refused.text


def test_a_supervisor_has_the_sources_told_now(chen: Browser, he: Browser, caller: int) -> None:
    corrects(chen, caller, NEW)

    assert he.submit("/subscribers/feedback").status_code == 303

    assert "CRM_FEEDBACK_" in he.get("/subscribers/feedback").text
    assert the_correction(caller).state == CorrectionState.SENT


def test_two_customers_are_made_one_and_parted_on_screen(he: Browser, supervisor_he: Actor) -> None:
    first = make_subscriber("13800000001", "陈婉清", certificate_hash="h", address=OLD).customer_id
    second = make_subscriber("13800000002", "陈婉清", certificate_hash="h", birthday=None).customer_id
    duplicates.find(at=clock.now())
    page = he.get("/subscribers/duplicates").text
    assert "证件号相同" in page
    pair = {"first": str(first), "second": str(second)}

    swapped = he.get(f"/subscribers/duplicates?keep={second}").text
    assert 'name="take"' in swapped
    kept_second = pair | {"kept": str(second), "take": "address"}
    assert he.submit("/subscribers/duplicates/merge", kept_second).status_code == 303
    assert seen_of(second, "address").value == OLD
    assert he.submit("/subscribers/duplicates/merge", kept_second).status_code == 409

    merged = he.get("/subscribers/duplicates?state=merged").text
    undo = re.search(r'action="(/subscribers/duplicates/merges/[^"]+)"', merged)
    assert undo
    assert he.submit(undo[1]).status_code == 303
    assert seen_of(second, "address").value == ""
    assert he.submit("/subscribers/duplicates/apart", pair).status_code == 303
    assert "没有待判断的重复客户" in he.get("/subscribers/duplicates").text
    assert customer_of(first).address == OLD


def test_who_was_verified_in_a_call_is_corrected_in_it_and_by_nobody_outside_it(
    app: FastAPI, chen: Browser, agent_chen: Actor
) -> None:
    customer = make_subscriber("13800006207", address=OLD).customer_id
    switch = Switch(app)
    switch.ring()
    switch.say("answered", agent="chen")
    (call,) = rows(select(Call))
    in_the_call = Contact(agent_chen, call.id)
    with database.unit_of_work() as session:
        verifying.verify(session, customer, Method.FACE, "", in_the_call, at=clock.now())
    other = Browser(app)
    other.enter(hire("fang", "方圆", "agent"))

    assert corrects(chen, customer, NEW).status_code == 200
    assert "已核身" in chen.get(f"/subscribers/{customer}").text
    assert other.get(f"/subscribers/{customer}/corrections").status_code == 403
    assert seen_of(customer, "address").value == NEW


def test_what_was_corrected_is_shown_beside_the_form_at_once(chen: Browser, caller: int) -> None:
    answer = corrects(chen, caller, THIRD)

    shown = chen.get(f"/desk/caller/facts?customer={caller}", headers=HTMX).text
    assert "corrected" in answer.headers["HX-Trigger"]
    assert f'hx-get="/desk/caller/facts?customer={caller}"' in shown
    assert "余杭区" in shown
    assert "西湖区" not in shown
    assert chen.get(f"/desk/caller/facts?customer={caller}").status_code == 303


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("address", "新址 1 号", "已更正，其他座席马上能看到"),
        ("manager", "钱经理", "已记下，会反馈给来源；按规则仍显示来源的值"),
    ],
)
def test_the_agent_is_told_which_value_is_seen_now(
    chen: Browser, caller: int, field: str, value: str, said: str
) -> None:
    path = f"/subscribers/{caller}/corrections"
    answer = chen.submit(path, form_of(chen, caller, field) | {"proposed": value}, HTMX)

    assert json.loads(answer.headers["HX-Trigger"])["toast"]["text"] == said


def test_a_region_is_chosen_from_those_there_are(chen: Browser, caller: int) -> None:
    make_scopes()
    page = chen.get(f"/subscribers/{caller}/corrections?field=customer:{caller}:region").text

    assert '<option value="330100"' in on_one_line(page)
