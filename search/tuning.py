"""Better weights and a better floor, from judged queries and what each signal said of them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from search.comparing import Answered, Seen
from search.configuration import FARTHEST, Configuration
from search.document import DocumentKey
from search.engines.base import Matches, Scored
from search.evaluation import DEEPEST, no_answer_of
from search.floor import LOOKED_INTO, certainty, evidence
from search.hits import Signal
from search.query_syntax import take_apart
from search.ranking import fuse, strengths, weights_of
from search.side_by_side import SideBySide, side_by_side

TURNED = tuple(Signal)
DRAWS, SPREAD = 200, 0.7
FACTORS = (0.0, 0.5, 0.8, 0.9, 1.1, 1.25, 2.0)
ROUNDS = 4
KIND_MAY_LOSE = 0.02
SURE_NOTHING = 0.9
FEWEST_UNANSWERABLE = 10
DECIMALS = 3
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Collected:
    """A judged query, what each signal said of it, and how much of it the likely documents contain.

    `asked` is the query as it was understood. `is_judged`: by a model to which the floor is fitted. Without a
    relevant document nothing in the centre answers it.
    """

    id: str
    text: str
    kind: str
    held_out: bool
    relevant: frozenset[DocumentKey]
    by_signal: Mapping[Signal, Sequence[Scored]]
    shares: Mapping[DocumentKey, float] = field(default_factory=dict)
    asked: str = ""
    is_judged: bool = True

    @cached_property
    def table(self) -> tuple[Numbers, NDArray[np.bool_]]:
        """The strength of each signal (columns as in `TURNED`) for each document in the order of the keys,
        and which of them are relevant."""
        keys = sorted({hit.key for scored in self.by_signal.values() for hit in scored})
        places = {key: place for place, key in enumerate(keys)}
        matrix = np.zeros((len(keys), len(TURNED)))
        for signal, scored in self.by_signal.items():
            column = TURNED.index(signal)
            for hit, strength in zip(scored, strengths(signal, scored), strict=True):
                matrix[places[hit.key], column] = strength
        return matrix, np.array([key in self.relevant for key in keys], bool)


@dataclass(frozen=True)
class _Quality:
    ndcg: float
    success_by_kind: Mapping[str, float]

    def is_better_than(self, best: "_Quality", start: "_Quality") -> bool:
        """Tell whether it is a gain that no kind of query pays for."""
        nobody_pays = all(
            self.success_by_kind[kind] >= success - KIND_MAY_LOSE
            for kind, success in start.success_by_kind.items()
        )
        return self.ndcg > best.ndcg + 1e-9 and nobody_pays


@dataclass(frozen=True)
class _Found:
    weights: Numbers
    quality: _Quality


def propose(collected: Sequence[Collected], now: Configuration, *, seed: int = 1) -> Configuration:
    """Return what does best on the queries that are not held out; the others are not looked at."""
    tuned = [one for one in collected if not one.held_out]
    weighed = _with_weights(now, _best_weights([one for one in tuned if one.relevant], now, seed))
    return replace(weighed, floor=_best_floor(tuned, weighed))


def verdict(collected: Sequence[Collected], now: Configuration, proposed: Configuration) -> SideBySide:
    """Judge a proposal on what was held out, as people would see it: below the floor nothing is shown."""
    held_out = [one for one in collected if one.held_out]
    return side_by_side([(answered(one, now), answered(one, proposed)) for one in held_out])


def answered(one: Collected, chosen: Configuration) -> Answered:
    """Return what is shown for a query under a configuration."""
    ranked = fuse(one.by_signal, chosen)[:DEEPEST] if _certainty(one, chosen) > chosen.floor else []
    shown = tuple(Seen(str(hit.key), "", "", hit.score, hit.why, hit.parts) for hit in ranked)
    return Answered(one.id, one.text, one.kind, one.held_out, frozenset(map(str, one.relevant)), shown)


def _best_weights(tuned: Sequence[Collected], now: Configuration, seed: int) -> Numbers:
    """Draw around what is in force, then turn one signal after the other."""
    start = np.array([weights_of(now)[signal] for signal in TURNED])
    if not tuned:
        return start
    heard = np.array([any(one.by_signal.get(signal) for one in tuned) for signal in TURNED])
    draw = np.random.default_rng(seed)
    at_start = _Found(start, _quality(tuned, start))
    best = _best_of(
        start * np.exp(heard * draw.normal(0.0, SPREAD, (DRAWS, len(TURNED)))), tuned, at_start, at_start
    )
    for _ in range(ROUNDS):
        before = best
        for signal in np.flatnonzero(heard):
            best = _best_of(_turned(best.weights, signal), tuned, best, at_start)
        if best is before:
            break
    return _best_of([_tidied(best.weights, start, heard)], tuned, at_start, at_start).weights


def _best_of(
    candidates: Iterable[Numbers], tuned: Sequence[Collected], best: _Found, start: _Found
) -> _Found:
    for weights in candidates:
        found = _Found(weights, _quality(tuned, weights))
        if found.quality.is_better_than(best.quality, start.quality):
            best = found
    return best


def _turned(weights: Numbers, signal: np.intp) -> list[Numbers]:
    found = []
    for factor in FACTORS:
        candidate = weights.copy()
        candidate[signal] *= factor
        found.append(candidate)
    return found


def _tidied(weights: Numbers, start: Numbers, heard: NDArray[np.bool_]) -> Numbers:
    """Keep the sum: only relations matter among signals, but priors and pins are added to it as they are.

    A signal that was not heard, as meaning without an encoder, keeps its weight.
    """
    total = weights[heard].sum()
    if not total:
        return start
    return np.where(heard, np.round(weights * (start[heard].sum() / total), DECIMALS), start)


def _with_weights(now: Configuration, weights: Numbers) -> Configuration:
    values = asdict(now) | {
        signal.value: float(weight) for signal, weight in zip(TURNED, weights, strict=True)
    }
    return Configuration(**values)


def _quality(tuned: Sequence[Collected], weights: Numbers) -> _Quality:
    gains, successes = [], defaultdict(list)
    for one in tuned:
        gain, success = _score(one, weights)
        gains.append(gain)
        successes[one.kind].append(success)
    return _Quality(float(np.mean(gains)), {kind: float(np.mean(found)) for kind, found in successes.items()})


_DISCOUNTS = 1 / np.log2(np.arange(2, DEEPEST + 2))


def _score(one: Collected, weights: Numbers) -> tuple[float, float]:
    """Return nDCG@10 and success@3, as `search.evaluation` has them, of what `search.ranking` would rank."""
    matrix, relevant = one.table
    scores = np.zeros(len(matrix))
    for signal in one.by_signal:  # in this order, so that sums come out to the last digit as they do there
        column = TURNED.index(signal)
        scores += weights[column] * matrix[:, column]
    first = relevant[np.argsort(-scores, kind="stable")[:DEEPEST]]
    gain = float(_DISCOUNTS[: len(first)][first].sum())
    ideal = float(_DISCOUNTS[: min(len(one.relevant), DEEPEST)].sum())
    return gain / ideal, float(first[:3].any())


def _best_floor(tuned: Sequence[Collected], chosen: Configuration) -> float:
    """Return the floor that says 没有找到 most often where it is true, and at least nine times in ten."""
    certain = [(one, _certainty(one, chosen)) for one in tuned]
    unanswerable = sum(not one.relevant for one, _ in certain)
    if unanswerable < FEWEST_UNANSWERABLE:
        return chosen.floor
    levels = sorted({certainty for _, certainty in certain if abs(certainty) <= FARTHEST})
    floors = [chosen.floor, *(round((low + high) / 2, DECIMALS) for low, high in pairwise(levels))]
    judged = [(_nothing_said(certain, floor), floor) for floor in floors]
    allowed = [(quality, floor) for quality, floor in judged if quality[1] >= SURE_NOTHING]
    # Among equals the first, which is what is in force.
    return max(allowed, key=lambda one: one[0])[1] if allowed else chosen.floor


def _nothing_said(certain: Sequence[tuple[Collected, float]], floor: float) -> tuple[float, float]:
    """Return recall and precision of 没有找到 under this floor."""
    found = no_answer_of(
        [
            (frozenset(map(str, one.relevant)), ["shown"] if certainty > floor else [])
            for one, certainty in certain
        ]
    )
    return found.recall, found.precision


def _certainty(one: Collected, chosen: Configuration) -> float:
    """Return what the floor is compared with, as the finder does; without meaning there is no floor."""
    if not one.by_signal.get(Signal.MEANING):
        return inf if any(one.by_signal.values()) else -inf
    if take_apart(one.text).phrases or not one.is_judged:
        return inf
    shares = [one.shares.get(hit.key, 0.0) for hit in fuse(one.by_signal, chosen)[:LOOKED_INTO]]
    return certainty(evidence(Matches({Signal.CODES: (), **_tuples(one)}), shares, one.asked))


def _tuples(one: Collected) -> dict[Signal, tuple[Scored, ...]]:
    return {signal: tuple(scored) for signal, scored in one.by_signal.items()}
