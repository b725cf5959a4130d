"""One model takes another's place: people search the old vectors until the new ones are made."""

import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core import database, jobs
from core.scope import Brand
from core.settings import settings
from operations import preparing
from search import embeddings, engines, indexing, meaning, models, rebuild, sources
from search.finder import find
from search.hits import Degradation, Hits, Signal
from search.models import ModelUnusable
from search.recipes import EmbeddingRecipe
from tests.conftest import MONDAY_MORNING
from tests.search.brands import SOURCE, Brands, offer
from tests.search.library import make_query
from tests.search.stand_ins import OTHER_RECIPE, RECIPE, AskingLetters, LetterEncoder

THIRD_RECIPE = EmbeddingRecipe("third letters", 24, "1")
A_MINUTE = timedelta(minutes=1)
NAMES = ("老年人优惠", "宽带光猫报修", "出国漫游流量", "校园青年卡", "家庭亲情网", "企业专线")


class Models:
    """The models that are on this machine, and the one that the settings want."""

    def __init__(self, wanted: EmbeddingRecipe) -> None:
        self.wanted: EmbeddingRecipe | None = wanted
        self.trouble = ""
        self.here = {one.fingerprint: LetterEncoder(one) for one in (RECIPE, OTHER_RECIPE, THIRD_RECIPE)}
        self.up: set[str] = set()

    def encoder(self, recipe: EmbeddingRecipe) -> LetterEncoder:
        if recipe.fingerprint not in self.here:
            raise ModelUnusable(f"{recipe.name} 不在")
        return self.here[recipe.fingerprint]

    def asking(self, recipe: EmbeddingRecipe) -> AskingLetters:
        encoder = self.encoder(recipe)
        self.up.add(recipe.name)
        return AskingLetters(encoder)

    def keep_only(self, recipes: Collection[EmbeddingRecipe]) -> None:
        self.up &= {recipe.name for recipe in recipes}

    def choose(self, wanted: EmbeddingRecipe | None, trouble: str = "") -> None:
        """As a restart with other settings."""
        self.wanted, self.trouble = wanted, trouble
        engines.forget()


@pytest.fixture
def chosen(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """A centre whose brands are indexed and encoded by the first model."""
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "letters")
    settings.cache_clear()
    models_here = Models(RECIPE)
    monkeypatch.setattr(models, "chosen", lambda: models_here.wanted)
    monkeypatch.setattr(models, "problem", lambda: models_here.trouble)
    monkeypatch.setattr(models, "program_for", models_here.encoder)
    monkeypatch.setattr(embeddings, "passage_encoder", models_here.encoder)
    monkeypatch.setattr(embeddings, "query_encoder", models_here.asking)
    monkeypatch.setattr(embeddings, "keep_only", models_here.keep_only)
    monkeypatch.setattr(sources, "_sources", {})
    monkeypatch.setattr(rebuild, "BATCH", 2)
    indexing.introduce(SOURCE, Brands())
    with database.unit_of_work() as session:
        session.add_all([Brand(code=f"b{number}", name=name) for number, name in enumerate(NAMES)])
    rebuild.rebuild(MONDAY_MORNING)
    encode()
    return models_here


def encode() -> None:
    while indexing.catch_up():
        pass


def work() -> None:
    """What the workers do in five seconds, but for the vectors."""
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def asked(text: str = "出国漫游") -> Hits:
    query = make_query(text)
    return find(replace(query, configuration=replace(query.configuration, floor=-99)), limit=5)


def nearest(hits: Hits) -> str:
    return max(hits.ranked, key=lambda hit: hit.why.get(Signal.MEANING, -9)).key.id


def has_meaning(hits: Hits) -> bool:
    return hits.degradations == frozenset() and any(Signal.MEANING in hit.why for hit in hits.ranked)


def test_people_search_by_the_old_model_until_the_new_ones_vectors_are_made(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)
    work()

    status = indexing.status()
    assert (status.recipe, status.meaning.pending) == (RECIPE, 0)
    assert status.preparing
    assert (status.preparing.recipe, status.preparing.meaning.done) == (OTHER_RECIPE, 0)
    assert has_meaning(asked())
    assert meaning.recipe() == RECIPE

    indexing.catch_up()
    work()
    assert indexing.status().recipe == OTHER_RECIPE
    assert indexing.status().building is None
    assert has_meaning(asked())
    assert nearest(asked()) == "b2"
    assert not indexing.needs_rebuild()


def test_it_does_not_switch_while_vectors_are_missing(
    chosen: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "embedding_batch", 2)
    chosen.choose(OTHER_RECIPE)
    work()

    for _ in range(2):
        indexing.catch_up()
        work()
        assert indexing.status().recipe == RECIPE
    indexing.catch_up()
    work()
    assert indexing.status().recipe == OTHER_RECIPE


def test_what_is_published_meanwhile_is_found_by_meaning_before_and_after(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)
    work()
    offer("new", "海外自由行")
    jobs.run_all_due(MONDAY_MORNING)

    indexing.catch_up()
    assert indexing.status().recipe == RECIPE
    assert nearest(asked("海外自由行")) == "new"

    encode()
    work()
    assert indexing.status().recipe == OTHER_RECIPE
    assert nearest(asked("海外自由行")) == "new"
    assert not asked("海外自由行").degradations


def test_a_preparation_that_was_killed_goes_on_where_it_was(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)

    def stop(done: int, _total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(MONDAY_MORNING, stop)
    encode()
    engines.forget()
    work()
    assert indexing.status().recipe == RECIPE
    encode()
    work()

    assert indexing.status().recipe == OTHER_RECIPE
    seen = chosen.here[OTHER_RECIPE.fingerprint].seen
    assert len(seen) == len(set(seen)) == len(NAMES)


def test_a_change_of_mind_drops_what_was_prepared(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)
    work()
    chosen.choose(RECIPE)
    work()

    assert indexing.status().building is None
    assert indexing.status().recipe == RECIPE
    assert has_meaning(asked())


def test_a_third_model_takes_the_place_of_the_second(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)
    work()
    chosen.choose(THIRD_RECIPE)
    work()

    preparing = indexing.status().preparing
    assert preparing
    assert preparing.recipe == THIRD_RECIPE
    encode()
    work()
    assert indexing.status().recipe == THIRD_RECIPE


def test_if_the_old_model_is_gone_words_answer_and_say_so(chosen: Models) -> None:
    del chosen.here[RECIPE.fingerprint]
    chosen.choose(OTHER_RECIPE)
    work()

    hits = asked()
    assert hits.degradations == {Degradation.MODEL_MISSING}
    assert hits.ranked[0].key.id == "b2"
    assert "letters" in meaning.trouble(indexing.status())

    encode()
    work()
    assert has_meaning(asked())
    assert meaning.trouble(indexing.status()) == ""


def test_if_the_new_model_cannot_be_used_the_old_one_goes_on(chosen: Models) -> None:
    chosen.choose(None, trouble="语义模型 x 装不进来")
    work()

    assert indexing.status().recipe == RECIPE
    assert has_meaning(asked())
    assert "语义模型 x" in meaning.trouble(indexing.status())

    rebuild.rebuild(MONDAY_MORNING)
    assert indexing.status().recipe == RECIPE
    assert indexing.status().meaning.pending == 0


def test_without_an_index_and_a_model_words_are_found_and_it_is_said(chosen: Models, centre: Path) -> None:
    chosen.choose(None, trouble="语义模型 x 装不进来")
    (centre / "index" / "pointer.json").unlink()

    work()

    assert asked().degradations == {Degradation.MODEL_MISSING}
    assert asked().ranked[0].key.id == "b2"
    chosen.choose(OTHER_RECIPE)
    work()
    encode()
    assert has_meaning(asked())


def test_switching_meaning_off_needs_no_preparation(chosen: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "none")
    settings.cache_clear()
    chosen.choose(None)
    work()

    assert indexing.status().recipe is None
    assert asked().degradations == frozenset()

    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "letters")
    settings.cache_clear()
    chosen.choose(RECIPE)
    work()
    assert indexing.status().recipe == RECIPE
    encode()
    assert has_meaning(asked())


def test_a_rebuild_with_the_same_model_switches_at_once(chosen: Models) -> None:
    offer("new", "海外自由行")
    jobs.run_all_due(MONDAY_MORNING)

    rebuild.rebuild(MONDAY_MORNING)

    assert indexing.status().building is None
    assert indexing.status().meaning.pending == 1


def test_the_new_encoder_comes_up_before_the_switch_and_the_old_one_ends_after_it(chosen: Models) -> None:
    asked()
    assert chosen.up == {RECIPE.name}
    chosen.choose(OTHER_RECIPE)
    work()
    meaning.tend()
    assert chosen.up == {RECIPE.name}

    encode()
    meaning.tend()
    assert chosen.up == {RECIPE.name, OTHER_RECIPE.name}
    work()
    meaning.tend()
    assert chosen.up == {OTHER_RECIPE.name}


def test_the_command_line_prepares_and_switches_in_one_go(chosen: Models) -> None:
    chosen.choose(OTHER_RECIPE)
    told: list[tuple[int, int]] = []

    preparing.index_everything(lambda _done, _all: None)
    preparing.encode_everything(lambda done, total: told.append((done, total)))

    assert indexing.status().recipe == OTHER_RECIPE
    assert told == [(6, 6)]


def test_who_searches_while_models_change_never_gets_a_wrong_answer(chosen: Models) -> None:
    over, wrong = threading.Event(), []

    def search() -> None:
        while not over.is_set():
            hits = asked()
            if hits.degradations - {Degradation.MEANING_UNAVAILABLE} or nearest(hits) != "b2":
                wrong.append(hits)

    searching = [threading.Thread(target=search) for _ in range(3)]
    for one in searching:
        one.start()
    for wanted in (OTHER_RECIPE, THIRD_RECIPE, RECIPE):
        chosen.wanted = wanted
        engines.engine()._recipe = wanted  # type: ignore[attr-defined]  # as another process, which restarts
        work()
        encode()
        work()
        assert indexing.status().recipe == wanted
    over.set()
    for one in searching:
        one.join()

    assert wrong == []
