"""What can be offered beside the answer: how the query was also read, what else was meant, how it goes on."""

import re
from dataclasses import dataclass

from search.pinyin import HANZI
from search.query import SearchQuery
from search.readings import Reading
from search.understanding import Understanding

MOST_COMPLETIONS = 6
MOST_SPELLINGS = 4
LONGEST_ASKED_ABOUT = 12  # in a long run of Hanzi, two characters that sound like a term are chance
_LAST = re.compile(r"\S+$")


@dataclass(frozen=True)
class Offer:
    """`shown` is what to press, `query` what is then asked."""

    shown: str
    query: str


@dataclass(frozen=True)
class Offers:
    """`applied`: slips that were also looked up as what they sound like, which is never done silently.
    `meant`: what else it may be. `completions`: where the typing may be going."""

    applied: tuple[Reading, ...] = ()
    meant: tuple[Offer, ...] = ()
    completions: tuple[Offer, ...] = ()


def offers_for(query: SearchQuery, understanding: Understanding) -> Offers:
    """Return what to offer; completions while the text is short, for it may go on after a pause too."""
    applied = tuple(reading for reading in query.corrections if reading.is_sure)
    return Offers(
        applied=applied,
        meant=tuple(_meant(query)),
        completions=tuple(_completions(query, understanding)),
    )


def _meant(query: SearchQuery) -> list[Offer]:
    unsure = [reading for reading in query.corrections if not reading.is_sure]
    asked_about = [reading for reading in unsure if _is_asked_about(reading, query)]
    spelt = [reading for reading in query.readings if reading.reason.is_spelling][:MOST_SPELLINGS]
    offers = [Offer(reading.meant, reading.wording) for reading in (*asked_about, *spelt)]
    return list({offer.query: offer for offer in offers}.values())


def _is_asked_about(slip: Reading, query: SearchQuery) -> bool:
    runs = HANZI.findall(query.wordings[0])
    return any(slip.said in run and len(run) <= LONGEST_ASKED_ABOUT for run in runs)


def _completions(query: SearchQuery, understanding: Understanding) -> list[Offer]:
    last = _LAST.search(query.text)
    if last is None or len(query.text) > 2 * LONGEST_ASKED_ABOUT:
        return []
    before = query.text[: last.start()]
    terms = understanding.vocabulary.complete(last[0], MOST_COMPLETIONS)
    return [Offer(term, before + term) for term in terms]
