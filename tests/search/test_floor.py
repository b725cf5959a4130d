"""When the best that was found is still no answer."""

from dataclasses import replace

import pytest

from search.document import DocumentKey
from search.engines.base import Matches, Scored
from search.floor import Evidence, certainty, evidence, is_an_answer
from search.hits import Signal

KEY = DocumentKey("kb", "a")


@pytest.mark.parametrize(
    ("seen", "answers"),
    [
        (Evidence(share=1.0, code=0.0, cosine=0.93, lead=0.03, apart=0.04), True),  # the very words
        (Evidence(share=0.15, code=0.0, cosine=0.94, lead=0.03, apart=0.04), True),  # other words, same thing
        (
            Evidence(share=0.5, code=0.0, cosine=0.89, lead=0.02, apart=0.03),
            True,
        ),  # meaning hardly knows them
        (Evidence(share=0.2, code=0.0, cosine=0.87, lead=0.03, apart=0.05), True),  # one passage of many
        (Evidence(share=0.15, code=0.0, cosine=0.91, lead=0.02, apart=0.03), False),  # words of another trade
        (Evidence(share=0.15, code=0.0, cosine=0.91, lead=0.02, apart=0.03, length=25), True),  # a long way
        (Evidence(share=0.15, code=0.0, cosine=0.88, lead=0.01, apart=0.02), False),  # as near as anything is
        (Evidence(share=0.0, code=0.0, cosine=0.81, lead=0.01, apart=0.02), False),  # another language
        (Evidence(share=0.0, code=0.9, cosine=0.80, lead=0.0, apart=0.0), True),  # a code that few have
        (Evidence(share=0.1, code=0.02, cosine=0.87, lead=0.01, apart=0.02), False),  # a code that all have
    ],
)
def test_what_is_an_answer(seen: Evidence, answers: bool) -> None:
    assert is_an_answer(seen) is answers


def test_evidence_is_of_the_first_and_of_how_far_it_is_ahead() -> None:
    nearest = tuple(Scored(KEY, 0.95 - 0.001 * place) for place in range(90))
    matches = Matches({Signal.CODES: (Scored(KEY, 0.7),), Signal.MEANING: nearest})

    seen = evidence(matches, [0.4, 0.0, 0.8], "宽带移机")

    assert seen == Evidence(pytest.approx(0.6), 0.7, 0.95, pytest.approx(0.01), pytest.approx(0.05), 4)


def test_a_lonely_document_has_no_lead() -> None:
    matches = Matches({Signal.CODES: (), Signal.MEANING: (Scored(KEY, 0.9),)})

    assert evidence(matches, [0.4], "宽带移机") == Evidence(0.4, 0.0, 0.9, 0.0, 0.0, 4)


def test_the_longer_a_question_the_less_it_takes_to_be_answered() -> None:
    weak = Evidence(share=0.1, code=0.0, cosine=0.88, lead=0.012, apart=0.02)
    sure = [certainty(replace(weak, length=length)) for length in (8, 14, 15, 20, 40)]

    assert sure == sorted(sure)
    assert not is_an_answer(weak)
