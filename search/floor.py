"""When the best that was found is still no answer, so that 没有找到 can be said."""

from dataclasses import dataclass

from search.engines.base import Matches
from search.hits import Signal

RIVAL = 10  # the place whose cosine stands for "anything at all" in this index

# A logistic fit over answered and unanswerable questions, on four indexes of different trades. Cosines of
# e5 lie between 0.80 and 0.97 whatever is asked, hence the large numbers. Another model needs another fit.
SHARE, COSINE, LEAD, CODE, CONSTANT = 5.86, 45.57, 133.0, 8.11, -45.47
FLOOR = -3.0
SHARE_WITHOUT_MEANING = 0.12


@dataclass(frozen=True)
class Evidence:
    """`share`: how much of the question the best hits contain. `lead`: of the nearest over its rivals."""

    share: float
    code: float
    cosine: float | None = None
    lead: float = 0.0


def evidence(matches: Matches, share: float) -> Evidence:
    codes = matches.by_signal.get(Signal.CODES, ())
    nearest = matches.by_signal.get(Signal.MEANING, ())
    cosine = nearest[0].score if nearest else None
    lead = nearest[0].score - nearest[min(RIVAL, len(nearest) - 1)].score if nearest else 0.0
    return Evidence(share, codes[0].score if codes else 0.0, cosine, lead)


def is_an_answer(seen: Evidence) -> bool:
    """Tell whether the best hits are likely to answer what was asked."""
    if seen.cosine is None:
        return seen.code > 0 or seen.share >= SHARE_WITHOUT_MEANING
    score = SHARE * seen.share + COSINE * seen.cosine + LEAD * seen.lead + CODE * seen.code + CONSTANT
    return score > FLOOR
