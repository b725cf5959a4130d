"""A question asked again is answered from what was found before, and never with what no longer holds."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.embeddings import MeaningSlow
from search.engines.base import Matches
from search.engines.embedded import EmbeddedEngine
from search.finder import find_in
from search.hits import Degradation, Hits
from search.query import SearchQuery
from tests.search.library import MORNING, fill, make_document, make_query, put, remove
from tests.search.stand_ins import RECIPE, AskingLetters, LetterEncoder

HOURS = st.one_of(st.none(), st.integers(0, 6).map(lambda hours: MORNING + timedelta(hours=hours)))
CHANGES = st.one_of(
    st.tuples(
        st.just("put"), st.sampled_from("abc"), st.sampled_from(["国际漫游", "宽带移机"]), HOURS, HOURS
    ),
    st.tuples(st.just("remove"), st.sampled_from("abc")),
    st.tuples(st.just("put unencoded"), st.sampled_from("abc")),
    st.tuples(st.just("rebuild"), st.sampled_from("abc")),
    st.tuples(st.just("wait"), st.integers(1, 3)),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    with closing(EmbeddedEngine(tmp_path / "index", RECIPE)) as engine:
        fill(engine, make_document("a", "国际漫游资费"), make_document("b", "宽带移机"))
        encode_all(engine)
        yield engine


@pytest.fixture
def looked_up(engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch) -> list[SearchQuery]:
    """Every query for which the words of the index are really looked up."""
    seen: list[SearchQuery] = []
    match_words = engine.match_words

    def watched(query: SearchQuery, limit: int) -> Matches:
        seen.append(query)
        return match_words(query, limit)

    monkeypatch.setattr(engine, "match_words", watched)
    return seen


def encode_all(engine: EmbeddedEngine) -> None:
    while engine.encode_pending(LetterEncoder(), 8):
        pass


def ask(engine: EmbeddedEngine, query: SearchQuery, asking: AskingLetters | None = None) -> Hits:
    return find_in(engine, asking or AskingLetters(LetterEncoder()), query, limit=10)


def test_the_same_question_is_looked_up_once(engine: EmbeddedEngine, looked_up: list[SearchQuery]) -> None:
    first = ask(engine, make_query("国际漫游"))
    again = ask(engine, make_query("国际漫游", at=MORNING + timedelta(minutes=5)))

    assert first == again
    assert first.ranked
    assert len(looked_up) == 1


def test_for_another_team_with_other_weights_or_for_another_day_it_is_looked_up_anew(
    engine: EmbeddedEngine, looked_up: list[SearchQuery]
) -> None:
    query = make_query("国际漫游")
    others = [
        replace(query, filters={"team": frozenset(["hotline1"])}),
        replace(query, configuration=replace(query.configuration, words=9.0)),
        replace(query, of_another_day=True),
        replace(query, of_another_day=True),
    ]

    for one in [query, *others]:
        ask(engine, one)

    assert len(looked_up) == 5


def test_what_was_left_out_once_is_not_left_out_again(engine: EmbeddedEngine) -> None:
    asking = AskingLetters(LetterEncoder())
    asking.fails_with = MeaningSlow()
    slow = ask(engine, make_query("国际漫游"), asking)
    asking.fails_with = None

    assert slow.degradations == {Degradation.MEANING_SLOW}
    assert not ask(engine, make_query("国际漫游"), asking).degradations


def test_vectors_that_come_later_are_a_change_too(engine: EmbeddedEngine) -> None:
    query = make_query("国际漫游")
    put(engine, make_document("c", "国际漫游"))
    before = engine.standing(query)
    encode_all(engine)

    assert engine.standing(query) != before


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=8))
def test_whatever_changes_it_is_answered_as_if_it_were_asked_for_the_first_time(
    changes: list[tuple[object, ...]],
) -> None:
    now = MORNING
    with (
        TemporaryDirectory() as folder,
        closing(EmbeddedEngine(Path(folder) / "index", RECIPE)) as engine,
    ):
        fill(engine, make_document("a", "国际漫游资费"))
        for change in changes:
            now = made(engine, change, now)
            for text in ("国际漫游", "宽带"):
                query = make_query(text, at=now)
                with closing(EmbeddedEngine(Path(folder) / "index", RECIPE)) as stranger:
                    assert told(ask(engine, query)) == told(ask(stranger, query))


def told(hits: Hits) -> tuple[dict[str, float], frozenset[Degradation]]:
    """Return what matters of it: a cosine's last digit depends on what was multiplied beside it."""
    return {hit.key.id: round(hit.score, 4) for hit in hits.ranked}, hits.degradations


def made(engine: EmbeddedEngine, change: tuple[object, ...], now: datetime) -> datetime:
    """Make the change, and return what time it is afterwards."""
    match change:
        case ("put", str(id_), str(title), begins, until):
            put(engine, make_document(id_, title, valid_from=begins, valid_until=until))
            encode_all(engine)
        case ("remove", str(id_)):
            remove(engine, id_)
        case ("put unencoded", str(id_)):
            put(engine, make_document(id_, "国际漫游"))
        case ("rebuild", str(id_)):
            fill(engine, make_document(id_, "宽带移机"))
            encode_all(engine)
        case ("wait", int(hours)):
            return now + timedelta(hours=hours)
    return now
