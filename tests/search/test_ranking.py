"""What several signals say, added up."""

import pytest

from search.configuration import DEFAULT
from search.document import DocumentKey
from search.engines.base import Scored
from search.hits import Hit, Signal
from search.ranking import fuse


def listed(**scores: float) -> list[Scored]:
    return [Scored(DocumentKey("kb", id_), score) for id_, score in scores.items()]


def ids(hits: list[Hit]) -> list[str]:
    return [hit.key.id for hit in hits]


def test_who_is_good_in_both_beats_who_is_best_in_one() -> None:
    ranked = fuse(
        {
            Signal.GRAMS: listed(words=20, both=18, neither=1),
            Signal.MEANING: listed(meaning=0.93, both=0.92, neither=0.80),
        }
    )

    assert ids(ranked)[0] == "both"
    assert ids(ranked)[-1] == "neither"


def test_the_scale_of_a_signal_does_not_matter() -> None:
    meaning = listed(b=0.9, a=0.8, c=0.7)

    small = fuse({Signal.GRAMS: listed(a=3, b=2, c=1), Signal.MEANING: meaning})
    large = fuse({Signal.GRAMS: listed(a=300, b=200, c=100), Signal.MEANING: meaning})

    assert [(hit.key, hit.score) for hit in small] == [(hit.key, pytest.approx(hit.score)) for hit in large]


def test_a_rare_code_comes_before_everything_else() -> None:
    best = listed(best=30, other=1)

    ranked = fuse(
        {
            Signal.WORDS: best,
            Signal.GRAMS: best,
            Signal.MEANING: listed(best=0.95, other=0.80),
            Signal.CODES: listed(coded=1.0),
        }
    )

    assert ids(ranked)[:2] == ["coded", "best"]


def test_a_common_code_does_not() -> None:
    ranked = fuse({Signal.GRAMS: listed(best=30, other=1), Signal.CODES: listed(coded=0.1)})

    assert ids(ranked) == ["best", "coded", "other"]


def test_each_hit_says_why() -> None:
    ranked = fuse({Signal.GRAMS: listed(a=20, b=10), Signal.MEANING: listed(a=0.91)})

    assert ranked[0].why == {Signal.GRAMS: 1.0, Signal.MEANING: 0.91}
    assert ranked[1].why == {Signal.GRAMS: 0.0}


def test_a_single_hit_is_the_best_there_is() -> None:
    (only,) = fuse({Signal.WORDS: listed(a=0.2), Signal.CODES: []})

    assert only.score == DEFAULT.words


def test_equals_stand_in_a_constant_order() -> None:
    assert ids(fuse({Signal.WORDS: listed(b=1, a=1)})) == ids(fuse({Signal.WORDS: listed(a=1, b=1)}))


def test_nothing_in_nothing_out() -> None:
    assert fuse({Signal.WORDS: [], Signal.GRAMS: []}) == []
