"""Load: when searches begin, where it bends; growth: the exponent; and where the figures are written."""

from itertools import islice, pairwise
from pathlib import Path
from statistics import fmean, stdev

import pytest

from benchmarks.growth_rows import slope
from benchmarks.load import Door, Loaded, load, table, where_it_bends
from benchmarks.load_client import arrivals
from benchmarks.quantiles import quantiles
from benchmarks.typing_moments import fresh, pauses
from benchmarks.written import put_between


def loaded(rate: float, p95: float, degraded: dict[str, int] | None = None) -> Loaded:
    times = quantiles([p95] * 100)
    return Loaded(rate, times, times, times, times, degraded or {}, {}, 0, times, 0.1)


def test_searches_begin_at_random_moments_at_the_rate() -> None:
    gaps = [after - before for before, after in pairwise(islice(arrivals(25, seed=7), 5000))]

    assert fmean(gaps) == pytest.approx(1 / 25, rel=0.05)
    assert stdev(gaps) == pytest.approx(1 / 25, rel=0.05)  # a Poisson process has no memory


def test_it_bends_at_the_first_rate_that_is_slow_or_says_less() -> None:
    fast, slow, less = loaded(1, 40), loaded(10, 140), loaded(10, 40, {"语义较慢": 5})

    assert where_it_bends([fast]).startswith("It holds up to 1 a second")
    assert where_it_bends([fast, slow]).startswith("It holds at 1 a second and bends at 10")
    assert "5.0% degraded (语义较慢 5)" in where_it_bends([fast, less])


def test_four_moments_of_typing_end_with_the_whole() -> None:
    assert pauses("宽带提前解约") == ["宽", "宽带提", "宽带提前", "宽带提前解约"]
    assert pauses("费") == ["费", "费", "费", "费"]


def test_no_fresh_query_comes_twice() -> None:
    asked = list(fresh(["话费", "漫游"], seed=7))

    assert len(asked) == len(set(asked)) > 200


def test_a_rate_is_not_tried_with_fewer_queries_than_it_asks() -> None:
    with pytest.raises(SystemExit, match="not enough queries"):
        next(load(Door("http://127.0.0.1:9", "", seconds=1.0), iter(["话费"] * 50), [1.0]))


def test_where_nothing_was_answered_nothing_holds() -> None:
    none = quantiles([])
    assert not Loaded(50, none, none, none, none, {}, {}, 0, none, 0.1).is_within
    times = quantiles([40.0] * 100)  # every letter may have been overtaken by the next
    assert Loaded(1, none, none, times, times, {}, {}, 400, none, 0.1).is_within


def test_what_doubles_with_its_size_has_the_exponent_one() -> None:
    sizes = [10_000, 100_000, 300_000]

    assert slope(sizes, [2.0, 20.0, 60.0]) == pytest.approx(1.0)
    assert slope(sizes, [5.0, 5.0, 5.0]) == pytest.approx(0.0)


def test_figures_replace_what_stands_between_their_markers(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- load -->\nold\n<!-- /load -->\nafter\n")

    put_between("load", "\nnew\n", readme)

    assert readme.read_text() == "before\n<!-- load -->\nnew\n<!-- /load -->\nafter\n"
    with pytest.raises(ValueError, match="no markers"):
        put_between("growth", "new", readme)


def test_a_rate_at_which_nothing_is_answered_is_still_told() -> None:
    nothing = quantiles([])
    drowned = Loaded(
        50, nothing, nothing, nothing, nothing, {}, {"ReadTimeout": 900}, 0, quantiles([2.0]), 0.1
    )

    assert not drowned.is_within
    assert "bends at 50" in where_it_bends([loaded(1, 40), drowned])
    assert "ReadTimeout 900" in where_it_bends([drowned])
    assert any("| 900 |" in line for line in table([drowned], "embedded"))
