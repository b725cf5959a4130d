"""A dry run says what merging would do, and merging then does that."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import database
from subscribers.loading import wishing
from subscribers.loading.advancing import advance
from subscribers.loading.foreseeing import Forecast
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, copied, load, row

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def tried(dat: Path) -> tuple[Load, Forecast]:
    received = receive(dat, Via.COMMAND, at=MONDAY_MORNING).load
    with database.unit_of_work() as session:
        wishing.wish(session, received, staff_id=UUID(int=0), at=MONDAY_MORNING, tries=True)
    waiting = advance(id_of(received), at=MONDAY_MORNING)
    with database.reading() as session:
        return waiting, session.get_one(Forecast, received.id)


def counts(of: Any) -> tuple[int, ...]:
    return (of.inserted, of.updated, of.unchanged, of.stale, of.removed, of.absent)


def test_what_is_foreseen_is_what_happens(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", f"C{n}", version=2) for n in range(30)]))
    changes = [
        row("customer", "C1", op="U", version=3, name="新名"),
        row("customer", "C2", op="U", version=2),
        row("customer", "C3", op="U", version=1, name="旧名"),
        row("customer", "C4", op="D", version=3),
        row("customer", "C90"),
        row("customer", "C91", op="D"),
    ]

    waiting, forecast = tried(crm.send("customer", changes, LoadKind.DELTA))

    assert (waiting.state, waiting.reason) == (LoadState.HELD, wishing.TRIED)
    assert copied("customer")["C1"].name == "陈婉清"
    assert counts(forecast) == (1, 1, 2, 1, 1, 0)
    with database.unit_of_work() as session:
        wishing.turning.try_again(session, waiting, at=MONDAY_MORNING)
    assert counts(advance(id_of(waiting), at=MONDAY_MORNING)) == counts(forecast)


def test_each_field_says_how_often_it_would_change_and_from_what_to_what(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1", phone="13800006207"), row("customer", "C2")]))
    before = [
        row("account", "A1", customer="C1", balance="12.50"),
        row("account", "A2", customer="C2", arrears_since="2026-01-02"),
    ]
    load(crm.send("account", before))
    after = [
        row("account", "A1", op="U", version=2, customer="C2", balance="8"),
        row("account", "A2", op="U", version=2, customer="C2", arrears_since=None, balance="12.50"),
    ]

    _, forecast = tried(crm.send("account", after, LoadKind.DELTA))

    said = {one["name"]: (one["rows"], one["samples"]) for one in forecast.fields}
    assert said == {
        "customer": (1, [{"key": "A1", "before": "C1", "after": "C2"}]),
        "balance": (1, [{"key": "A1", "before": "12.50", "after": "8.00"}]),
        "arrears_since": (1, [{"key": "A2", "before": "2026-01-02", "after": ""}]),
    }


def test_personal_data_is_kept_masked(crm: Sender) -> None:
    card = {"certificate_kind": "身份证", "certificate": "330102198501011236"}
    load(crm.send("customer", [row("customer", "C1", phone="13800006207", **card)]))
    other = {"certificate_kind": "身份证", "certificate": "330102850101123"} | {"phone": "13911112222"}

    _, forecast = tried(
        crm.send("customer", [row("customer", "C1", op="U", version=2, **other)], LoadKind.DELTA)
    )

    assert forecast.fields == [
        {
            "name": "phone",
            "rows": 1,
            "samples": [{"key": "C1", "before": "138 **** 6207", "after": "139 **** 2222"}],
        }
    ]


def test_a_full_file_says_what_it_lacks(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", f"C{n}") for n in range(40)]))

    _, forecast = tried(crm.send("customer", [row("customer", f"C{n}") for n in range(2, 40)]))

    assert counts(forecast) == (0, 0, 38, 0, 0, 2)
