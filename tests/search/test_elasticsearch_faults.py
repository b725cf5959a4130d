"""Elasticsearch killed, hanging, full or read-only: nothing is lost, it is said by name, it mends itself."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from search.engines.base import EngineDown, EngineUnavailable, RebuildRunning
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_failures import EngineBusy, EngineSlow, IndexReadOnly
from search.finder import find_in
from search.hits import Degradation
from tests.search.engine_contract import EngineContract
from tests.search.library import by_words, fill, make_document, make_query, put
from tests.search.nodes import Centre, Nodes, centre_on, eventually, free_ports, needs_elasticsearch, running
from tests.search.stand_ins import AskingLetters, LetterEncoder
from tests.search.test_elasticsearch import TestElasticsearch as OnOneNode

pytestmark = [needs_elasticsearch, pytest.mark.fault]
PROJECT = Path(__file__).parents[2]
MANY = 300


@pytest.fixture(scope="module")
def three_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with running(Nodes(free_ports(1), tmp_path_factory.mktemp("three-nodes"), count=3)) as nodes:
        yield nodes


@pytest.fixture
def on_three_nodes(three_nodes: Nodes, tmp_path: Path) -> Iterator[Centre]:
    three_nodes.start()  # whatever a test before has killed
    eventually(three_nodes.is_green, seconds=120)
    with centre_on(three_nodes, tmp_path) as centre:
        yield centre


class TestThreeNodes(OnOneNode):
    @pytest.fixture
    def centre_on_it(self, on_three_nodes: Centre) -> Centre:
        return on_three_nodes


assert issubclass(TestThreeNodes, EngineContract)


@pytest.fixture
def own_node(tmp_path: Path) -> Iterator[Nodes]:
    """A node that may die."""
    with running(Nodes(free_ports(2), tmp_path / "node")) as nodes:
        yield nodes


@pytest.fixture
def hurried(own_node: Nodes, tmp_path: Path) -> Iterator[tuple[Nodes, ElasticsearchEngine]]:
    """A centre on that node, with the time limit that people's searches have."""
    centre = Centre(own_node, tmp_path, "hurried", seconds=2.0)
    engine = centre.engine()
    fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    encode_all(engine)
    yield own_node, engine
    engine.close()


def encode_all(engine: ElasticsearchEngine) -> None:
    while engine.encode_pending(LetterEncoder(), 50):
        pass


def degradations(engine: ElasticsearchEngine) -> frozenset[Degradation]:
    return find_in(engine, AskingLetters(LetterEncoder()), make_query("第7号公告"), limit=10).degradations


def answers(engine: ElasticsearchEngine) -> Callable[[], bool]:
    return lambda: degradations(engine) == frozenset()


def put_until_it_is_taken(engine: ElasticsearchEngine, *documents: object) -> None:
    """As a job does, which is tried again."""

    def taken() -> bool:
        try:
            put(engine, *documents)  # type: ignore[arg-type]  # documents they are
        except EngineDown:
            return False
        return True

    eventually(taken, seconds=120)


@contextmanager
def searching(engine: ElasticsearchEngine) -> Iterator[list[frozenset[Degradation]]]:
    """Search all the time; what was missing in each answer is collected."""
    over, collected = Event(), list[frozenset[Degradation]]()

    def search() -> None:
        while not over.is_set():
            collected.append(degradations(engine))

    with ThreadPoolExecutor(2) as pool:
        running_ = [pool.submit(search) for _ in range(2)]
        try:
            yield collected
        finally:
            over.set()
        for one in running_:
            one.result()


def told(what: str, seconds: float) -> None:
    print(f"{what}: {seconds:.1f} s")  # noqa: T201 - how long it took belongs to the result


def test_a_node_that_dies_in_mid_search_is_named_and_comes_back_by_itself(
    hurried: tuple[Nodes, ElasticsearchEngine],
) -> None:
    nodes, engine = hurried
    with searching(engine) as seen:
        eventually(lambda: len(seen) > 3)
        nodes.kill()
        eventually(lambda: {Degradation.ENGINE_UNAVAILABLE} in seen)
        nodes.start()
        told("down, answers again after its start", eventually(answers(engine)))

    assert set(seen) <= {frozenset(), frozenset({Degradation.ENGINE_UNAVAILABLE})}
    assert engine.status().documents == 40


def test_a_node_that_hangs_holds_nobody_up_for_long(hurried: tuple[Nodes, ElasticsearchEngine]) -> None:
    nodes, engine = hurried
    waits: list[float] = []
    with nodes.hanging():
        for _ in range(20):
            began = time.monotonic()
            assert degradations(engine) == {Degradation.ENGINE_UNAVAILABLE}
            waits.append(time.monotonic() - began)
    told("hung, answers again after", eventually(answers(engine)))

    assert max(waits) < 3.0  # two seconds, and what the machine adds
    assert sum(wait > 0.5 for wait in waits) <= 2


@pytest.mark.parametrize("how", ["dies", "hangs"])
def test_what_is_written_to_a_hanging_or_dying_node_is_there_in_the_end(
    hurried: tuple[Nodes, ElasticsearchEngine], how: str
) -> None:
    nodes, engine = hurried
    with ThreadPoolExecutor(1) as pool:
        batches = [[make_document(f"w{n}-{m}", f"第w{n}号公告") for m in range(5)] for n in range(20)]
        writing = pool.submit(lambda: [put_until_it_is_taken(engine, *batch) for batch in batches])
        eventually(lambda: bool(by_words(engine, "第w2号公告")))
        if how == "hangs":
            with nodes.hanging():
                time.sleep(5)
        else:
            nodes.kill()
            nodes.start()
        began = time.monotonic()
        writing.result()
        told(f"one that {how} in mid-bulk, the rest is written after it is back", time.monotonic() - began)

    assert engine.status().documents == 40 + 20 * 5
    with engine.writing(wait=5) as writer:
        assert writer.is_sound(engine.status().generation)


def test_a_server_that_takes_little_at_once_gets_it_in_pieces(tmp_path: Path) -> None:
    nodes = Nodes(free_ports(2), tmp_path / "node", settings=("indexing_pressure.memory.limit=20kb",))
    with running(nodes):
        engine = Centre(nodes, tmp_path, "pressed").engine()
        began = time.monotonic()
        fill(engine, *(make_document(str(n), f"第{n}号公告", body="按月收取。" * 40) for n in range(60)))
        told("60 documents past a limit of 20 kB", time.monotonic() - began)

        assert engine.status().documents == 60
        with pytest.raises(EngineBusy):  # one that is larger than what it ever takes
            put(engine, make_document("huge", body="甲乙丙丁" * 9000))
        assert engine.status().documents == 60
        engine.close()


def test_a_read_only_index_is_named_searched_on_and_written_once_it_is_not(
    hurried: tuple[Nodes, ElasticsearchEngine],
) -> None:
    nodes, engine = hurried
    client = nodes.client()
    blocked = "index.blocks.read_only_allow_delete"
    client.indices.put_settings(index="hurried-*-*", settings={blocked: True})

    began = time.monotonic()
    with pytest.raises(IndexReadOnly):
        put(engine, make_document("new", "刚发布的公告"))
    assert time.monotonic() - began < 5  # waiting does not cure it
    assert degradations(engine) == frozenset()

    client.indices.put_settings(index="hurried-*-*", settings={blocked: None})
    put(engine, make_document("new", "刚发布的公告"))
    assert by_words(engine, "刚发布")[0] == "new"


@pytest.mark.parametrize("node", [0, 1, 2])
def test_one_of_three_dies_in_mid_search_and_no_answer_is_lost(on_three_nodes: Centre, node: int) -> None:
    engine = on_three_nodes.engine()
    fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    encode_all(engine)
    eventually(on_three_nodes.nodes.is_green)
    with searching(engine) as seen:
        eventually(lambda: len(seen) > 3)
        on_three_nodes.nodes.kill(node)
        before = len(seen)
        eventually(lambda: len(seen) > before + 30)
        on_three_nodes.nodes.start()
        told("green again after its start", eventually(on_three_nodes.nodes.is_green, seconds=120))

    assert set(seen) == {frozenset()}
    engine.close()


@pytest.mark.parametrize("node", [0, 1, 2])
def test_one_of_three_dies_in_mid_bulk_and_no_document_is_lost(on_three_nodes: Centre, node: int) -> None:
    engine = on_three_nodes.engine()
    fill(engine)
    eventually(on_three_nodes.nodes.is_green)
    batches = [[make_document(f"{n}-{m}", f"第{n}x{m}号公告") for m in range(10)] for n in range(MANY // 10)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [put(engine, *batch) for batch in batches])
        eventually(lambda: engine.status().documents >= 20)
        on_three_nodes.nodes.kill(node)
        began = time.monotonic()
        writing.result()
        told("the rest was written", time.monotonic() - began)

    assert engine.status().documents == MANY
    with engine.writing(wait=5) as writer:
        generation = engine.status().generation
        assert len(writer.keys(generation)) == MANY
        assert writer.is_sound(generation)
    on_three_nodes.nodes.start()
    told("green again", eventually(on_three_nodes.nodes.is_green, seconds=120))
    assert engine.status().documents == MANY
    engine.close()


@contextmanager
def process(do: str, centre: Centre) -> Iterator[subprocess.Popen[str]]:
    where = [centre.nodes.urls[0], centre.prefix, str(centre.root)]
    command = [sys.executable, "-m", "tests.search.other_processes_elastic", do, *where]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running_:
        try:
            yield running_
        finally:
            running_.kill()


def test_a_rebuild_that_is_killed_leaves_a_whole_index_and_the_next_one_goes_through(
    on_one_node: Centre,
) -> None:
    engine = on_one_node.engine()
    fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    for seconds in (0.1, 0.7, 1.3):
        with process("build", on_one_node) as building:
            assert building.stdout
            building.stdout.readline()  # it has begun
            time.sleep(seconds)
            with pytest.raises(RebuildRunning), engine.rebuilding():
                pass
            building.kill()
            building.wait()
        assert len(engine.match_words(make_query("公告"), 50).by_signal) == 4
        assert engine.status().documents == 40
        put(engine, make_document("0", "第0号公告"))

    with engine.rebuilding():  # the right died with the process
        fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(40)))
    assert engine.status().documents == 40
    assert len(on_one_node.indices()) <= 4


def test_the_server_dies_in_mid_rebuild_and_the_next_one_goes_through(
    hurried: tuple[Nodes, ElasticsearchEngine],
) -> None:
    nodes, engine = hurried
    with engine.writing(wait=5) as writer:
        generation = writer.begin()
        writer.put([make_document("0", "第0号公告")], only=generation)
        nodes.kill()
        with pytest.raises(EngineUnavailable):
            writer.switch(generation)
    assert degradations(engine) == {Degradation.ENGINE_UNAVAILABLE}

    nodes.start()
    told("answers again", eventually(answers(engine)))
    assert engine.status().documents == 40
    fill(engine, *(make_document(str(n), f"第{n}号公告") for n in range(41)))
    assert engine.status().documents == 41
    assert len(nodes.client().indices.get(index="hurried-*")) == 4


def test_a_search_that_was_refused_for_being_too_slow_is_one_kind_of_down() -> None:
    assert issubclass(EngineSlow, EngineDown)
