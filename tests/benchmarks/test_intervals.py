"""How sure a mean is: on data whose answer is known."""

from math import sqrt

import numpy as np
import pytest

from benchmarks.intervals import Resampling


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    found = np.random.default_rng(1).random(400) < 0.8

    interval = Resampling(400, seed=7).mean(found)

    half = 1.96 * sqrt(found.mean() * (1 - found.mean()) / 400)
    assert interval.value == pytest.approx(found.mean())
    assert interval.low == pytest.approx(found.mean() - half, abs=0.006)
    assert interval.high == pytest.approx(found.mean() + half, abs=0.006)


def test_the_interval_holds_the_truth_about_19_times_of_20() -> None:
    dice = np.random.default_rng(2)
    samples = [dice.random(150) < 0.7 for _ in range(120)]

    intervals = [Resampling(150, seed=place, draws=400).mean(one) for place, one in enumerate(samples)]

    assert 0.88 <= np.mean([one.low <= 0.7 <= one.high for one in intervals]) <= 1.0


def test_a_paired_difference_is_surer_than_two_means_apart() -> None:
    hard = np.random.default_rng(3).random(300)
    ours, theirs = hard + 0.05, hard

    between = Resampling(300, seed=7).difference(ours, theirs)

    assert between.value == pytest.approx(0.05)
    assert between.high - between.low < 1e-9
    alone = Resampling(300, seed=7).mean(ours)
    assert alone.high - alone.low > 0.05


def test_the_same_seed_gives_the_same_interval_and_another_one_hardly_differs() -> None:
    values = np.random.default_rng(4).random(200)

    one, again, other = (Resampling(200, seed).mean(values) for seed in (7, 7, 8))

    assert one == again != other
    assert other.low == pytest.approx(one.low, abs=0.01)


def test_a_ratio_is_that_of_the_means() -> None:
    ratio = Resampling(100, seed=7).ratio(np.full(100, 0.6), np.full(100, 0.4))

    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((1.5, 1.5, 1.5))
