"""A switch tells of its calls over HTTP: signed, as often as it likes, in whatever order."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import func, select

from core import clock
from core.api_clients import ApiScope
from subscribers.calls.models import Call, CallEvent
from tests.makers import make_subscriber
from tests.web.records import rows
from tests.web.switch import PATH, Switch, make_key


def test_a_ringing_call_knows_whose_number_it_is(switch: Switch) -> None:
    subscription = make_subscriber("13800006207")

    answer = switch.ring()

    assert answer.status_code == 201
    assert answer.json()["phase"] == "ringing"
    (call,) = rows(select(Call))
    assert (call.customer_id, call.subscription_id) == (subscription.customer_id, subscription.id)


def test_an_event_that_comes_twice_is_taken_once(switch: Switch) -> None:
    event = switch.event("ringing", agent="chen", caller="13800006207")

    first, second = switch.tell(event), switch.tell(event)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["duplicate"]
    assert rows(select(func.count()).select_from(CallEvent)) == [1]


def test_a_number_of_an_event_is_not_used_for_another(switch: Switch) -> None:
    event = switch.event("ringing", agent="chen")
    switch.tell(event)

    refused = switch.tell(event | {"type": "answered"})

    assert refused.status_code == 409
    assert "event_id" in refused.json()["error"]


def test_two_switches_may_use_the_same_numbers(app: FastAPI, switch: Switch) -> None:
    other = Switch(app, "宁波软交换")

    assert switch.ring().status_code == other.ring().status_code == 201
    assert rows(select(func.count()).select_from(Call)) == [2]


def test_the_end_may_come_before_the_beginning(switch: Switch) -> None:
    ringing = switch.event("ringing", agent="chen", ago=60)
    answered = switch.event("answered", agent="chen", ago=50)

    assert switch.say("ended", ago=10).json()["phase"] == "ended"
    switch.tell(answered)
    switch.tell(ringing)

    (call,) = rows(select(Call))
    assert call.phase == "ended"
    assert call.talked_seconds == 40


def test_an_unknown_agent_is_named_and_the_call_is_kept(switch: Switch) -> None:
    answer = switch.ring(agent="9999")

    assert answer.status_code == 201
    assert answer.json()["unknown_agents"] == ["9999"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "exploded"}, "type"),
        ({"at": "2026-03-02T09:00:00"}, "at"),
        ({"caller": "陈婉清"}, "caller"),
        ({"call": ""}, "call"),
        ({"tone": "high"}, "tone"),
        ({"queue_seconds": -1}, "queue_seconds"),
    ],
)
def test_what_is_not_in_the_contract_is_refused_by_name(
    switch: Switch, change: dict[str, Any], field: str
) -> None:
    refused = switch.tell(switch.event("ringing", agent="chen") | change)

    assert refused.status_code == 422
    assert field in refused.json()["error"]


def test_what_has_not_happened_yet_is_refused(switch: Switch) -> None:
    refused = switch.ring(ago=-3600)

    assert refused.status_code == 422
    assert "时钟" in refused.json()["error"]


def test_a_wrong_signature_is_refused(switch: Switch) -> None:
    event = switch.event("ringing", agent="chen")

    assert switch.tell(event, secret="guessed").status_code == 401
    assert switch.tell(event, at=clock.now() - timedelta(minutes=6)).status_code == 401
    assert rows(select(Call)) == []


def test_a_token_is_not_enough_for_events(app: FastAPI, switch: Switch) -> None:
    token = {"Authorization": f"Bearer {switch.key_id}.{switch.secret}"}

    refused = switch.post(PATH, json=switch.event("ringing"), headers=token)

    assert refused.status_code == 401
    assert "X-Zhida-Signature" in refused.json()["error"]


def test_a_client_of_another_scope_is_refused(switch: Switch) -> None:
    switch.key_id, switch.secret = make_key(ApiScope.SUBSCRIBERS_WRITE, name="营业系统")

    assert switch.ring().status_code == 403


def test_the_session_of_a_browser_opens_nothing(chen: Any) -> None:
    assert chen.post(PATH, json={"call": "c1"}).status_code == 401
