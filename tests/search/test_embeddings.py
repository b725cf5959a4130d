"""An encoder's death costs one answer its meaning half, and nothing else."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from search import embeddings
from search.embeddings import (
    MeaningSlow,
    MeaningUnavailable,
    PassageEncoder,
    QueryEncoder,
)
from search.encoder_worker import BUNDLED_PROGRAM
from search.recipes import EmbeddingRecipe
from tests.search.encoder_programs import DIMENSION, treacherous

RECIPE = EmbeddingRecipe("treacherous", DIMENSION, "1")
E5 = EmbeddingRecipe("multilingual-e5-small-q4", 384, "1")
PATIENT = 20.0


@pytest.fixture
def encoder(tmp_path: Path) -> Iterator[QueryEncoder]:
    encoder = QueryEncoder(RECIPE, (lambda: treacherous(tmp_path)), processes=2)
    for number in range(2):
        encoder.ask(f"预热{number}", budget=PATIENT).vector()
    yield encoder
    encoder.close()


@pytest.fixture
def passages(tmp_path: Path) -> Iterator[PassageEncoder]:
    encoder = PassageEncoder(RECIPE, (lambda: treacherous(tmp_path)))
    yield encoder
    encoder.close()


@pytest.fixture(scope="module")
def bundled() -> Iterator[QueryEncoder]:
    encoder = QueryEncoder(E5, lambda: BUNDLED_PROGRAM, processes=1)
    encoder.ask("预热", budget=PATIENT).vector()
    yield encoder
    encoder.close()


def test_a_query_becomes_a_unit_vector(encoder: QueryEncoder) -> None:
    assert encoder.ask("流量", budget=PATIENT).vector().tolist() == [1, 0, 0, 0]


def test_what_was_asked_before_is_remembered(encoder: QueryEncoder) -> None:
    first = encoder.ask("流量", budget=PATIENT).vector()

    assert encoder.ask(" 流量 ", budget=0).vector() is first


def test_a_death_costs_that_answer_only(encoder: QueryEncoder) -> None:
    with pytest.raises(MeaningUnavailable):
        encoder.ask("死", budget=PATIENT).vector()

    assert encoder.ask("流量", budget=PATIENT).vector().shape == (DIMENSION,)


def test_killed_processes_are_replaced(encoder: QueryEncoder) -> None:
    before = set(encoder.pids())
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    lost = 0
    for number in range(6):
        try:
            encoder.ask(f"问题{number}", budget=PATIENT).vector()
        except MeaningUnavailable:
            lost += 1

    assert lost <= 2
    assert len(set(encoder.pids()) - before) >= 1


def test_beyond_the_budget_nobody_waits_and_the_next_asker_gains(encoder: QueryEncoder) -> None:
    began = time.monotonic()
    with pytest.raises(MeaningSlow):
        encoder.ask("慢慢来", budget=0.05).vector()
    assert time.monotonic() - began < 0.3

    assert encoder.ask("慢慢来", budget=PATIENT).vector().shape == (DIMENSION,)


def test_a_hanging_process_is_replaced(encoder: QueryEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "HANG_SECONDS", 0.2)
    before = set(encoder.pids())

    with pytest.raises(MeaningUnavailable):
        encoder.ask("停", budget=PATIENT).vector()

    assert len(before & set(encoder.pids())) == 1
    assert encoder.ask("流量", budget=PATIENT).vector().shape == (DIMENSION,)


@pytest.mark.parametrize("text", ["谎", "短"])
def test_what_is_no_vector_is_refused(encoder: QueryEncoder, text: str) -> None:
    with pytest.raises(MeaningUnavailable):
        encoder.ask(text, budget=PATIENT).vector()


def test_an_encoder_that_never_starts_is_not_started_for_every_query(tmp_path: Path) -> None:
    encoder = QueryEncoder(RECIPE, (lambda: treacherous(tmp_path, dead=True)), processes=1)

    pids = set()
    for number in range(30):
        with pytest.raises(MeaningUnavailable):
            encoder.ask(str(number), budget=PATIENT).vector()
        pids.update(encoder.pids())

    assert len(pids) <= 5
    encoder.close()


def test_one_text_that_kills_does_not_keep_its_neighbours_from_being_encoded(
    passages: PassageEncoder,
) -> None:
    made = passages.passages(["流量", "死", "谎", "宽带"])

    assert [vector is not None for vector in made] == [True, False, False, True]


def test_an_encoder_that_works_for_nothing_condemns_no_text(tmp_path: Path) -> None:
    encoder = PassageEncoder(RECIPE, (lambda: treacherous(tmp_path, dead=True)))

    with pytest.raises(MeaningUnavailable):
        encoder.passages(["流量"])


def test_closing_leaves_no_process(tmp_path: Path) -> None:
    encoder = QueryEncoder(RECIPE, (lambda: treacherous(tmp_path)), processes=2)
    pids = encoder.pids()

    encoder.close()

    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_bundled_model_knows_what_is_near(bundled: QueryEncoder) -> None:
    asked, near, far = (
        bundled.ask(text, budget=PATIENT).vector()
        for text in ("手机在国外怎么上网", "出国漫游流量", "宽带光猫亮红灯")
    )

    assert asked @ near > asked @ far
    assert np.linalg.norm(asked) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 50, "x" * 10_000, "\x00流量", "\ud800", "", "😀" * 300, "ﷺ" * 200]
)
def test_text_that_breaks_the_model_is_made_harmless(bundled: QueryEncoder, text: str) -> None:
    assert bundled.ask(text, budget=PATIENT).vector().shape == (384,)


@how_often(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=250))
def test_no_text_kills_the_bundled_model(bundled: QueryEncoder, text: str) -> None:
    pids = bundled.pids()

    bundled.ask(text, budget=PATIENT).vector()

    assert bundled.pids() == pids


@pytest.mark.fault
@how_often(max_examples=4000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=250))
def test_no_text_at_all_kills_the_bundled_model(bundled: QueryEncoder, text: str) -> None:
    pids = bundled.pids()

    bundled.ask(text, budget=PATIENT).vector()

    assert bundled.pids() == pids
