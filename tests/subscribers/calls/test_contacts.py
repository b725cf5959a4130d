"""Calls among what else happened, on each database: in order, page by page, and of one person only."""

from datetime import timedelta

import pytest

from core import database
from core.identity import Actor
from subscribers.calls.contacts import page_with_calls
from subscribers.models import ServiceEvent
from tests.conftest import MONDAY_MORNING as AT
from tests.makers import give, make_subscriber
from tests.subscribers.calls.switch import CALLER, Switch

pytestmark = pytest.mark.usefixtures("each_database")


def test_calls_and_events_of_a_person_come_page_by_page_in_one_order(agent_chen: Actor) -> None:
    made, switch = make_subscriber(CALLER), Switch()
    make_subscriber("13377778888", "刘敏")
    give(
        made,
        *(
            ServiceEvent(key=f"E{n}", source="crm", at=AT - timedelta(hours=n), kind="咨询", title=f"第{n}次")
            for n in range(24)
        ),
    )
    switch.ring(after=-5400)
    switch.say("answered", after=-5390)
    switch.say("ended", after=-5300)
    switch.ring(call="c2", after=-60, caller="13377778888")
    switch.say("ended", call="c2", after=-30)
    switch.ring(call="c3", after=-20)

    with database.reading() as session:
        assert made.customer_id
        first, second = (page_with_calls(session, [made.customer_id], number) for number in (1, 2))

    assert (first.total, len(first.rows), len(second.rows)) == (25, 20, 5)
    assert [one.kind for one in first.rows[:4]] == ["咨询", "咨询", "呼入", "咨询"]
    assert (first.rows[2].handler, first.rows[2].seconds) == ("陈静", 90)
