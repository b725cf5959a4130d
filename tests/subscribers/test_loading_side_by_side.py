"""A large file is decoded by several processes at once: nobody can tell from what is loaded."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlmodel import SQLModel

from core import database
from search.own_process import OwnProcess
from subscribers.loading import side_by_side, staging
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, everything, row

ROWS = 400


class Watched(OwnProcess):
    """A process that can be found again to be killed."""

    all: ClassVar[list["Watched"]] = []

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        Watched.all.append(self)


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, and files that are large from the first row on, in chunks of twenty."""
    monkeypatch.setattr(side_by_side, "FROM_ROWS", 1)
    monkeypatch.setattr(side_by_side, "_cores", lambda: 2)
    monkeypatch.setattr(side_by_side, "OwnProcess", Watched)
    monkeypatch.setattr(Watched, "all", [])
    monkeypatch.setattr(staging, "AT_ONCE", 20)


def received(folder: Path) -> Load:
    SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    customers = [row("customer", f"C{n}", name=f"王{n}", certificate=f"H{n:08}") for n in range(ROWS)]
    customers[250] = row("customer", "C250", kind="alien")
    folder.mkdir(exist_ok=True)
    return receive(Sender(folder).send("customer", customers), Via.COMMAND, at=MONDAY_MORNING).load


def test_several_processes_load_what_one_does(
    centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many_cores: None
) -> None:
    together = advance(id_of(received(tmp_path / "one")), at=MONDAY_MORNING)
    loaded = everything()
    monkeypatch.setattr(side_by_side, "_cores", lambda: 1)
    alone = advance(id_of(received(tmp_path / "one")), at=MONDAY_MORNING)

    assert len(Watched.all) == 2
    assert (together.state, together.inserted, together.bad) == (LoadState.ACKNOWLEDGED, ROWS - 1, 1)
    assert (alone.inserted, alone.bad) == (together.inserted, together.bad)
    assert everything() == loaded


def test_a_process_that_dies_costs_only_time(centre: Path, tmp_path: Path, many_cores: None) -> None:
    killed = iter(range(2))

    def kill_one(state: LoadState, done: int, _all: int) -> None:
        if state == LoadState.VERIFIED and done >= 40 and (which := next(killed, None)) is not None:
            Watched.all[which].kill()

    finished = advance(id_of(received(tmp_path / "one")), at=MONDAY_MORNING, progress=kill_one)

    assert next(killed, None) is None, "they were not killed"
    assert (finished.state, finished.inserted, finished.bad) == (LoadState.ACKNOWLEDGED, ROWS - 1, 1)


def test_no_process_is_left_when_a_load_stops(centre: Path, tmp_path: Path, many_cores: None) -> None:
    class Stopped(Exception):
        pass

    def stop(state: LoadState, done: int, _all: int) -> None:
        if state == LoadState.VERIFIED and done >= 60:
            raise Stopped

    load = received(tmp_path / "one")
    with pytest.raises(Stopped):
        advance(id_of(load), at=MONDAY_MORNING, progress=stop)

    assert all(one._process.poll() is not None for one in Watched.all)
    assert advance(id_of(load), at=MONDAY_MORNING).inserted == ROWS - 1
