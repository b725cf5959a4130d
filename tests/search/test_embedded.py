"""The embedded engine keeps the contract, and what is its own: files, locks, many processes."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from search.document import DocumentKey
from search.engines.base import (
    Engine,
    EngineUnavailable,
    IndexMissing,
    IndexOutOfDate,
    Progress,
    RebuildRunning,
    WritingBusy,
)
from search.engines.embedded import EmbeddedEngine
from search.engines.embedded_vectors import VectorStore
from tests.search.engine_contract import EngineContract
from tests.search.library import by_words, fill, make_document, make_query, put
from tests.search.stand_ins import OTHER_RECIPE, RECIPE, LetterEncoder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def opened(root: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(root, RECIPE)
    yield engine
    engine.close()


class TestEmbedded(EngineContract):
    @pytest.fixture
    def empty(self, opened: EmbeddedEngine) -> Engine:
        return opened

    @pytest.fixture
    def reopened(self, root: Path) -> Iterator[Engine]:
        engine = EmbeddedEngine(root, RECIPE)
        yield engine
        engine.close()

    @pytest.fixture
    def with_another_recipe(self, root: Path) -> Iterator[Engine]:
        engine = EmbeddedEngine(root, OTHER_RECIPE)
        yield engine
        engine.close()


@pytest.fixture
def engine(opened: EmbeddedEngine) -> EmbeddedEngine:
    fill(opened, make_document("a", "国际漫游"))
    return opened


def test_with_meaning_switched_off_nothing_waits_for_a_vector(root: Path) -> None:
    engine = EmbeddedEngine(root, None)
    fill(engine, make_document("a", "国际漫游"))

    assert by_words(engine, "漫游") == ["a"]
    assert engine.status().meaning == Progress(0, 0)
    assert not engine.status().recipe_differs
    assert engine.encode_pending(LetterEncoder(), 8) == 0
    engine.close()


def test_what_is_published_while_meaning_is_off_waits_until_it_is_on_again(
    root: Path, engine: EmbeddedEngine
) -> None:
    switched_off = EmbeddedEngine(root, None)
    put(switched_off, make_document("b", "宽带移机"))
    switched_off.close()

    assert engine.status().meaning == Progress(0, 2)


def test_an_index_of_another_version_is_refused_by_name(root: Path, engine: EmbeddedEngine) -> None:
    pointer = root / "pointer.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "schema": 0}))

    with pytest.raises(IndexOutOfDate):
        engine.match_words(make_query("漫游"), 10)
    with pytest.raises(IndexOutOfDate):
        put(engine, make_document("b"))

    fill(engine, make_document("b", "国际漫游"))
    assert by_words(engine, "漫游") == ["b"]


def test_a_pointer_cut_short_by_a_power_cut_is_no_index(root: Path, engine: EmbeddedEngine) -> None:
    (root / "pointer.json").write_text('{"schema": 1, "cur')

    with pytest.raises(IndexMissing):
        engine.match_words(make_query("漫游"), 10)


@pytest.mark.parametrize("lost", ["", "{generation}", "{generation}/words", "{generation}/vectors.sqlite3"])
def test_an_index_deleted_while_it_is_searched_is_said_to_be_gone(
    root: Path, engine: EmbeddedEngine, lost: str
) -> None:
    generation = engine.status().generation
    path = root / lost.format(generation=generation)
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    with pytest.raises(EngineUnavailable):
        engine.status()
    with pytest.raises(EngineUnavailable):
        put(engine, make_document("b"))
    if "vectors" not in lost:  # what of them is in memory answers on
        with pytest.raises(EngineUnavailable):
            engine.match_words(make_query("漫游"), 10)

    fill(engine, make_document("b", "国际漫游"))
    assert by_words(engine, "漫游") == ["b"]


def test_old_generations_and_what_killed_writers_left_are_swept(root: Path, engine: EmbeddedEngine) -> None:
    first = engine.status().generation
    second = fill(engine, make_document("a"))
    (root / second / "words" / ".tmpAbCd").write_text("left by a killed commit")
    (root / "pointer.1234.tmp").write_text("left by a killed switch")

    third = fill(engine, make_document("a"))

    assert {path.name for path in root.iterdir()} == {"pointer.json", second, third}
    assert first not in {second, third}
    assert not list(root.glob("*/words/.tmp*"))


def test_a_second_writer_waits_and_then_gives_up(engine: EmbeddedEngine, root: Path) -> None:
    other = EmbeddedEngine(root, RECIPE)

    with engine.writing(wait=0), pytest.raises(WritingBusy), other.writing(wait=0.05):
        pass

    inside, done = Event(), Event()

    def hold() -> None:
        with engine.writing(wait=0):
            inside.set()
            done.wait(5)

    holder = Thread(target=hold)
    holder.start()
    inside.wait(5)
    Timer(0.1, done.set).start()
    with other.writing(wait=5):
        assert done.is_set()
    holder.join()


def test_two_rebuilds_at_once_are_one_too_many(engine: EmbeddedEngine, root: Path) -> None:
    other = EmbeddedEngine(root, RECIPE)

    with engine.rebuilding(), pytest.raises(RebuildRunning), other.rebuilding():
        pass
    with other.rebuilding():
        pass


def test_a_batch_that_cannot_be_read_changes_nothing(engine: EmbeddedEngine) -> None:
    unreadable = make_document("c", title=None)  # type: ignore[arg-type]  # as a faulty source would

    with pytest.raises((TypeError, AttributeError)):
        put(engine, make_document("a", "补换卡"), unreadable)

    assert by_words(engine, "漫游") == ["a"]
    assert by_words(engine, "补换卡") == []


def test_a_removal_that_was_killed_between_its_two_files_counts(root: Path, engine: EmbeddedEngine) -> None:
    with closing(VectorStore(root / engine.status().generation / "vectors.sqlite3")) as store:
        store.remove([DocumentKey("kb", "a")])

    assert by_words(engine, "漫游") == []


def test_a_broken_vector_file_is_named(root: Path, engine: EmbeddedEngine) -> None:
    generation = engine.status().generation
    engine.close()
    with sqlite3.connect(root / generation / "vectors.sqlite3") as db:
        db.execute("DROP TABLE passage")
    db.close()

    with pytest.raises(EngineUnavailable):
        engine.match_words(make_query("漫游"), 10)
