"""Killed in the middle of anything, the index has all that was acknowledged, and goes on."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.document import DocumentKey
from search.engines.embedded import EmbeddedEngine
from search.hits import Signal
from tests.search.library import by_words, fill, ids_of, make_document, make_query, put
from tests.search.other_processes import BATCH
from tests.search.stand_ins import RECIPE, LetterEncoder

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path / "index", RECIPE)
    fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    yield engine
    engine.close()


@contextmanager
def process(do: str, tmp_path: Path, name: str = "x") -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.search.other_processes", do, str(tmp_path / "index"), name]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def killed_after(do: str, tmp_path: Path, seconds: float, name: str = "x") -> int:
    """Let it work, kill it without warning, and return how many things it had acknowledged."""
    with process(do, tmp_path, name) as running:
        assert running.stdout
        running.stdout.readline()  # it has begun
        time.sleep(seconds)
        running.kill()
        return 1 + len(running.stdout.read().splitlines())


def writers_are_killed(engine: EmbeddedEngine, tmp_path: Path, times: int) -> None:
    dice, acknowledged = random.Random(7), {}
    for round_ in range(times):
        name = f"w{round_}x"
        acknowledged[name] = killed_after("write", tmp_path, dice.uniform(0, 0.25), name)

    for name, batches in acknowledged.items():
        for number in range(batches):
            found = engine.match_words(make_query(f"第{name}{number}号公告"), 20)
            ids = [id_ for id_ in ids_of(found, Signal.WORDS) if id_.startswith(f"{name}{number}-")]
            assert len(ids) == BATCH, (name, number)
    put(engine, make_document("after", "劫后余生"))
    assert by_words(engine, "劫后余生") == ["after"]


def test_what_a_killed_writer_acknowledged_is_found(engine: EmbeddedEngine, tmp_path: Path) -> None:
    writers_are_killed(engine, tmp_path, times=2)


@pytest.mark.fault
def test_what_forty_killed_writers_acknowledged_is_found(engine: EmbeddedEngine, tmp_path: Path) -> None:
    writers_are_killed(engine, tmp_path, times=40)


def test_the_batch_that_was_cut_short_is_whole_when_done_again(
    engine: EmbeddedEngine, tmp_path: Path
) -> None:
    batches = killed_after("write", tmp_path, 0.1, "w")

    again = [make_document(f"w{batches}-{n}", f"第w{batches}号公告") for n in range(BATCH)]
    put(engine, *again)

    with engine.writing(wait=30) as writer:
        generation = engine.status().generation
        assert writer.is_sound(generation)
        assert {document.key for document in again} <= writer.keys(generation)


def builders_are_killed(engine: EmbeddedEngine, tmp_path: Path, times: int) -> None:
    dice = random.Random(7)
    for _ in range(times):
        killed_after("build", tmp_path, dice.uniform(0, 0.6))
        found = engine.match_words(make_query("公告"), 50)
        assert len(ids_of(found, Signal.WORDS)) == 40
        put(engine, make_document("0", "第0号公告"))

    with engine.rebuilding():
        fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    assert engine.status().documents == 40
    assert sum(path.is_dir() for path in (tmp_path / "index").iterdir()) <= 2


def test_a_killed_rebuild_leaves_a_whole_index(engine: EmbeddedEngine, tmp_path: Path) -> None:
    builders_are_killed(engine, tmp_path, times=1)


@pytest.mark.fault
def test_twenty_killed_rebuilds_leave_a_whole_index(engine: EmbeddedEngine, tmp_path: Path) -> None:
    builders_are_killed(engine, tmp_path, times=20)


def test_a_killed_backfill_loses_no_vector_and_leaves_none_half(
    engine: EmbeddedEngine, tmp_path: Path
) -> None:
    killed_after("encode", tmp_path, 0.05)
    before = engine.status().meaning
    assert 0 < before.done <= before.total == 40

    while engine.encode_pending(LetterEncoder(), 8):
        pass

    vector = LetterEncoder().vector_of("第17号公告")
    nearest = engine.match_meaning(make_query("第17号公告"), vector, 3, made_by=RECIPE).by_signal[
        Signal.MEANING
    ]
    assert nearest[0].key == DocumentKey("kb", "17")
    assert nearest[0].score == pytest.approx(1, abs=1e-5)


def test_two_processes_write_in_turn(engine: EmbeddedEngine, tmp_path: Path) -> None:
    with process("write_twenty", tmp_path, "a") as one, process("write_twenty", tmp_path, "b") as other:
        assert one.wait(60) == other.wait(60) == 0

    assert engine.status().documents == 40 + 2 * 20
    for name in ("a13", "b7"):
        assert by_words(engine, f"第{name}号公告")[0] == name


def test_other_processes_read_whole_generations_while_one_rebuilds(
    engine: EmbeddedEngine, tmp_path: Path
) -> None:
    over = tmp_path / "over"
    with process("read", tmp_path, str(over)) as one, process("read", tmp_path, str(over)) as other:
        for reader in (one, other):
            assert reader.stdout
            assert reader.stdout.readline() == "10\n"
        for _ in range(8):
            fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
            time.sleep(0.1)
        over.touch()
        for reader in (one, other):
            reader.communicate(timeout=60)
            assert reader.returncode == 0


def test_the_right_to_write_dies_with_its_process(engine: EmbeddedEngine, tmp_path: Path) -> None:
    with process("build", tmp_path) as running:
        assert running.stdout
        running.stdout.readline()
        running.kill()
        running.wait()

        with engine.rebuilding(), engine.writing(wait=0):
            pass
