"""Who is at work: whoever signed out, or has no session any more, takes no calls."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import select, update

from core import clock
from core.identity import Actor
from core.sign_in import SignInSession
from subscribers.calls.models import AgentState, Call
from tests.makers import make_subscriber
from tests.people import hire
from tests.web.browser import HTMX, Browser
from tests.web.records import change, rows


@pytest.fixture
def zhao(app: FastAPI, agent_chen: Actor) -> Browser:
    browser = Browser(app)
    browser.enter(hire("zhao", "赵晨", "agent"))
    browser.submit("/calls/state", {"doing": "idle"})
    return browser


def takers(browser: Browser) -> list[str]:
    """Return who may take the call that is handed over, as the bar lists them."""
    make_subscriber("13800006207", "陈婉清")
    browser.submit("/calls/practice", {"agent": "chen", "number": "13800006207"})
    (call,) = rows(select(Call))
    browser.submit(f"/calls/{call.id}/step", {"kind": "answered"})
    return re.findall(r"<option[^>]*>([^<]+)</option>", browser.get("/calls/bar", headers=HTMX).text)


def test_an_idle_colleague_is_first_among_who_may_take_a_call(chen: Browser, zhao: Browser) -> None:
    assert takers(chen)[0] == "zhao 赵晨（空闲）"


def test_whoever_signed_out_is_not_idle(chen: Browser, zhao: Browser, he: Browser) -> None:
    zhao.submit("/sign-out", {})

    assert "zhao 赵晨" in takers(chen)
    assert "赵晨" not in he.get("/calls/agents").text
    (state,) = rows(select(AgentState))
    assert state.until is not None


def test_whoever_is_still_signed_in_elsewhere_goes_on(
    app: FastAPI, chen: Browser, zhao: Browser, he: Browser
) -> None:
    other = Browser(app)
    other.enter(Actor(rows(select(AgentState))[0].staff_id, "赵晨", "zhao"))

    other.submit("/sign-out", {})

    assert "赵晨" in he.get("/calls/agents").text
    assert takers(chen)[0] == "zhao 赵晨（空闲）"


def test_whose_session_ran_out_is_not_idle(chen: Browser, zhao: Browser, he: Browser) -> None:
    whose = rows(select(AgentState))[0].staff_id
    over = clock.now() - timedelta(minutes=1)
    change(update(SignInSession).where(SignInSession.staff_id == whose).values(expires_at=over))  # type: ignore[arg-type]

    assert "zhao 赵晨" in takers(chen)
    assert "赵晨" not in he.get("/calls/agents").text
