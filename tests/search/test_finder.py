"""One answer, whatever is working; and it says what is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from search import engines, meaning
from search.embeddings import MeaningSlow, MeaningUnavailable
from search.engines.base import EngineUnavailable
from search.engines.embedded import EmbeddedEngine
from search.finder import Mode, find, find_in
from search.hits import Degradation, Hits, Signal
from search.meaning import Missing
from tests.search.library import fill, make_document, make_query
from tests.search.stand_ins import OTHER_RECIPE, RECIPE, AskingLetters, LetterEncoder


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path / "index", RECIPE)
    fill(
        engine,
        make_document("roaming", "国际漫游资费", codes=("CX5G059",)),
        make_document("moving", "宽带移机", body="移机后国际漫游不受影响"),
        make_document("lost", "补换卡"),
    )
    while engine.encode_pending(LetterEncoder(), 8):
        pass
    yield engine
    engine.close()


@pytest.fixture
def asking() -> AskingLetters:
    return AskingLetters(LetterEncoder())


def ids(hits: Hits) -> list[str]:
    return [hit.key.id for hit in hits.ranked]


def test_words_and_meaning_answer_together(engine: EmbeddedEngine, asking: AskingLetters) -> None:
    hits = find_in(engine, asking, make_query("国际漫游"), limit=10)

    assert ids(hits)[0] == "roaming"
    assert {Signal.WORDS, Signal.GRAMS, Signal.MEANING} <= set(hits.ranked[0].why)
    assert hits.degradations == frozenset()


def test_no_more_than_wanted(engine: EmbeddedEngine, asking: AskingLetters) -> None:
    assert len(find_in(engine, asking, make_query("国际漫游"), limit=1).ranked) == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (MeaningSlow(), Degradation.MEANING_SLOW),
        (MeaningUnavailable(), Degradation.MEANING_UNAVAILABLE),
    ],
)
def test_without_meaning_words_answer_and_it_is_said(
    engine: EmbeddedEngine, asking: AskingLetters, failure: Exception, said: Degradation
) -> None:
    asking.fails_with = failure

    hits = find_in(engine, asking, make_query("国际漫游"), limit=10)

    assert ids(hits) == ["roaming", "moving"]
    assert hits.degradations == {said}


def test_vectors_of_another_model_are_said_to_be_missing(engine: EmbeddedEngine) -> None:
    other = AskingLetters(LetterEncoder(OTHER_RECIPE))

    hits = find_in(engine, other, make_query("国际漫游"), limit=10)

    assert ids(hits) == ["roaming", "moving"]
    assert hits.degradations == {Degradation.MEANING_UNAVAILABLE}


def test_a_model_that_is_gone_is_said_to_be_missing(engine: EmbeddedEngine) -> None:
    hits = find_in(engine, Missing(RECIPE), make_query("国际漫游"), limit=10)

    assert ids(hits) == ["roaming", "moving"]
    assert hits.degradations == {Degradation.MODEL_MISSING}


def test_meaning_that_is_still_being_made_is_said(engine: EmbeddedEngine, asking: AskingLetters) -> None:
    with engine.writing(wait=1) as writer:
        writer.put([make_document(str(n), f"新公告{n}") for n in range(9)])

    hits = find_in(engine, asking, make_query("国际漫游"), limit=10)

    assert hits.degradations == {Degradation.MEANING_CATCHING_UP}


def test_the_few_that_have_a_vector_do_not_come_before_what_was_asked(
    engine: EmbeddedEngine, asking: AskingLetters
) -> None:
    with engine.writing(wait=1) as writer:
        new = [make_document(str(n), f"新公告{n}") for n in range(30)]
        writer.put([*new, make_document("fee", "宽带移机费用")])

    hits = find_in(engine, asking, make_query("宽带移机费用"), limit=10)

    assert ids(hits)[:2] == ["fee", "moving"]


def test_no_index_is_not_nothing_found(tmp_path: Path, asking: AskingLetters) -> None:
    missing = EmbeddedEngine(tmp_path / "nothing", RECIPE)

    hits = find_in(missing, asking, make_query("国际漫游"), limit=10)

    assert hits.degradations == {Degradation.ENGINE_UNAVAILABLE}
    assert not hits.nothing_found


def test_an_index_that_goes_between_words_and_meaning_is_said_too(
    engine: EmbeddedEngine, asking: AskingLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise EngineUnavailable

    monkeypatch.setattr(engine, "match_meaning", gone)

    assert find_in(engine, asking, make_query("漫游"), limit=10).degradations == {
        Degradation.ENGINE_UNAVAILABLE
    }


def test_a_question_that_nothing_answers_finds_nothing(engine: EmbeddedEngine, asking: AskingLetters) -> None:
    hits = find_in(engine, asking, make_query("猫砂买错了怎么退货"), limit=10)

    assert hits.nothing_found
    assert hits.degradations == frozenset()


def test_an_exact_code_is_always_an_answer(engine: EmbeddedEngine, asking: AskingLetters) -> None:
    assert ids(find_in(engine, asking, make_query("cx5g-059"), limit=10))[0] == "roaming"


def test_nothing_asked_nothing_found_and_nothing_wrong(engine: EmbeddedEngine) -> None:
    assert find(make_query("  ？"), limit=10) == Hits()


def test_typing_does_not_wake_the_encoder(
    centre: Path, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def woken() -> None:
        raise AssertionError("the encoder was asked")

    with monkeypatch.context() as patch:
        patch.setattr(engines, "engine", lambda: engine)
        patch.setattr(meaning, "encoder", woken)
        hits = find(make_query("国际漫游"), limit=10, mode=Mode.WORDS)

    assert ids(hits) == ["roaming", "moving"]


def test_with_meaning_switched_off_nothing_is_missing(centre: Path, engine: EmbeddedEngine) -> None:
    fill(engines.engine(), make_document("a", "国际漫游"))

    hits = find(make_query("漫游"), limit=10)

    assert ids(hits) == ["a"]
    assert hits.degradations == frozenset()
