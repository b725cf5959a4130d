"""What was read from files does not stay for ever."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from core import database
from subscribers.loading import clearing
from subscribers.loading.models import Load, LoadKind, LoadState
from subscribers.loading.staged import STAGED
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, copied, load, row

pytestmark = pytest.mark.usefixtures("each_database")
LATER = MONDAY_MORNING + timedelta(days=8)


def staged(loaded: Load) -> int:
    table = STAGED[loaded.entity]
    with database.reading() as session:
        mine = select(func.count()).select_from(table).where(table.c.load_id == loaded.id)
        return session.exec(mine).one()


def test_rows_go_a_week_after_their_load_and_the_copy_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "AT_ONCE", 2)
    crm = Sender(tmp_path)
    first = load(crm.send("customer", [row("customer", f"C{n}") for n in range(5)]))
    second = load(crm.send("customer", [row("customer", "C1", version=2, name="李四")], LoadKind.DELTA))

    assert clearing.clear(at=MONDAY_MORNING + timedelta(days=1)) == 0
    assert clearing.clear(at=LATER) == 6
    assert (staged(first), staged(second)) == (0, 0)
    assert len(copied("customer")) == 5
    assert clearing.clear(at=LATER) == 0


def test_a_load_that_waits_for_a_person_keeps_what_it_read(tmp_path: Path) -> None:
    crm = Sender(tmp_path)
    waiting = load(crm.send("customer", [row("customer", f"C{n}") for n in range(3)]))
    with database.unit_of_work() as session:
        held = session.get_one(Load, waiting.id)
        held.state = LoadState.HELD
        session.add(held)
    load(crm.send("customer", [row("customer", f"C{n}", version=2) for n in range(3)]))

    clearing.clear(at=LATER)

    assert staged(waiting) == 3
