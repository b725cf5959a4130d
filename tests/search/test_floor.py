"""When the best that was found is still no answer."""

import pytest

from search.document import DocumentKey
from search.engines.base import Matches, Scored
from search.floor import Evidence, evidence, is_an_answer
from search.hits import Signal

KEY = DocumentKey("kb", "a")


@pytest.mark.parametrize(
    ("seen", "answers"),
    [
        (Evidence(share=1.0, code=0.0, cosine=0.93, lead=0.03), True),  # the very words
        (Evidence(share=0.15, code=0.0, cosine=0.92, lead=0.03), True),  # other words, same thing
        (Evidence(share=0.5, code=0.0, cosine=0.89, lead=0.02), True),  # words that meaning hardly knows
        (Evidence(share=0.15, code=0.0, cosine=0.91, lead=0.02), False),  # a few words of another trade
        (Evidence(share=0.15, code=0.0, cosine=0.91, lead=0.02, is_short=False), True),  # a caller's long way
        (Evidence(share=0.15, code=0.0, cosine=0.88, lead=0.01), False),  # as near as anything is to anything
        (Evidence(share=0.0, code=0.0, cosine=0.81, lead=0.01), False),  # another language
        (Evidence(share=0.0, code=0.9, cosine=0.80, lead=0.0), True),  # a code that few have
        (Evidence(share=0.1, code=0.02, cosine=0.87, lead=0.01), False),  # a code that all have
    ],
)
def test_what_is_an_answer(seen: Evidence, answers: bool) -> None:
    assert is_an_answer(seen) is answers


def test_evidence_is_of_the_best_and_of_how_far_it_is_ahead() -> None:
    nearest = tuple(Scored(KEY, 0.95 - 0.01 * place) for place in range(30))
    matches = Matches({Signal.CODES: (Scored(KEY, 0.7),), Signal.MEANING: nearest})

    assert evidence(matches, 0.4, "宽带移机") == Evidence(0.4, 0.7, 0.95, pytest.approx(0.1))


def test_a_lonely_document_has_no_lead() -> None:
    matches = Matches({Signal.CODES: (), Signal.MEANING: (Scored(KEY, 0.9),)})

    assert evidence(matches, 0.4, "宽带移机") == Evidence(0.4, 0.0, 0.9, 0.0)
