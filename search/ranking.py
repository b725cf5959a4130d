"""Pure ranking: one list for each signal in, one list out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.configuration import DEFAULT, Configuration
from search.document import DocumentKey
from search.engines.base import Scored
from search.hits import Hit, Signal


def fuse(by_signal: Mapping[Signal, Sequence[Scored]], chosen: Configuration = DEFAULT) -> list[Hit]:
    """Add up what each signal says, each brought to 0..1 over its own list.

    A rare code that matches exactly is worth more than all else together, so it comes first.
    """
    weights = weights_of(chosen)
    said: dict[DocumentKey, tuple[dict[Signal, float], dict[Signal, float]]] = {}
    for signal, scored in by_signal.items():
        weight = weights[signal]
        for hit, strength in zip(scored, strengths(signal, scored), strict=True):
            known = said.get(hit.key)
            why, parts = said[hit.key] = known or ({}, {})
            parts[signal] = weight * strength
            why[signal] = hit.score if signal is Signal.MEANING else strength
    hits = [Hit(key, sum(parts.values()), why, parts) for key, (why, parts) in said.items()]
    return sorted(hits, key=lambda hit: (-hit.score, hit.key))


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
    worths = {key: prior.worth(chosen) for key, prior in priors.items()}
    raised = [Hit(hit.key, hit.score + worths.get(hit.key, 0.0), hit.why, hit.parts) for hit in hits]
    rest = [hit for hit in raised if hit.key not in pinned]
    first = [by_key.get(key, Hit(key, 0.0)) for key in dict.fromkeys(pinned)]
    return [*first, *sorted(rest, key=lambda hit: -hit.score)]
