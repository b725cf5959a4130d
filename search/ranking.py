"""Pure ranking: one list for each signal in, one list out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

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
    for signal, scored in by_signal.items():
        for hit, strength in zip(scored, _strengths(signal, scored), strict=True):
            scores[hit.key] += weights[signal] * strength
            why[hit.key][signal] = hit.score if signal is Signal.MEANING else strength
    best_first = sorted(scores, key=lambda key: (-scores[key], key))
    return [Hit(key, scores[key], why[key]) for key in best_first]


def weights_of(chosen: Configuration) -> Mapping[Signal, float]:
    return {
        Signal.WORDS: chosen.words,
        Signal.GRAMS: chosen.grams,
        Signal.PINYIN: chosen.pinyin,
        Signal.MEANING: chosen.meaning,
        Signal.CODES: chosen.codes,
    }


def _strengths(signal: Signal, scored: Sequence[Scored]) -> list[float]:
    if signal is Signal.CODES:  # already a share of certainty
        return [min(1.0, hit.score) for hit in scored]
    scores = [hit.score for hit in scored]
    lowest, highest = min(scores, default=0.0), max(scores, default=0.0)
    if highest == lowest:
        return [1.0] * len(scores)
    return [(score - lowest) / (highest - lowest) for score in scores]
