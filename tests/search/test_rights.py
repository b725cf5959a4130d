"""One process writes at a time, by a lock that dies with it: a file, or one in the shared PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from core.settings import settings
from search.engines import _rights
from search.engines.base import RebuildRunning, WritingBusy
from search.engines.rights import Rights

PROJECT = Path(__file__).parents[2]
HOLD = """
import time
from search.engines import _rights
with _rights().writing(5), _rights().rebuilding():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def rights(each_database: str, data_dir: Path) -> Rights:
    """Held where the database is: a server that several machines share, or the folder of this one."""
    rights = _rights()
    with rights.writing(0):
        is_file = (data_dir / "elasticsearch.writing.lock").exists()
    assert is_file == (each_database == "sqlite")
    return rights


@contextmanager
def another_process() -> Iterator[subprocess.Popen[str]]:
    """Hold both rights in a process of its own."""
    chosen = settings()
    told = {"ZHIDA_DATA_DIR": str(chosen.data_dir), "ZHIDA_DATABASE_URL": chosen.database_url}
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, cwd=PROJECT, env=told, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            assert running.stdout.readline() == "held\n"
            yield running
        finally:
            running.kill()


def test_a_second_writer_waits_and_then_gives_up(rights: Rights) -> None:
    with rights.writing(0), pytest.raises(WritingBusy), _rights().writing(0.05):
        pass
    inside, done = Event(), Event()

    def hold() -> None:
        with rights.writing(0):
            inside.set()
            done.wait(5)

    holder = Thread(target=hold)
    holder.start()
    inside.wait(5)
    Timer(0.1, done.set).start()
    with _rights().writing(5):
        assert done.is_set()
    holder.join()


def test_two_rebuilds_at_once_are_one_too_many_and_writing_goes_on(rights: Rights) -> None:
    with rights.rebuilding(), _rights().writing(0), pytest.raises(RebuildRunning), _rights().rebuilding():
        pass
    with _rights().rebuilding():
        pass


def test_an_error_gives_the_right_back(rights: Rights) -> None:
    with pytest.raises(ZeroDivisionError), rights.writing(0):
        raise ZeroDivisionError
    with rights.writing(0):
        pass


def test_the_rights_die_with_their_process(rights: Rights) -> None:
    with another_process() as running:
        with pytest.raises(WritingBusy), rights.writing(0):
            pass
        with pytest.raises(RebuildRunning), rights.rebuilding():
            pass
        running.kill()
        running.wait()
        with rights.writing(2), rights.rebuilding():
            pass
