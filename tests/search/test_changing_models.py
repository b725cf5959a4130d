"""A real model takes the place of another of a different size, and whatever may break on the way does."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from core import database, jobs
from core.identity import Actor
from core.scope import Brand
from core.settings import settings
from search import (
    embeddings,
    encoder_worker,
    engines,
    indexing,
    meaning,
    model_facts,
    models,
    rebuilds,
    sources,
)
from search.embeddings import MeaningUnavailable
from search.finder import find
from search.hits import Degradation, Hits, Signal
from tests.conftest import MONDAY_MORNING
from tests.search import tiny_encoder
from tests.search.brands import SOURCE, Brands
from tests.search.library import make_query
from tests.search.test_meaning import NAMES

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs '.[transformers]'"),
]
AGES = 600.0


@pytest.fixture
def small(centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A centre that runs on a tiny model of 24 dimensions, indexed and encoded."""
    for module, name in (
        (model_facts, "START_SECONDS"),
        (model_facts, "HANG_SECONDS"),
        (encoder_worker, "START_SECONDS"),
        (embeddings, "HANG_SECONDS"),
        (embeddings, "PASSAGES_HANG_SECONDS"),
    ):
        monkeypatch.setattr(module, name, AGES)
    monkeypatch.setattr(sources, "_sources", {})
    monkeypatch.setenv("ZHIDA_ENCODER_PROCESSES", "1")
    indexing.introduce(SOURCE, Brands())
    with database.unit_of_work() as session:
        session.add_all([Brand(code=f"b{number}", name=name) for number, name in enumerate(NAMES)])
    folder = tiny_encoder.make(tmp_path / "small", 24)
    restart(monkeypatch, folder)
    work()
    encode()
    assert has_meaning(asked())
    yield folder
    embeddings.forget()


def restart(monkeypatch: pytest.MonkeyPatch, model: Path, **said: str) -> None:
    embeddings.forget()
    engines.forget()
    for name, value in {"model": str(model), **said}.items():
        monkeypatch.setenv(f"ZHIDA_EMBEDDING_{name.upper()}", value)
    settings.cache_clear()


def work() -> None:
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def encode() -> None:
    """Encode all, however often the encoder must be started for it."""
    for _ in range(5):
        try:
            while indexing.catch_up():
                pass
        except MeaningUnavailable:
            continue
        return
    raise AssertionError("the encoder does not come up")


def asked(text: str = "出境漫游流量") -> Hits:
    encoder = meaning.encoder()
    query = make_query(text)
    if isinstance(encoder, embeddings.QueryEncoder):
        encoder.ask(query.asked, budget=AGES).vector()
    return find(query, limit=5)


def has_meaning(hits: Hits) -> bool:
    nearest = max(hits.ranked, key=lambda hit: hit.why.get(Signal.MEANING, -9))
    return hits.degradations == frozenset() and nearest.key.id == "b2" and Signal.MEANING in nearest.why


def dimension() -> int:
    recipe = engines.engine().recipe()
    assert recipe
    return recipe.dimension


def test_a_model_of_another_dimension_takes_over_although_its_process_is_killed(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested = tiny_encoder.make(tmp_path / "nested", 40, is_nested=True)
    restart(monkeypatch, nested, dimension="32")
    work()
    assert dimension() == 24
    assert has_meaning(asked())

    wanted = models.chosen()
    assert wanted
    encoder = embeddings.passage_encoder(wanted)
    encoder.passages(["预热"])
    os.kill(encoder._worker.pid, signal.SIGKILL)  # type: ignore[union-attr, arg-type]  # it is up
    assert has_meaning(asked())

    encode()
    work()
    assert dimension() == 32
    assert has_meaning(asked())


def test_other_files_in_the_same_folder_are_another_model(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vectors of the first can be made no more: words answer, say why, and the new ones take over."""
    shutil.rmtree(small)
    tiny_encoder.make(small, 40)
    restart(monkeypatch, small)
    work()

    assert asked().degradations == {Degradation.MODEL_MISSING}
    assert str(small) in meaning.trouble(indexing.status())
    encode()
    work()
    assert dimension() == 40
    assert has_meaning(asked())


def test_a_process_that_restarts_on_other_files_makes_no_vectors(small: Path) -> None:
    encoder = meaning.encoder()
    assert isinstance(encoder, embeddings.QueryEncoder)
    tiny_encoder.make(small.with_name("other"), 24, query_prompt="问")
    shutil.rmtree(small)
    small.with_name("other").rename(small)
    (pid,) = encoder.pids()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)

    for number in range(3):
        with pytest.raises(MeaningUnavailable):
            encoder.ask(f"再问{number}", budget=AGES).vector()
    assert encoder.pids() == []


def test_a_change_that_somebody_gave_up_begins_again_only_when_it_is_asked_for(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, admin_wu: Actor
) -> None:
    other = tiny_encoder.make(tmp_path / "other", 40)
    restart(monkeypatch, other)
    work()
    assert indexing.status().preparing

    with database.unit_of_work() as session:
        rebuilds.abandon(session, actor=admin_wu, at=MONDAY_MORNING)
    for _ in range(2):
        work()
    assert indexing.status().preparing is None
    assert has_meaning(asked())

    with database.unit_of_work() as session:
        rebuilds.ask(session, actor=admin_wu, at=MONDAY_MORNING)
    work()
    encode()
    work()
    assert dimension() == 40


def test_all_that_is_found_is_shown_where_nobody_knows_what_cosines_of_the_model_mean(small: Path) -> None:
    """The floor was fitted to e5; on cosines of another family it would say 没有找到 at random."""
    hits = asked("和这里的知识毫不相干的一句话")

    assert hits.ranked
