"""A picture of bars: where each of them stands, and how high its parts are."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.search_analysis import Figures
from web.periods import Stretch

WIDTH, HEIGHT, LEFT, TOP = 1240, 118, 44, 6
BROADEST = 44
MOST_LABELS = 16


@dataclass(frozen=True)
class Part:
    name: str
    top: float
    height: float


@dataclass(frozen=True)
class Bar:
    """`left` and `width` are those of its place; the bar itself is narrower."""

    stretch: Stretch
    figures: Figures
    left: float
    width: float
    thickness: float
    parts: tuple[Part, ...]
    label: str

    @property
    def middle(self) -> float:
        return round(self.left + self.width / 2, 1)

    @property
    def begin(self) -> float:
        return round(self.middle - self.thickness / 2, 1)


@dataclass(frozen=True)
class Picture:
    """`rules` are the lines across: how high, and for how many."""

    bars: tuple[Bar, ...]
    rules: tuple[tuple[float, int], ...]


def draw(course: Sequence[tuple[Stretch, Figures]]) -> Picture:
    most = max([figures.searches for _, figures in course] + [2])
    most += most % 2  # the line in the middle is a whole number too
    unit, width = (HEIGHT - TOP) / most, (WIDTH - LEFT) / len(course)
    every = -(-len(course) // MOST_LABELS)
    bars = tuple(
        Bar(
            stretch,
            figures,
            left=round(LEFT + number * width, 1),
            width=round(width, 1),
            thickness=round(min(width * 0.62, BROADEST), 1),
            parts=_parts(figures, unit),
            label="" if number % every else stretch.label.split(" 至 ")[0],
        )
        for number, (stretch, figures) in enumerate(course)
    )
    return Picture(bars, tuple((round(HEIGHT - unit * count, 1), count) for count in (0, most // 2, most)))


def _parts(figures: Figures, unit: float) -> tuple[Part, ...]:
    """Return what was used at the bottom, what found nothing on top."""
    parts, top = [], float(HEIGHT)
    used = figures.searches - figures.unused - figures.nothing
    for name, count in (("used", used), ("unused", figures.unused), ("nothing", figures.nothing)):
        top -= unit * count
        parts.append(Part(name, round(top, 1), round(unit * count, 1)))
    return tuple(parts)
