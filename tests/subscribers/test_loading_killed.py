"""A load that is killed without warning, again and again, ends as if nothing had happened."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from core import database
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from tests.conftest import MONDAY_MORNING, forget
from tests.subscribers.senders import Sender, every_load, everything, load, row

PROGRAM = """
import sys
from operations import tables, wiring
tables.known()
wiring.introduce()
from datetime import datetime
from subscribers.loading import merging, staging
from subscribers.loading.advancing import advance
staging.AT_ONCE, merging.AT_ONCE = 400, 500
print("ready", flush=True)
advance(int(sys.argv[1]), at=datetime.fromisoformat(sys.argv[2]))
print("done", flush=True)
"""
KILLS = 10
ROWS = 6_000


def former() -> list[list[str | None]]:
    return [row("customer", f"C{n}", phone=f"138{n:08}") for n in range(ROWS)]


def changed() -> list[list[str | None]]:
    """New ones, changed ones, removed, older, bad and doubled ones; and some that are not there any more."""
    rows = [row("customer", f"C{n}", version=2, name=f"改名{n}", email="c@example.com") for n in range(2_000)]
    rows += former()[2_000 : ROWS - 50]
    rows += [row("customer", f"N{n}", certificate=f"H{n:08}") for n in range(1_000)]
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
        process.wait()
        return time.perf_counter() - since


@pytest.mark.fault
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_ten_random_moments_a_load_ends_as_an_undisturbed_one(
    each_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("ZHIDA_DATA_KEYS", "k1:a secret that both runs share")
    monkeypatch.setenv("ZHIDA_LOAD_SWING_PERCENT", "50")
    forget()
    seconds = undisturbed(tmp_path / "files")
    expected = everything()
    assert every_load()[-1].state == LoadState.ACKNOWLEDGED
    left = []
    chance = random.Random(seed)
    killed = begun(tmp_path / "files")

    for _ in range(KILLS):
        with started(id_of(killed)) as process:
            time.sleep(chance.uniform(0, seconds / 4))
            process.send_signal(signal.SIGKILL)
            process.wait()
        left.append(every_load()[-1].state)
    finished = advance(id_of(killed), at=MONDAY_MORNING)

    assert (finished.state, finished.kind) == (LoadState.ACKNOWLEDGED, LoadKind.FULL)
    assert len({state for state in left if state != LoadState.ACKNOWLEDGED}) > 1, "the kills came too late"
    assert (finished.inserted, finished.updated, finished.removed) == (1_000, 1_999, 30)
    assert (finished.absent, finished.bad) == (20, 13)
    for table, rows in expected.items():
        assert everything()[table] == rows, table
