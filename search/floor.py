"""When the best that was found is still no answer, so that 没有找到 can be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

from search.configuration import DEFAULT
from search.engines.base import Matches
from search.hits import Signal
from search.model_families import family_of
from search.recipes import EmbeddingRecipe

LOOKED_INTO = 5
RIVAL, CROWD = 10, 50  # the places of those that are nearly as good, and of those that are anything at all

# Fitted on answered and unanswerable questions over four indexes of different trades: docs/decisions/0012.
# Cosines of e5 lie between 0.80 and 0.97 whatever is asked, hence the large numbers. What they would say of
# another family's cosines nobody knows: those are not judged. A few words that are not found say more than
# the many by which a sentence goes round a thing.
SHARE, LEAD, APART, NEAR, STRANGE = 14.4, 37.0, 545.0, 64.0, -70.0
LENGTH, SHORT, CONSTANT = 3.1, -1.7, -4.1
AHEAD, FAR_FROM, NEAR_TO = 0.032, 0.85, 0.9  # in between, a cosine by itself tells nothing
SHORT_QUERY = 14  # characters
SURE_CODE = 0.5


@dataclass(frozen=True)
class Evidence:
    """`share`: how much of the question the first hit contains, and the best of the first few, on average.

    `lead` and `apart`: how far the nearest is ahead of its rivals, and of the crowd.
    """

    share: float
    code: float
    cosine: float
    lead: float
    apart: float
    length: int = SHORT_QUERY


def evidence(matches: Matches, shares: Sequence[float], asked: str) -> Evidence:
    """Return what speaks for an answer, when words and meaning were asked; `shares` are of the first hits."""
    codes, nearest = (
        [hit.score for hit in matches.by_signal[signal]] for signal in (Signal.CODES, Signal.MEANING)
    )
    return evidence_of(shares, codes, nearest, asked)


def evidence_of(
    shares: Sequence[float], codes: Sequence[float], nearest: Sequence[float], asked: str
) -> Evidence:
    """Return the same of the scores by codes and by meaning alone, best first."""
    share = (shares[0] + max(shares)) / 2 if shares else 0.0
    lead, apart = (nearest[0] - nearest[min(place, len(nearest) - 1)] for place in (RIVAL, CROWD))
    return Evidence(share, codes[0] if codes else 0.0, nearest[0], lead, apart, len(asked))


def certainty(seen: Evidence) -> float:
    """Return how sure it is that the best hits answer what was asked, to be compared with the floor."""
    if seen.code >= SURE_CODE:
        return inf
    by_words = SHARE * seen.share
    by_meaning = LEAD * seen.lead + APART * max(0.0, seen.apart - AHEAD)
    by_meaning += NEAR * max(0.0, seen.cosine - NEAR_TO) + STRANGE * max(0.0, FAR_FROM - seen.cosine)
    is_short = seen.length <= SHORT_QUERY
    by_length = SHORT if is_short else LENGTH * log(seen.length / SHORT_QUERY)
    return by_words + by_meaning + by_length + CONSTANT


def is_fitted_for(recipe: EmbeddingRecipe | None) -> bool:
    """Tell whether vectors of this recipe can be judged; where not, all that is found is shown."""
    return recipe is not None and family_of(recipe.name).is_close


def is_an_answer(seen: Evidence, floor: float = DEFAULT.floor) -> bool:
    """Tell whether the best hits probably answer what was asked; a rare code that is there always does."""
    return certainty(seen) > floor
