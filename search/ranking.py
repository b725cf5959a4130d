"""Pure ranking: one list for each signal in, one list out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.configuration import DEFAULT, Configuration
from search.document import DocumentKey
from search.engines.base import Scored
from search.hits import Hit, Signal


def fuse(by_signal: Mapping[Signal, Sequence[Scored]], chosen: Configuration = DEFAULT) -> list[Hit]:
    """Add up what each signal says, each brought to 0..1 over its own list.

    A rare code that matches exactly is worth more than all else together, so it comes first.
    """
    weights = weights_of(chosen)
    scores: dict[DocumentKey, float] = defaultdict(float)
    why: dict[DocumentKey, dict[Signal, float]] = defaultdict(dict)
    parts: dict[DocumentKey, dict[Signal, float]] = defaultdict(dict)
    for signal, scored in by_signal.items():
        for hit, strength in zip(scored, strengths(signal, scored), strict=True):
            parts[hit.key][signal] = weights[signal] * strength
            scores[hit.key] += weights[signal] * strength
            why[hit.key][signal] = hit.score if signal is Signal.MEANING else strength
    best_first = sorted(scores, key=lambda key: (-scores[key], key))
    return [Hit(key, scores[key], why[key], parts[key]) for key in best_first]


def weights_of(chosen: Configuration) -> Mapping[Signal, float]:
    return {
        Signal.WORDS: chosen.words,
        Signal.GRAMS: chosen.grams,
        Signal.PINYIN: chosen.pinyin,
        Signal.MEANING: chosen.meaning,
        Signal.CODES: chosen.codes,
    }


def strengths(signal: Signal, scored: Sequence[Scored]) -> list[float]:
    """Return what a signal says of each document of its list, from 0 to 1."""
    if signal is Signal.CODES:  # already a share of certainty
        return [min(1.0, hit.score) for hit in scored]
    scores = [hit.score for hit in scored]
    lowest, highest = min(scores, default=0.0), max(scores, default=0.0)
    if highest == lowest:
        return [1.0] * len(scores)
    return [(score - lowest) / (highest - lowest) for score in scores]


@dataclass(frozen=True)
class Prior:
    """What speaks for a document whatever was asked, each from 0 to 1; promoted it is or is not."""

    adoption: float = 0.0
    freshness: float = 0.0
    closeness: float = 0.0
    is_promoted: bool = False

    def worth(self, chosen: Configuration) -> float:
        if not chosen.with_priors:
            return 0.0
        known = chosen.adoption * self.adoption + chosen.freshness * self.freshness
        known += chosen.closeness * self.closeness
        return known + chosen.promotion * self.is_promoted


NO_PRIOR = Prior()


def with_priors(
    ranked: Sequence[Hit],
    priors: Mapping[DocumentKey, Prior],
    pinned: Sequence[DocumentKey],
    chosen: Configuration = DEFAULT,
) -> list[Hit]:
    """Add the priors, then put what is pinned first, found or not, in the order of the pins."""
    by_key = {hit.key: hit for hit in ranked}
    promoted = [key for key, prior in priors.items() if prior.is_promoted and key not in by_key]
    hits = [*ranked, *(Hit(key, 0.0) for key in promoted)]
    raised = [replace(hit, score=hit.score + priors.get(hit.key, NO_PRIOR).worth(chosen)) for hit in hits]
    rest = [hit for hit in raised if hit.key not in pinned]
    first = [by_key.get(key, Hit(key, 0.0)) for key in dict.fromkeys(pinned)]
    return [*first, *sorted(rest, key=lambda hit: -hit.score)]
