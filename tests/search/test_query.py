"""Whatever a person types is understood, or at least borne."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.query import LONGEST_QUERY, parse_query
from search.snippets import highlight, snippet
from tests.conftest import MONDAY_MORNING
from tests.search.library import make_query

ANY_TEXT = st.text(st.characters(), max_size=300)  # surrogates and controls too


def test_courtesies_are_dropped_and_the_question_stays() -> None:
    assert make_query("您好，请问一下帮我查一下流量怎么查啊").words == {"流量": 1, "怎么": 1, "查": 1}


def test_when_nothing_else_was_said_courtesies_are_the_question() -> None:
    assert make_query("怎么办").words == {"怎么": 1, "怎么办": 1}
    assert not make_query("请问").is_empty


def test_the_encoder_hears_the_whole_sentence() -> None:
    assert make_query("請問５９元套餐").asked == "请问59元套餐"


def test_what_was_said_twice_counts_twice() -> None:
    assert make_query("流量 流量").words == {"流量": 2}


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "😀😀", "？？？", "\ud800", "\u200b"])
def test_nothing_to_look_up(typed: str) -> None:
    assert make_query(typed).is_empty


def test_an_empty_wish_is_no_wish() -> None:
    query = parse_query("流量", at=MONDAY_MORNING, filters={"region": [], "team": ["a", "a"]})

    assert query.filters == {"team": {"a"}}


@pytest.mark.parametrize("typed", ["x" * 10_000, "宽带" * 5_000, "\ufdfa" * 50, "(" * 10_000, "￥" * 300])
def test_however_much_is_typed_two_hundred_characters_are_read(typed: str) -> None:
    query = make_query(typed)

    assert len(query.text) <= LONGEST_QUERY
    assert len(query.words) <= LONGEST_QUERY


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_nothing_that_is_typed_breaks_reading_and_marking(typed: str, shown: str) -> None:
    query = make_query(typed)

    assert "".join(piece for piece, _ in highlight(shown, query)) == shown
    assert len("".join(piece for piece, _ in snippet(shown, query, longest=60))) <= 62
    for term in (*query.words, *query.grams, *query.codes, *query.sounds):
        term.encode("utf-8")
        assert not any(map(str.isspace, term))
