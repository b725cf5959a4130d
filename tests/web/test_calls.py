"""Agents at their calls: what the bar shows, the wrap-up that is not lost, what was looked up, transfers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlmodel import select, update

from core import clock, database
from core.identity import SYSTEM, Actor, Role
from subscribers.calls import codes
from subscribers.calls.models import AgentState, Call, CallUse, WrapUp
from subscribers.models import SubscriptionNumber
from subscribers.quick_profile import QuickProfile
from tests.makers import make_indexed, make_subscriber
from tests.people import hire
from tests.web.browser import HTMX, Browser, hidden_fields
from tests.web.records import change, rows
from tests.web.switch import Switch

HEAD = Actor(SYSTEM.staff_id, "主管", roles=frozenset({Role.SUPERVISOR}))


def bar(browser: Browser) -> str:
    return str(browser.get("/calls/bar", headers=HTMX).text)


def only_call() -> Call:
    (call,) = rows(select(Call))
    return call


def write(browser: Browser, call: Call, path: str = "", **fields: str) -> Any:
    return browser.submit(f"/calls/{call.id}/wrap-up{path}", fields, HTMX)


def test_a_call_goes_over_the_bar_from_ringing_to_wrapping_up(
    chen: Browser, switch: Switch, code: str
) -> None:
    make_subscriber("13800006207", "陈婉清")
    chen.submit("/calls/state", {"doing": "idle"})

    switch.ring(ago=90, ivr="宽带 › 资费", queue_seconds=18)
    assert all(said in bar(chen) for said in ("振铃", "陈婉清", "138 **** 6207", "排队 18 秒"))
    assert "13800006207" not in bar(chen)
    switch.say("answered", agent="chen", ago=80)
    assert "通话中" in bar(chen)
    switch.say("held", agent="chen", ago=60)
    assert "保持" in bar(chen)
    switch.say("ended")
    assert "话后" in bar(chen)

    write(chen, only_call(), code_id=code, note="已告知")
    assert "空闲" in bar(chen)


def test_a_real_call_has_no_buttons_that_only_the_telephone_has(chen: Browser, switch: Switch) -> None:
    switch.ring()

    assert "挂断" not in bar(chen)
    refused = chen.submit(f"/calls/{only_call().id}/step", {"kind": "ended"})
    assert refused.status_code == 403


def test_a_wrap_up_needs_a_code_and_nothing_typed_is_lost(chen: Browser, switch: Switch, code: str) -> None:
    switch.say("answered", agent="chen")
    call = only_call()

    kept = write(chen, call, "/draft", note="客户问违约金", window="a")
    refused = write(chen, call, note="客户问违约金", window="a")

    assert "草稿已存" in kept.text
    assert refused.status_code == 422
    assert "请选择业务分类" in refused.text
    strip = chen.get(f"/calls/{call.id}/wrap-up", headers=HTMX).text
    assert 'value="客户问违约金"' in strip


def test_a_call_is_wrapped_up_with_a_code_that_can_be_chosen(
    chen: Browser, switch: Switch, code: str
) -> None:
    with database.unit_of_work() as session:
        below = codes.add(session, "套餐", UUID(code), actor=HEAD, at=clock.now())
    switch.say("answered", agent="chen")
    call = only_call()

    assert write(chen, call, code_id=code).status_code == 422
    assert write(chen, call, code_id=str(below.id)).status_code == 200
    with database.unit_of_work() as session:
        codes.change(session, below.id, name="套餐", retired=True, actor=HEAD, at=clock.now())
    corrected = write(chen, call, code_id=str(below.id), note="补记", revision="1")

    assert corrected.status_code == 200
    switch.say("answered", agent="chen", call="c2")
    other = next(one for one in rows(select(Call)) if one.id != call.id)
    refused = write(chen, other, code_id=str(below.id))
    assert "已停用" in refused.text
    assert refused.status_code == 422


def test_two_browsers_of_one_agent_do_not_overwrite_each_other_unseen(
    app: FastAPI, chen: Browser, agent_chen: Actor, switch: Switch, code: str
) -> None:
    other = Browser(app)
    other.enter(agent_chen)
    switch.say("answered", agent="chen")
    call = only_call()
    write(chen, call, "/draft", note="从这边写的", window="a", revision="0")

    clash = write(other, call, "/draft", note="从那边写的", window="b", revision="0")
    again = write(chen, call, "/draft", note="从这边接着写", window="a", revision="0")

    assert clash.status_code == 409
    assert "从这边写的" in clash.text
    assert again.status_code == 200
    insisted = write(other, call, "/draft", note="从那边写的", window="b", revision="2")
    assert insisted.status_code == 200
    assert [one.note for one in rows(select(WrapUp))] == ["从那边写的"]


def test_both_browsers_see_the_same_state(
    app: FastAPI, chen: Browser, agent_chen: Actor, switch: Switch
) -> None:
    other = Browser(app)
    other.enter(agent_chen)

    chen.submit("/calls/state", {"doing": "rest"})
    other.submit("/calls/state", {"doing": "rest"})

    assert "小休" in bar(chen)
    assert bar(chen).count("示忙") == bar(other).count("示忙")
    assert len(rows(select(AgentState))) == 1


def test_a_number_that_changes_its_owner_during_a_call_stays_the_callers(
    chen: Browser, switch: Switch
) -> None:
    before = make_subscriber("13800006207", "陈婉清")
    switch.ring(ago=60)
    change(
        update(SubscriptionNumber)
        .where(SubscriptionNumber.number == "13800006207")
        .values(valid_until=clock.now() - timedelta(seconds=30))
    )

    switch.say("answered", agent="chen")

    call = only_call()
    assert call.customer_id == before.customer_id
    assert "陈婉清" in chen.get(f"/desk?call={call.id}").text


def test_the_second_agent_of_a_transfer_sees_who_handed_over_and_what_was_written(
    app: FastAPI, chen: Browser, switch: Switch, code: str
) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))
    switch.ring()
    switch.say("answered", agent="chen")
    call = only_call()
    write(chen, call, "/draft", note="要求减免", window="a")

    switch.say("transferred", agent="chen", to="zhao")

    assert "陈静 转来" in bar(zhao)
    assert "话后" in bar(chen)
    assert "要求减免" in zhao.get(f"/calls/{call.id}").text


def test_what_was_searched_opened_and_copied_is_kept_on_the_call(
    chen: Browser, switch: Switch, code: str
) -> None:
    make_indexed("宽带提前解约违约金")
    switch.say("answered", agent="chen")

    chen.get("/desk?q=宽带解约 13800006207")
    found = rows(select(CallUse))
    chen.get("/articles/KB-00001")
    chen.submit("/articles/KB-00001/copied", {})

    assert [use.text for use in found] == ["宽带解约 13*******07"]
    told = chen.get(f"/calls/{only_call().id}").text
    assert "宽带提前解约违约金" in told


def test_without_a_call_nothing_is_kept(chen: Browser) -> None:
    make_indexed("宽带提前解约违约金")

    chen.get("/desk?q=宽带")

    assert rows(select(CallUse)) == []


def test_an_agent_sees_own_calls_and_a_supervisor_all(
    app: FastAPI, chen: Browser, he: Browser, switch: Switch
) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))
    switch.ring()
    call = only_call()

    assert "138 **** 6207" in chen.get("/calls").text
    assert "138 **** 6207" in he.get("/calls").text
    assert "还没有通话" in zhao.get("/calls").text
    assert zhao.get(f"/calls/{call.id}").status_code == 404
    assert "振铃" in he.get("/calls/agents").text


def test_a_call_whose_end_was_lost_is_ended_by_hand(chen: Browser, switch: Switch) -> None:
    switch.say("answered", agent="chen", ago=300)

    chen.submit(f"/calls/{only_call().id}/over")

    assert only_call().phase == "ended"
    switch.say("ended", ago=100)
    assert round((clock.now() - only_call().ended_at).total_seconds(), -1) == 100


def test_a_ring_that_stopped_is_taken_from_the_bar(
    app: FastAPI, chen: Browser, agent_chen: Actor, switch: Switch
) -> None:
    other = Browser(app)
    other.enter(agent_chen)
    switch.ring(ago=30)
    missed = f"/calls/{only_call().id}/over"
    assert missed in bar(chen)

    answer = chen.submit(missed, {}, HTMX)

    assert "振铃" not in answer.text
    assert "振铃" not in bar(other)
    assert "未接" in chen.get("/calls?outcome=missed").text
    switch.say("answered", agent="chen")
    assert "通话中" in bar(chen)
    assert missed not in bar(chen)


def test_practice_rings_as_a_real_call_does_and_counts_nothing(chen: Browser) -> None:
    make_subscriber("13800006207", "陈婉清")

    chen.submit("/calls/practice", {"agent": "chen", "number": ""})
    call = only_call()
    assert "陈婉清" in bar(chen)
    chen.submit(f"/calls/{call.id}/step", {"kind": "answered"})
    chen.submit(f"/calls/{call.id}/step", {"kind": "answered"})
    chen.submit(f"/calls/{call.id}/step", {"kind": "ended"})

    assert "今日接听 <b>0</b>" in bar(chen)
    assert "模拟" in chen.get("/calls").text


def test_only_a_supervisor_lets_others_practise(chen: Browser, he: Browser) -> None:
    hire("zhao", "赵晨", "agent")

    refused = chen.submit("/calls/practice", {"agent": "zhao", "number": "13800006207"})

    assert refused.status_code == 403
    assert he.submit("/calls/practice", {"agent": "zhao", "number": "13800006207"}).status_code == 200


def test_a_supervisor_keeps_the_tree_of_codes(he: Browser, chen: Browser) -> None:
    he.submit("/calls/codes", {"name": "宽带"})
    assert he.submit("/calls/codes", {"name": "宽带"}).status_code == 409
    assert "宽带" in he.get("/calls/codes").text
    assert chen.get("/calls/codes").status_code == 403


def test_an_unknown_caller_is_noted_from_the_call(chen: Browser, switch: Switch) -> None:
    switch.ring(caller="13999990000")
    switch.say("answered", agent="chen")
    column = chen.get(f"/desk?call={only_call().id}").text
    said = dict(hidden_fields(column[column.index("快速建档") - 2000 : column.index("称呼")]))

    answer = chen.submit("/desk/profiles", said | {"name": "欧阳先生", "note": "问携号转网"}, HTMX)

    assert answer.status_code == 200
    assert "13999990000" not in column
    (profile,) = rows(select(QuickProfile))
    assert (profile.number, profile.name) == ("13999990000", "欧阳先生")
