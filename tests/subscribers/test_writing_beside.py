"""SQLite has one writer at a time: whoever writes beside a load or a long look gets their turn."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from core import database
from core.identity import Actor, Team
from subscribers import duplicates
from subscribers.loading import comparing, foreseeing, merging, wishing
from subscribers.loading.advancing import advance
from subscribers.loading.models import LoadChunk, LoadState, Step, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from subscribers.rights import retention
from tests.conftest import MONDAY_MORNING, forget
from tests.subscribers.senders import Sender, copied, load, row
from tests.web.records import rows

PATIENCE = 0.5
EVERYBODY = [row("customer", f"C{n}", phone=f"1380000{n:04}") for n in range(600)]


@pytest.fixture
def crm(tmp_path: Path, centre: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """Whoever writes in these tests waits for half a second at most."""
    folder = tmp_path / "sent"
    folder.mkdir()
    forget()
    monkeypatch.setattr(database, "BUSY_SECONDS", PATIENCE)
    return Sender(folder)


def write(code: str) -> None:
    with database.unit_of_work() as session:
        session.add(Team(code=code, name="班组"))


def written() -> list[str]:
    with database.reading() as session:
        return sorted(session.exec(select(Team.code)))


@contextmanager
def somebody_writing() -> Iterator[list[float]]:
    """Another thread, with a connection of its own, writes again and again; how long each took."""
    over, took, failed = threading.Event(), list[float](), list[Exception]()

    def again_and_again() -> None:
        number = 0
        while not over.is_set():
            number, since = number + 1, time.perf_counter()
            try:
                write(f"t{number}")
            except Exception as error:
                failed.append(error)
                return
            took.append(time.perf_counter() - since)
            time.sleep(0.03)

    thread = threading.Thread(target=again_and_again)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()
    assert failed == []


def slow(whole: Callable[..., Any]) -> Callable[..., Any]:
    def slowly(*said: Any) -> Any:
        time.sleep(0.1)
        return whole(*said)

    return slowly


def test_beside_every_chunk_of_a_merge(crm: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk holds the database almost all the time; the breath between two is enough."""
    monkeypatch.setattr(merging, "AT_ONCE", 20)
    monkeypatch.setattr(merging, "_merge_rows", slow(merging._merge_rows))
    received = receive(crm.send("customer", EVERYBODY), Via.COMMAND, at=MONDAY_MORNING)

    with somebody_writing() as took:
        loaded = advance(id_of(received.load), at=MONDAY_MORNING)

    assert (loaded.state, loaded.inserted) == (LoadState.ACKNOWLEDGED, 600)
    assert len(took) > 600 / 20 / 3


def test_chunks_become_as_large_as_a_second_allows_and_follow_one_another(
    crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "FEWEST", 20)
    monkeypatch.setattr(merging, "AT_ONCE", 200)
    took = iter([0.1, 0.1, 10, 10, *([0.001] * 20)])
    whole = merging._merge_chunk

    def timed(*said: Any) -> float:
        whole(*said)
        return next(took)

    monkeypatch.setattr(merging, "_merge_chunk", timed)

    loaded = load(crm.send("customer", EVERYBODY))

    chunks = [one for one in rows(select(LoadChunk)) if one.step == Step.MERGE]
    sizes = [one.last_row - one.first_row + 1 for one in sorted(chunks, key=lambda one: one.number)]
    assert sizes == [20, 40, 80, 20, 20, 40, 80, 160, 140]
    assert loaded.inserted == 600


def test_while_a_merged_load_is_compared(crm: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = comparing.figures_of_table

    def meanwhile(*said: Any) -> Any:
        write("meanwhile")
        return whole(*said)

    monkeypatch.setattr(comparing, "figures_of_table", meanwhile)

    assert load(crm.send("customer", EVERYBODY)).state == LoadState.ACKNOWLEDGED
    assert written() == ["meanwhile"]


def test_while_a_trial_is_reckoned(crm: Sender, admin_wu: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = foreseeing._fields

    def meanwhile(*said: Any) -> Any:
        write("meanwhile")
        return whole(*said)

    monkeypatch.setattr(foreseeing, "_fields", meanwhile)
    received = receive(crm.send("customer", EVERYBODY), Via.COMMAND, at=MONDAY_MORNING)
    with database.unit_of_work() as session:
        wishing.wish(session, received.load, staff_id=admin_wu.staff_id, at=MONDAY_MORNING, tries=True)

    tried = advance(id_of(received.load), at=MONDAY_MORNING)

    assert (tried.state, tried.reason, copied("customer")) == (LoadState.HELD, wishing.TRIED, {})
    assert "meanwhile" in written()
    with database.reading() as session:
        forecast = foreseeing.latest_of(session, id_of(tried))
    assert forecast is not None
    assert forecast.inserted == 600


def test_who_wants_a_load_held_while_it_is_tried_is_heeded(
    crm: Sender, admin_wu: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = foreseeing.foresee
    received = receive(crm.send("customer", EVERYBODY), Via.COMMAND, at=MONDAY_MORNING)

    def wish(*, tries: bool, reason: str = "") -> None:
        said: dict[str, Any] = {"staff_id": admin_wu.staff_id, "at": MONDAY_MORNING, "reason": reason}
        with database.unit_of_work() as session:
            wishing.wish(session, received.load, **said, tries=tries)

    def meanwhile(*said: Any, **more: Any) -> Any:
        wish(tries=False, reason="等来源确认")
        return whole(*said, **more)

    monkeypatch.setattr(foreseeing, "foresee", meanwhile)
    wish(tries=True)

    assert advance(id_of(received.load), at=MONDAY_MORNING).reason == "等来源确认"


def test_while_duplicates_are_looked_for(crm: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    load(crm.send("customer", [row("customer", f"C{n}", phone="13800000001") for n in range(3)]))
    whole = duplicates._pairs_of

    def meanwhile(*said: Any) -> Any:
        write(f"meanwhile{len(written())}")
        return whole(*said)

    monkeypatch.setattr(duplicates, "_pairs_of", meanwhile)

    assert duplicates.find(at=MONDAY_MORNING) == 3
    assert len(written()) == 3


@pytest.mark.parametrize("dry", [True, False])
def test_while_retention_looks_for_what_is_old(crm: Sender, dry: bool) -> None:
    old = [row("bill", "B1", month="201001"), row("bill", "B2")]
    for name, sent in {
        "customer": EVERYBODY,
        "subscription": [row("subscription", "S1")],
        "bill": old,
    }.items():
        load(crm.send(name, sent))

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "FROM subscribers_bill" in statement and not written():
            write("meanwhile")

    event.listen(database.engine(), "before_cursor_execute", meanwhile)
    retention.run(dry=dry, at=MONDAY_MORNING)

    assert written() == ["meanwhile"]
    assert sorted(copied("bill")) == (["B1", "B2"] if dry else ["B2"])
