"""Times in milliseconds, summed up by the median, the slow twentieth and the slow hundredth."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan


@dataclass(frozen=True)
class Quantiles:
    p50: float
    p95: float
    p99: float
    count: int

    def __str__(self) -> str:
        return f"{self.p50:.1f} | {self.p95:.1f} | {self.p99:.1f}"


def quantiles(times: Sequence[float]) -> Quantiles:
    if len(times) < 2:
        only = times[0] if times else nan
        return Quantiles(only, only, only, len(times))
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Quantiles(cuts[49], cuts[94], cuts[98], len(times))


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
