"""Is one ranking better than another? Pure: paired figures in, a difference with its interval out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.evaluation import Figures, figures_of
from search.hits import Signal

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 20260302
DRAWN_AT_ONCE = 200
TOO_SMALL_TO_TELL = 0.005


@dataclass(frozen=True)
class Difference:
    """The mean of after minus before, and where it lies in 95 of 100 resamples of the queries."""

    mean: float
    low: float
    high: float
    queries: int

    @property
    def is_gain(self) -> bool:
        return self.low > 0

    @property
    def is_loss(self) -> bool:
        return self.high < 0


@dataclass(frozen=True)
class Seen:
    """A document as one configuration ranked it. `name` and `title` are as they were then."""

    key: str
    name: str
    title: str
    score: float
    why: Mapping[Signal, float]
    parts: Mapping[Signal, float]

    @property
    def priors(self) -> float:
        """What the score has beside its signals."""
        return self.score - sum(self.parts.values())


@dataclass(frozen=True)
class Answered:
    """A golden query and what one configuration found for it; `read_as` says how it was understood."""

    query_id: str
    text: str
    kind: str
    held_out: bool
    relevant: frozenset[str]
    ranked: tuple[Seen, ...] = ()
    read_as: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [seen.key for seen in self.ranked]

    @property
    def best_rank(self) -> int | None:
        places = (place for place, seen in enumerate(self.ranked, start=1) if seen.key in self.relevant)
        return next(places, None)

    @property
    def best(self) -> Seen | None:
        return self.ranked[self.best_rank - 1] if self.best_rank else None

    @property
    def gain(self) -> float:
        """Return nDCG@10; for a query without an answer, 1 if nothing was shown."""
        return self.figures.ndcg_at_10 if self.relevant else float(not self.ranked)

    @property
    def figures(self) -> Figures:
        return figures_of(self.relevant, self.ids)


@dataclass(frozen=True)
class Shift:
    """How much a signal (none: the priors) moved the answer against the document that stood before it.

    Only what both sides have kept of both documents can tell.
    """

    signal: Signal | None
    by: float


@dataclass(frozen=True)
class Move:
    """A query that one configuration answers better than the other, and why."""

    before: Answered
    after: Answered
    rival: Seen | None = None
    shifts: tuple[Shift, ...] = ()

    @property
    def is_win(self) -> bool:
        return self.gained > 0

    @property
    def gained(self) -> float:
        return self.after.gain - self.before.gain

    @property
    def no_longer_read(self) -> tuple[str, ...]:
        return tuple(one for one in self.before.read_as if one not in self.after.read_as)

    @property
    def newly_read(self) -> tuple[str, ...]:
        return tuple(one for one in self.after.read_as if one not in self.before.read_as)


def difference(
    before: Sequence[float], after: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference:
    """Return the mean difference of paired figures with its bootstrap interval; the same at every call."""
    each = np.asarray(after, float) - np.asarray(before, float)
    if not each.size:
        return Difference(0.0, 0.0, 0.0, 0)
    draw = np.random.default_rng(seed)
    means = [
        each[draw.integers(0, each.size, (min(DRAWN_AT_ONCE, resamples - done), each.size))].mean(axis=1)
        for done in range(0, resamples, DRAWN_AT_ONCE)
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Difference(float(each.mean()), float(low), float(high), each.size)


def moves(pairs: Iterable[tuple[Answered, Answered]]) -> list[Move]:
    """Return the queries that are answered better or worse, the greatest change first."""
    found = [_explained(before, after) for before, after in pairs if before.gain != after.gain]
    return sorted(found, key=lambda move: (-abs(move.gained), move.after.text))


def _explained(before: Answered, after: Answered) -> Move:
    """Say what moved the best answer against the document that outdid it where it stood lower."""
    worse, better = (before, after) if after.gain > before.gain else (after, before)
    best = better.best
    if best is None:
        return Move(before, after)
    if best.key not in worse.ids:  # nobody kept what it had there, so nobody can say what moved it
        return Move(before, after)
    rival = next((seen for seen in worse.ranked if _is_rival(seen, better)), None)
    margins = [_margin(side, best.key, rival.key if rival else "") for side in (before, after)]
    signals = {*margins[0], *margins[1]}
    changed = {signal: margins[1].get(signal, 0.0) - margins[0].get(signal, 0.0) for signal in signals}
    shifts = [Shift(signal, by) for signal, by in changed.items() if abs(by) >= TOO_SMALL_TO_TELL]
    ordered = sorted(shifts, key=lambda shift: (-abs(shift.by), str(shift.signal)))
    return Move(before, after, rival, tuple(ordered))


def _is_rival(seen: Seen, better: Answered) -> bool:
    return seen.key not in better.relevant and seen.key in better.ids


def _margin(side: Answered, best: str, rival: str) -> dict[Signal | None, float]:
    """Return, for each signal, how far it puts the answer before its rival here."""
    by_key = {seen.key: seen for seen in side.ranked}
    margin: dict[Signal | None, float] = {}
    for key, sign in ((best, 1.0), (rival, -1.0)):
        seen = by_key.get(key)
        for signal, part in (_all_parts(seen) if seen else {}).items():
            margin[signal] = margin.get(signal, 0.0) + sign * part
    return margin


def _all_parts(seen: Seen) -> dict[Signal | None, float]:
    return dict([(None, seen.priors), *seen.parts.items()])
