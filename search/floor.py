"""When the best that was found is still no answer, so that 没有找到 can be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from search.configuration import DEFAULT
from search.engines.base import Matches
from search.hits import Signal

RIVAL = 10  # the place whose cosine stands for "anything at all" in this index

# A logistic fit over answered and unanswerable questions, on three indexes of different trades. Cosines of
# e5 lie between 0.80 and 0.97 whatever is asked, hence the large numbers. Another model needs another fit.
# A few words that are not found say more than the many by which a spoken sentence goes round its matter.
SHARE, COSINE, LEAD, CODE, CONSTANT = 5.73, 69.94, 76.89, 8.62, -64.94
SHORT, SHARE_IF_SHORT = -2.79, 2.69
SHORT_QUERY = 14  # characters
SURE_CODE = 0.5


@dataclass(frozen=True)
class Evidence:
    """`share`: how much of the question the best hits contain. `lead`: of the nearest over its rivals."""

    share: float
    code: float
    cosine: float
    lead: float
    is_short: bool = True


def evidence(matches: Matches, share: float, asked: str) -> Evidence:
    """Return what speaks for an answer, when words and meaning were asked."""
    codes, nearest = (
        [hit.score for hit in matches.by_signal[signal]] for signal in (Signal.CODES, Signal.MEANING)
    )
    return evidence_of(share, codes, nearest, asked)


def evidence_of(share: float, codes: Sequence[float], nearest: Sequence[float], asked: str) -> Evidence:
    """Return the same of the scores by codes and by meaning alone, best first."""
    lead = nearest[0] - nearest[min(RIVAL, len(nearest) - 1)]
    return Evidence(share, codes[0] if codes else 0.0, nearest[0], lead, len(asked) <= SHORT_QUERY)


def certainty(seen: Evidence) -> float:
    """Return how sure it is that the best hits answer what was asked, to be compared with the floor."""
    if seen.code >= SURE_CODE:
        return inf
    score = SHARE * seen.share + COSINE * seen.cosine + LEAD * seen.lead + CODE * seen.code + CONSTANT
    return score + (SHORT + SHARE_IF_SHORT * seen.share) * seen.is_short


def is_an_answer(seen: Evidence, floor: float = DEFAULT.floor) -> bool:
    """Tell whether the best hits probably answer what was asked; a rare code that is there always does."""
    return certainty(seen) > floor
