"""How sure a mean is: 95 % bootstrap intervals over the queries, paired where two systems are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = Sequence[float] | npt.NDArray[np.float64]
DRAWS = 2000
OUTSIDE_PERCENT = 2.5


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class Resampling:
    """The same draws for every system, so that a difference is between the same queries."""

    def __init__(self, queries: int, seed: int, draws: int = DRAWS) -> None:
        self._picks = np.random.default_rng(seed).integers(0, queries, (draws, queries), dtype=np.int32)

    def mean(self, values: Values) -> Interval:
        values = np.asarray(values, float)
        return _between(float(values.mean()), self._means(values))

    def difference(self, values: Values, than: Values) -> Interval:
        """Return by how much the mean of `values` is above that of `than`."""
        return self.mean(np.asarray(values, float) - np.asarray(than, float))

    def ratio(self, values: Values, to: Values) -> Interval:
        above, below = self._means(np.asarray(values, float)), self._means(np.asarray(to, float))
        with np.errstate(divide="ignore", invalid="ignore"):
            return _between(float(np.mean(values)) / float(np.mean(to) or np.nan), above / below)

    def _means(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(values[self._picks].mean(axis=1))


def _between(value: float, drawn: npt.NDArray[np.float64]) -> Interval:
    low, high = np.nanpercentile(drawn, (OUTSIDE_PERCENT, 100 - OUTSIDE_PERCENT))
    return Interval(value, float(low), float(high))
