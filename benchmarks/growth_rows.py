"""One quantity over the sizes of a centre, and the exponent with which it grows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np


@dataclass(frozen=True)
class Row:
    what: str
    unit: str
    values: Sequence[float]

    def told(self, sizes: Sequence[int]) -> str:
        cells = [f"{value:,.3f}" if self.unit == SHARE else f"{value:,.1f}" for value in self.values]
        grows = "" if self.unit == SHARE else f"{slope(sizes, self.values):.2f}"
        return f"| {self.what}, {self.unit} | " + " | ".join([*cells, grows]) + " |"


SHARE = "share"


def tabled(title: str, sizes: Sequence[int], rows: Iterable[Row]) -> Iterator[str]:
    """The slope is the exponent: 1.00 means that twice the articles cost twice as much."""
    yield f"\n| {title} | " + " | ".join(f"{size:,}" for size in sizes) + " | slope |"
    yield "|---|" + "---|" * (len(sizes) + 1)
    for row in rows:
        yield row.told(sizes)


def slope(sizes: Sequence[int], values: Sequence[float]) -> float:
    """Return the exponent of the power that fits best: a line through the logarithms."""
    if len(sizes) < 2 or min(values) <= 0:
        return nan
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
