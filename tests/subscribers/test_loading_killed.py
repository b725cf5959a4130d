"""A load that is killed without warning, again and again, ends as if nothing had happened."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from core import database
from subscribers.loading import merging, staging
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from tests.conftest import MONDAY_MORNING, forget
from tests.subscribers.senders import Sender, every_load, everything, load, row

PROGRAM = """
import sys
from datetime import datetime
from subscribers.loading import merging, staging
from subscribers.loading.advancing import advance
staging.AT_ONCE, merging.AT_ONCE = 100, 125
print("ready", flush=True)
advance(
    int(sys.argv[1]),
    at=datetime.fromisoformat(sys.argv[2]),
    progress=lambda state, done, all_: print(state, done, all_, flush=True),
)
"""
KILLS = 10
TOLD = 32  # how often an undisturbed run tells how far it is
ROWS = 1_200


def former() -> list[list[str | None]]:
    return [row("customer", f"C{n}", phone=f"138{n:08}") for n in range(ROWS)]


def changed() -> list[list[str | None]]:
    """New ones, changed ones, removed, older, bad and doubled ones; and some that are not there any more."""
    rows = [row("customer", f"C{n}", version=2, name=f"改名{n}", email="c@example.com") for n in range(400)]
    rows += former()[400 : ROWS - 50]
    rows += [row("customer", f"N{n}", certificate=f"H{n:08}") for n in range(300)]
    rows += [row("customer", f"C{n}", op="D", version=2) for n in range(ROWS - 50, ROWS - 20)]
    rows += [row("customer", f"X{n}", kind="alien") for n in range(9)]
    return [*rows, row("customer", "T1"), row("customer", "T1"), row("customer", "C1", version=1)]


def begun(folder: Path) -> Load:
    """The copy as it was, and a file that will change much of it, taken note of."""
    SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    crm = Sender(folder)
    folder.mkdir(exist_ok=True)
    load(crm.send("customer", former()))
    return receive(crm.send("customer", changed()), Via.COMMAND, at=MONDAY_MORNING).load


def started(load_id: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(load_id), MONDAY_MORNING.isoformat()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def undisturbed(folder: Path) -> float:
    """Run it once in another process; return how long it took."""
    with started(id_of(begun(folder))) as process:
        since = time.perf_counter()
        assert process.stdout is not None
        assert len(process.stdout.readlines()) == TOLD
        return time.perf_counter() - since


def kill(process: subprocess.Popen[str], steps: int, seconds: float) -> None:
    """Kill it some time after it went this many steps further: a slow machine is killed as far on."""
    assert process.stdout is not None
    for _ in range(steps):
        process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


class Stopped(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


def cut_short(monkeypatch: pytest.MonkeyPatch, whole: Any, after: int, *, is_kept: bool) -> None:
    """Let a run end at one of its transactions: when it is kept, or just before that."""
    left = iter(range(after, -1, -1))

    @contextmanager
    def once() -> Iterator[Session]:
        is_last = next(left) == 0
        with whole() as session:
            yield session
            if is_last and not is_kept:
                raise Stopped
        if is_last:
            raise Stopped

    monkeypatch.setattr(database, "unit_of_work", once)


@pytest.mark.parametrize("is_kept", [True, False], ids=["just kept", "about to be kept"])
def test_stopped_at_every_transaction_a_load_ends_as_an_undisturbed_one(
    each_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    """Each run gets one transaction further than the one before it."""
    monkeypatch.setenv("ZHIDA_LOAD_SWING_PERCENT", "50")
    monkeypatch.setattr(staging, "AT_ONCE", 500)
    monkeypatch.setattr(merging, "AT_ONCE", 600)
    forget()
    advance(id_of(begun(tmp_path / "files")), at=MONDAY_MORNING)
    expected = everything()
    stopped = id_of(begun(tmp_path / "files"))

    runs, whole = 0, database.unit_of_work
    while every_load()[-1].state != LoadState.ACKNOWLEDGED and runs < 50:
        cut_short(monkeypatch, whole, runs, is_kept=is_kept)
        runs += 1
        with suppress(Stopped):
            advance(stopped, at=MONDAY_MORNING)

    assert 4 < runs < 50
    for table, rows in expected.items():
        assert everything()[table] == rows, table


@pytest.mark.fault
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_ten_random_moments_a_load_ends_as_an_undisturbed_one(
    each_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("ZHIDA_DATA_KEYS", "k1:a secret that both runs share")
    monkeypatch.setenv("ZHIDA_LOAD_SWING_PERCENT", "50")
    monkeypatch.setattr(staging, "AT_ONCE", 100)
    monkeypatch.setattr(merging, "AT_ONCE", 125)
    forget()
    seconds = undisturbed(tmp_path / "files")
    expected = everything()
    assert every_load()[-1].state == LoadState.ACKNOWLEDGED
    left = []
    chance = random.Random(seed)
    killed = begun(tmp_path / "files")

    for _ in range(KILLS):
        with started(id_of(killed)) as process:
            kill(process, chance.randint(0, TOLD // 5), chance.uniform(0, seconds / TOLD))
        left.append(every_load()[-1].state)
    finished = advance(id_of(killed), at=MONDAY_MORNING)

    assert (finished.state, finished.kind) == (LoadState.ACKNOWLEDGED, LoadKind.FULL)
    assert len({state for state in left if state != LoadState.ACKNOWLEDGED}) > 1
    assert (finished.inserted, finished.updated, finished.removed) == (300, 399, 30)
    assert (finished.absent, finished.bad) == (20, 13)
    for table, rows in expected.items():
        assert everything()[table] == rows, table
