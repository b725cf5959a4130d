"""Tuning on made-up worlds: what is right is found, noise is not applied, held-out is not looked at."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search import tuning
from search.configuration import DEFAULT, Configuration
from search.document import DocumentKey
from search.engines.base import Scored
from search.evaluation import figures_of
from search.hits import Signal
from search.ranking import fuse, weights_of
from search.tuning import Collected, answered, propose, verdict

KINDS = ("汉字", "口语", "全拼")
DOCUMENTS = [DocumentKey("kb", f"d{number:02}") for number in range(20)]
DEAF = replace(DEFAULT, words=1.0, grams=0.0, pinyin=0.0, meaning=0.02, codes=0.0, floor=-1e9)


def ranked(scores: Sequence[float]) -> tuple[Scored, ...]:
    hits = [Scored(key, float(score)) for key, score in zip(DOCUMENTS, scores, strict=True)]
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def world(*, meaning_knows: bool, queries: int = 90, seed: int = 3) -> list[Collected]:
    """Words are noise. Meaning knows the answer, or is noise as well."""
    draw = np.random.default_rng(seed)
    made = []
    for number in range(queries):
        answer = int(draw.integers(len(DOCUMENTS)))
        words, meaning = draw.random((2, len(DOCUMENTS)))
        meaning[answer] += 1.0 if meaning_knows else 0.0
        made.append(
            Collected(
                str(number),
                f"问题{number}",
                KINDS[number % len(KINDS)],
                held_out=number % 3 == 0,
                relevant=frozenset({DOCUMENTS[answer]}),
                by_signal={Signal.WORDS: ranked(words), Signal.MEANING: ranked(meaning)},
            )
        )
    return made


def test_where_meaning_is_right_it_gets_its_weight() -> None:
    collected = world(meaning_knows=True)

    proposed = propose(collected, DEAF)
    judged = verdict(collected, DEAF, proposed)

    assert proposed.meaning > 2 * proposed.words
    assert judged.queries == 30
    assert judged.figures[0].difference.is_gain
    assert judged.figures[0].after > 0.95


def test_only_the_relation_of_the_signals_changes() -> None:
    """Priors and pins are added to the sum as they are: it must not grow under them."""
    proposed = propose(world(meaning_knows=True), DEAF)

    assert sum(weights_of(proposed).values()) == pytest.approx(sum(weights_of(DEAF).values()), abs=0.01)
    assert replace(proposed, **dict.fromkeys(tuning.TURNED, 0.0)) == replace(
        DEAF, **dict.fromkeys(tuning.TURNED, 0.0)
    )


def test_a_signal_that_was_not_heard_keeps_its_weight() -> None:
    """Without an encoder there is no telling what meaning is worth."""
    silent = replace(DEAF, grams=0.4, codes=1.2)

    proposed = propose(world(meaning_knows=True), silent)

    assert proposed != silent
    assert (proposed.grams, proposed.codes, proposed.pinyin) == (0.4, 1.2, 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_noise_is_not_applied(seed: int) -> None:
    collected = world(meaning_knows=False, seed=seed)

    judged = verdict(collected, DEAF, propose(collected, DEAF))

    assert not judged.figures[0].difference.is_gain


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, len(DOCUMENTS) - 1), min_size=30, max_size=30), st.booleans())
def test_what_is_held_out_never_influences_the_proposal(answers: list[int], meaning_knows: bool) -> None:
    collected = world(meaning_knows=meaning_knows)
    others = iter(answers)
    rejudged = [
        replace(one, relevant=frozenset({DOCUMENTS[next(others)]})) if one.held_out else one
        for one in collected
    ]

    assert propose(collected, DEAF) == propose(rejudged, DEAF)


def test_no_kind_pays_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meaning answers two kinds, words the third: what helps the two must leave the third where it was."""
    collected = world(meaning_knows=True)
    torn = [
        replace(
            one,
            by_signal={
                Signal.WORDS: one.by_signal[Signal.MEANING],
                Signal.MEANING: one.by_signal[Signal.WORDS],
            },
        )
        if one.kind == "全拼"
        else one
        for one in collected
    ]

    def success(chosen: Configuration) -> float:
        of_kind = [one for one in torn if one.kind == "全拼" and not one.held_out]
        return float(np.mean([answered(one, chosen).figures.success_at_3 for one in of_kind]))

    guarded = propose(torn, DEAF)
    monkeypatch.setattr(tuning, "KIND_MAY_LOSE", 1.0)
    greedy = propose(torn, DEAF)

    assert success(guarded) >= success(DEAF) - 0.02
    assert success(greedy) < success(guarded)


weights = st.floats(0, 2).map(lambda weight: round(weight, 2))


@given(
    st.dictionaries(
        st.sampled_from(list(Signal)),
        st.lists(st.integers(0, 5), min_size=20, max_size=20),
        min_size=1,
    ),
    st.tuples(weights, weights, weights, weights, weights),
    st.sets(st.sampled_from(DOCUMENTS), min_size=1),
)
def test_the_quick_score_is_that_of_the_real_ranking(
    by_signal: dict[Signal, list[int]], chosen: tuple[float, ...], relevant: set[DocumentKey]
) -> None:
    one = Collected(
        "1", "?", "汉字", False, frozenset(relevant), {s: ranked(v) for s, v in by_signal.items()}
    )
    configuration = replace(DEFAULT, **{str(s.value): w for s, w in zip(tuning.TURNED, chosen, strict=True)})

    ids = [str(hit.key) for hit in fuse(one.by_signal, configuration)[:10]]
    figures = figures_of(frozenset(map(str, relevant)), ids)

    assert tuning._score(one, np.array(chosen)) == pytest.approx((figures.ndcg_at_10, figures.success_at_3))


def sure(number: int, cosine: float, *, answerable: bool) -> Collected:
    """A query about which meaning alone says something: the higher the cosine, the surer the answer."""
    nearest = tuple(Scored(key, cosine) for key in DOCUMENTS)
    relevant = frozenset(DOCUMENTS[:1]) if answerable else frozenset()
    return Collected(
        str(number), "?", "汉字" if answerable else "无答案", False, relevant, {Signal.MEANING: nearest}
    )


def test_the_floor_is_laid_between_what_has_an_answer_and_what_has_none() -> None:
    collected = [sure(number, 0.99, answerable=True) for number in range(20)]
    collected += [sure(number, 0.85, answerable=False) for number in range(12)]
    low = replace(DEFAULT, floor=-100.0)

    proposed = propose(collected, low)

    shown = [bool(answered(one, proposed).ranked) for one in collected]
    assert shown == [bool(one.relevant) for one in collected]


def test_a_floor_that_hides_answers_is_not_laid() -> None:
    """No floor parts them: nine in ten of what it hides would have to be without an answer."""
    mixed = [sure(number, 0.9, answerable=number % 2 == 0) for number in range(40)]
    low = replace(DEFAULT, floor=-100.0)

    assert propose(mixed, low).floor == -100.0


def test_a_floor_is_not_laid_by_a_handful() -> None:
    collected = [sure(1, 0.99, answerable=True), *(sure(n, 0.85, answerable=False) for n in range(5))]

    assert propose(collected, DEFAULT).floor == DEFAULT.floor


def test_nothing_to_learn_from_changes_nothing() -> None:
    assert propose([], DEFAULT) == DEFAULT
    assert propose([replace(one, held_out=True) for one in world(meaning_knows=True)], DEFAULT) == DEFAULT
