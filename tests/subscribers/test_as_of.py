"""How old the copy is, by what its sources told last."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core import database
from core.identity import Actor
from subscribers import as_of
from subscribers.as_of import NoSuchLag
from subscribers.loading.models import LoadKind
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, load, row

pytestmark = pytest.mark.usefixtures("each_database")
SUNDAY = date(2026, 3, 1)
SUNDAYS_END = datetime(2026, 3, 1, 16, tzinfo=UTC)


def known() -> dict[str, datetime]:
    with database.reading() as session:
        return as_of.as_of(session)


def test_a_file_tells_up_to_the_end_of_its_day_of_business(tmp_path: Path) -> None:
    assert known() == {}

    load(Sender(tmp_path).send("customer", [row("customer", "C1")], business_day=SUNDAY))

    assert known() == {"customer": SUNDAYS_END}


def test_a_file_of_today_tells_up_to_when_it_came(tmp_path: Path) -> None:
    load(Sender(tmp_path).send("customer", [row("customer", "C1")]))

    assert known() == {"customer": MONDAY_MORNING}


def test_an_entity_is_as_old_as_its_oldest_source(tmp_path: Path) -> None:
    load(Sender(tmp_path).send("customer", [row("customer", "C1")]))
    load(Sender(tmp_path, "boss").send("customer", [row("customer", "B1")], business_day=SUNDAY))

    assert known() == {"customer": SUNDAYS_END}


def test_a_load_that_waits_makes_nothing_fresh(tmp_path: Path) -> None:
    crm = Sender(tmp_path)
    load(crm.send("customer", [row("customer", "C1")], business_day=SUNDAY))
    crm.sequences["customer"] = 5

    load(crm.send("customer", [row("customer", "C1", op="U", version=2)], LoadKind.DELTA))

    assert known() == {"customer": SUNDAYS_END}


def test_what_is_older_than_agreed_is_late(tmp_path: Path, admin_wu: Actor) -> None:
    load(Sender(tmp_path).send("customer", [row("customer", "C1")], business_day=SUNDAY))
    with database.unit_of_work() as session:
        as_of.agree(session, {"customer": 8}, actor=admin_wu, at=MONDAY_MORNING)
        (one,) = as_of.freshness(session)

        assert one.lag(MONDAY_MORNING) == timedelta(hours=9)
        assert one.is_late(MONDAY_MORNING)
        assert not one.is_late(MONDAY_MORNING - timedelta(hours=1))
        with pytest.raises(NoSuchLag):
            as_of.agree(session, {"customer": 0}, actor=admin_wu, at=MONDAY_MORNING)
