"""The picture of bars is true to its figures."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from search.search_analysis import Figures
from web.bars import HEIGHT, WIDTH, draw
from web.periods import last_days

COUNTED = st.builds(
    lambda used, unused, nothing: Figures(searches=used + unused + nothing, unused=unused, nothing=nothing),
    *(st.integers(0, 100_000) for _ in range(3)),
)


@given(st.lists(COUNTED, min_size=2, max_size=62))
def test_bars_stay_within_the_picture_and_are_as_high_as_their_counts(course: list[Figures]) -> None:
    days = last_days(len(course), date(2026, 3, 1)).stretches()

    picture = draw(list(zip(days, course, strict=True)))

    most = picture.rules[-1][1]
    assert most >= max(figures.searches for figures in course)
    for bar in picture.bars:
        heights = sum(part.height for part in bar.parts)
        assert abs(heights - 112 * bar.figures.searches / most) <= 0.2
        assert 0 <= bar.left <= bar.begin <= bar.begin + bar.thickness <= WIDTH
        assert all(0 <= part.top <= HEIGHT for part in bar.parts)


def test_a_picture_of_nothing_is_flat() -> None:
    days = last_days(7, date(2026, 3, 1)).stretches()

    picture = draw([(day, Figures()) for day in days])

    assert [count for _, count in picture.rules] == [0, 1, 2]
    assert {part.height for bar in picture.bars for part in bar.parts} == {0}
