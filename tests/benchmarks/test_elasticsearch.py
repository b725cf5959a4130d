"""What is measured on Elasticsearch: a real node, few documents, and sums whose answer is known."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import bulk_rates, elasticsearch_filling, msearch_beside, nearest, zhida_side
from benchmarks.msearch_beside import AS_SENT, ENCODER, FRAGMENT, TWO, Beside
from benchmarks.on_elasticsearch import Place, borrowed, disk_by_part, instead, memory
from benchmarks.peers import elasticsearch_text
from core.settings import settings
from search.document import DocumentKey, SearchDocument
from search.encoder_worker import Vectors
from search.engines.embedded import EmbeddedEngine
from search.engines.embedded_words import shipped_words
from search.finder import find_in
from search.hits import Signal
from tests.search.engine_contract import make_query
from tests.search.nodes import Nodes, free_ports, needs_elasticsearch, running
from tests.search.stand_ins import RECIPE, AskingLetters, LetterEncoder

DOCUMENTS = [
    SearchDocument(DocumentKey("kb", "roaming"), title="国际漫游怎么收费", body="按天计费。"),
    SearchDocument(DocumentKey("kb", "moving"), title="宽带移机要几天", questions=("宽带怎么移机",)),
    SearchDocument(DocumentKey("kb", "bill"), title="话费账单怎么查", codes=("BILL-1",)),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(Nodes(free_ports(2), tmp_path_factory.mktemp("node"))) as node:
        yield node.urls[0]


@pytest.fixture(autouse=True)
def without_a_centre(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no lexicon of a centre here: the one that is shipped cuts."""
    monkeypatch.setattr(zhida_side, "words", shipped_words)


def indices(url: str) -> set[str]:
    return set(Place(url).client().indices.get(index="*benchmark*"))


@needs_elasticsearch
@pytest.mark.parametrize("analyzer", elasticsearch_text.ANALYZERS)
def test_its_own_analyzers_find_and_leave_nothing_behind(url: str, analyzer: str) -> None:
    with elasticsearch_text.peers(url, [analyzer]) as (peer,):
        peer.index(DOCUMENTS)

        assert peer.ask("国际漫游收费", 10)[0] == "roaming"
        assert peer.ask("", 10) == []

    assert indices(url) == set()


@needs_elasticsearch
def test_an_index_that_was_filled_answers_as_one_that_was_built(url: str, tmp_path: Path) -> None:
    letters, seen = LetterEncoder(), list[Vectors]()
    built = EmbeddedEngine(tmp_path / "index", RECIPE)
    with built.writing(wait=0) as writer:
        generation = writer.begin()
        writer.put(DOCUMENTS, only=generation)
        writer.switch(generation)
    while built.encode_pending(letters, 10):
        pass

    with borrowed(url) as place:
        filled = elasticsearch_filling.fill(place, letters, DOCUMENTS, seen.append)
        there = place.engine(tmp_path / "there", RECIPE)
        for text in ("漫游收费", "移机", "BILL-1"):
            query = make_query(text)
            answers = [find_in(one, AskingLetters(letters), query, limit=3) for one in (built, there)]
            assert [hit.key for hit in answers[0].ranked] == [hit.key for hit in answers[1].ranked]
        progress = there.status().meaning
        there.close()
        assert set(disk_by_part(place)) == {"index of words", "index of meaning"}
        assert memory(place)["Java heap, what is old"] > 0

    assert filled.documents == 3
    assert sum(map(len, seen)) == filled.texts == progress.done == progress.total
    assert indices(url) == set()
    built.close()


@needs_elasticsearch
def test_the_bulk_is_measured_both_ways_with_the_same_entries(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, int] = {}

    def counted(place: Place, generation: str) -> int:
        names = [f"{place.prefix}-{part}-{generation}" for part in ("words", "meaning")]
        place.client().indices.refresh(index=names)
        return int(place.client().count(index=names)["count"])

    prepared = elasticsearch_filling.prepare(DOCUMENTS, LetterEncoder(), elasticsearch_filling.Filled())
    for way, write in bulk_rates.WAYS.items():

        def and_count(place: Place, generation: str, of: elasticsearch_filling.Prepared) -> None:
            write(place, generation, of)  # noqa: B023
            sent[way] = counted(place, generation)  # noqa: B023

        bulk_rates.into_empty_indices(url, LetterEncoder(), prepared, and_count)

    assert set(sent.values()) == {len(prepared.words) + len(prepared.texts)}
    assert indices(url) == set()


@needs_elasticsearch
def test_the_nearest_of_a_few_texts_are_all_found(url: str) -> None:
    letters = LetterEncoder()
    asked = [letters.vector_of(text) for text in ("漫游", "宽带移机")]
    exact = nearest.Exact(asked, depth=2)
    with borrowed(url) as place:
        elasticsearch_filling.fill(place, letters, DOCUMENTS, exact.see)

        told = nearest.recall(place, asked, exact.thresholds)

    assert told == [pytest.approx(2 / nearest.DEPTH)] * 2


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    depth=st.integers(1, 5),
)
def test_the_exact_nearest_do_not_depend_on_how_the_vectors_come(
    sizes: list[int], seed: int, depth: int
) -> None:
    dice = np.random.default_rng(seed)
    asked = list(dice.standard_normal((3, 8), np.float32))
    parts = [dice.standard_normal((size, 8), np.float32) for size in sizes]
    exact = nearest.Exact(asked, depth)

    for part in parts:
        exact.see(part)

    cosines = np.sort(np.stack(asked) @ np.concatenate(parts).T, axis=1)
    known = cosines[:, -depth] if sum(sizes) >= depth else np.full(3, -np.inf)
    single = {"rel": 1e-4, "abs": 1e-5}  # of single precision, summed in another order
    assert exact.thresholds == pytest.approx(known, **single)


def test_what_is_as_near_as_the_last_of_the_hundred_is_right_whichever_it_is() -> None:
    assert nearest.share_near([0.9, 0.8, 0.8, 0.7], 0.8, depth=4) == 0.75
    assert nearest.share_near([0.9, 0.9, 0.9], 0.8, depth=2) == 1.0


def test_what_the_fragment_adds_is_counted_for_each_query_and_without_the_encoder() -> None:
    beside = Beside()
    for whole in (40.0, 60.0, 20.0):
        beside.note("话费", {FRAGMENT: whole, ENCODER: 10.0, TWO: 10.0, AS_SENT: 25.0})
    beside.note("漫游", {FRAGMENT: float("nan"), ENCODER: 10.0, TWO: 10.0, AS_SENT: 25.0})

    lines = list(msearch_beside.table(beside))

    assert beside.added(TWO) == [2.0, 4.0, 0.0]
    assert any(line.startswith(f"| {TWO} (3)") and "✗" in line for line in lines)
    assert any(line.startswith(f"| {AS_SENT} (3)") and "✓" in line for line in lines)
    assert "1 more answers were degraded" in lines[-1]


def test_the_bare_searches_are_those_that_the_engine_sends() -> None:
    query = make_query("国际漫游 BILL-1")

    bare = msearch_beside.bare_searches(Place("http://127.0.0.1:9"), query, LetterEncoder().vector_of("漫游"))

    assert len(bare[TWO]) == 4
    assert "knn" in bare[TWO][-1]
    assert len(bare[AS_SENT]) == 2 * len((Signal.WORDS, Signal.GRAMS, Signal.PINYIN, Signal.CODES)) + 2
    assert bare[AS_SENT][-2:] == bare[TWO][-2:]


def test_a_bulk_that_is_slower_than_promised_gets_a_cross() -> None:
    took = {bulk_rates.OURS: 10.0, bulk_rates.BARE: 7.0, bulk_rates.WHOLE: 20.0}
    measured = {"entries": 700, "documents": 100, "took": took, "cutting": 2.0}

    lines = "\n".join(bulk_rates.table(measured)).splitlines()

    assert f"| {bulk_rates.OURS} | 70 | 0.70 | ✗ ≥ 0.8 |" in lines
    assert f"| {bulk_rates.BARE} | 100 | 1.00 |  |" in lines


def test_the_centre_comes_back_from_elasticsearch() -> None:
    with instead(Place("http://127.0.0.1:9", "elsewhere"), patient=True):
        assert settings().elasticsearch_prefix == "elsewhere"
        assert settings().elasticsearch_timeout > 10

    assert settings().elasticsearch_url == ""
    assert "ZHIDA_ELASTICSEARCH_URL" not in os.environ  # noqa: TID251 - what other processes would see
