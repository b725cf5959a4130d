"""Whether one ranking is better than another, and what made the difference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.comparing import Answered, Seen, Shift, difference, moves
from search.hits import Signal
from web.lab_wording import moved

W, M = Signal.WORDS, Signal.MEANING


def seen(key: str, words: float = 0.0, meaning: float = 0.0, priors: float = 0.0) -> Seen:
    parts = {W: words, M: meaning}
    return Seen(key, key.upper(), f"《{key}》", words + meaning + priors, parts, parts)


def answered(*ranked: Seen, relevant: str = "a", **said: object) -> Answered:
    return Answered("1", "移机", "汉字", False, frozenset(relevant), ranked, **said)  # type: ignore[arg-type]


def test_the_same_difference_everywhere_is_certain() -> None:
    found = difference([0.2, 0.4, 0.6], [0.3, 0.5, 0.7])

    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert found.is_gain


def test_the_interval_is_that_of_the_normal_curve() -> None:
    """With many queries the bootstrap must come out where the textbook does."""
    draw = np.random.default_rng(7)
    before, after = draw.normal(0.5, 0.2, 600), draw.normal(0.52, 0.2, 600)
    error = (after - before).std() / 600**0.5

    found = difference(list(before), list(after))

    assert found.low == pytest.approx(found.mean - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(found.mean + 1.96 * error, abs=0.1 * error)


def test_pairs_matter_not_the_two_means() -> None:
    """Each query a little better, while queries differ widely: only pairing can see it."""
    before = [0.1 * (number % 10) for number in range(100)]

    assert difference(before, [figure + 0.01 for figure in before]).is_gain


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40))
def test_the_other_way_round_is_the_opposite(pairs: list[tuple[float, float]]) -> None:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    there, back = difference(before, after), difference(after, before)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.low - 1e-9 <= there.mean <= there.high + 1e-9
    assert difference(before, after) == there


def test_no_queries_no_difference() -> None:
    assert difference([], []).queries == 0


def test_a_win_tells_which_signal_carried_it() -> None:
    before = answered(seen("b", words=0.8, meaning=0.1), seen("a", words=0.2, meaning=0.4))
    after = answered(seen("a", words=0.1, meaning=0.8), seen("b", words=0.5, meaning=0.2))

    (move,) = moves([(before, after)])

    assert move.is_win
    assert (move.before.best_rank, move.after.best_rank) == (2, 1)
    assert move.rival is not None
    assert move.rival.key == "b"
    assert move.shifts == (Shift(M, pytest.approx(0.3)), Shift(W, pytest.approx(0.2)))


def test_a_loss_to_a_prior_says_so() -> None:
    before = answered(seen("a", words=0.5), seen("b", words=0.4))
    after = answered(seen("b", words=0.4, priors=0.3), seen("a", words=0.5))

    (move,) = moves([(before, after)])

    assert not move.is_win
    assert move.shifts == (Shift(None, pytest.approx(-0.3)),)


def test_an_answer_that_fell_out_of_what_is_kept_is_said_to_and_no_signal_is_blamed() -> None:
    there = answered(seen("a", words=0.9, meaning=0.9), seen("b", words=0.4))
    gone = answered(seen("b", words=0.4), seen("c", words=0.3))

    (loss,) = moves([(there, gone)])
    (win,) = moves([(gone, there)])

    assert (loss.shifts, win.shifts) == ((), ())
    assert (moved(loss), moved(win)) == (["跌出前 10"], ["进入前 10"])


def test_the_rival_is_one_that_both_sides_have_kept() -> None:
    before = answered(seen("x", words=9.0), seen("b", words=0.8), seen("a", words=0.5))
    after = answered(seen("a", words=0.9), seen("b", words=0.8))

    (move,) = moves([(before, after)])

    assert move.rival is not None
    assert move.rival.key == "b"
    assert move.shifts == (Shift(W, pytest.approx(0.4)),)


def test_a_reading_that_was_lost_is_named() -> None:
    before = answered(seen("a"), read_as=("同音 慢游→漫游",))
    after = answered()

    (move,) = moves([(before, after)])

    assert move.no_longer_read == ("同音 慢游→漫游",)
    assert move.newly_read == ()


def test_saying_that_there_is_none_is_a_win_where_there_is_none() -> None:
    before = answered(seen("b"), relevant="")
    after = answered(relevant="")

    (move,) = moves([(before, after)])

    assert move.is_win


def test_the_same_rank_is_no_move_and_the_greatest_comes_first() -> None:
    first, second, gone = answered(seen("a"), seen("b")), answered(seen("b"), seen("a")), answered(seen("b"))
    pairs = [(first, first), (second, first), (replace(gone, text="丢了"), replace(first, text="丢了"))]

    assert [move.after.text for move in moves(pairs)] == ["丢了", "移机"]
