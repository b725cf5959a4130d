"""A call at several desks: it rings, is missed, answered and handed over at each by itself."""

from fastapi import FastAPI
from sqlmodel import select

from subscribers.calls.models import Call
from tests.people import hire
from tests.web.browser import HTMX, Browser
from tests.web.records import rows
from tests.web.switch import Switch


def bar(browser: Browser) -> str:
    return str(browser.get("/calls/bar", headers=HTMX).text)


def only_call() -> Call:
    (call,) = rows(select(Call))
    return call


def test_a_call_that_rings_at_two_desks_goes_on_at_the_other(
    app: FastAPI, chen: Browser, switch: Switch
) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))
    switch.ring(agent="CHEN", ago=8)
    switch.ring(agent="zhao", ago=7)
    over = f"/calls/{only_call().id}/over"

    assert over not in chen.submit(over, {}, HTMX).text
    assert "振铃" in bar(zhao)
    switch.say("answered", agent="zhao")

    assert "通话中" in bar(zhao)
    assert only_call().phase == "talking"


def test_who_handed_a_call_over_cannot_end_it(app: FastAPI, chen: Browser, switch: Switch) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))
    switch.say("answered", agent="chen", ago=60)
    switch.say("transferred", agent="chen", to="zhao", ago=30)
    switch.say("answered", agent="zhao", ago=20)
    page = f"/calls/{only_call().id}"

    assert "按已结束处理" not in chen.get(page).text
    assert chen.submit(f"{page}/over", {}).status_code == 409
    assert "通话中" in bar(zhao)


def test_a_desk_that_did_not_answer_rings_no_more_once_the_queue_tries_the_next(
    app: FastAPI, chen: Browser, switch: Switch
) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))

    switch.ring(ago=25)
    switch.ring(agent="zhao", ago=5)

    assert "振铃" not in bar(chen)
    assert "振铃" in bar(zhao)
