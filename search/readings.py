"""Other ways in which a query may be meant: synonyms, slips of the ear and the hand, letters for Hanzi."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from search import pinyin
from search.lexicon.snapshot import terms_in
from search.understanding import Understanding

MOST_READINGS = 8
MOST_SPELT = 3
SURE_LETTERS = 4  # fewer letters that only begin a term may begin many
_LETTERS = re.compile(r"(?<![a-z0-9])[a-z]{2,60}(?![a-z0-9])")
_SYLLABLE = f"(?:{'|'.join(sorted(pinyin.known(), key=len, reverse=True))})"
_APART = re.compile(rf"(?<![a-z0-9]){_SYLLABLE}(?: {_SYLLABLE})+(?![a-z0-9])")


class Reason(StrEnum):
    SYNONYM = "synonym"
    EXPANSION = "expansion"
    CONFUSABLE = "confusable"
    HOMOPHONE = "homophone"
    PINYIN = "pinyin"
    INITIALS = "initials"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_correction(self) -> bool:
        """Tell whether it takes what was typed for a slip, which must be said to the person."""
        return self in {Reason.CONFUSABLE, Reason.HOMOPHONE}

    @property
    def is_spelling(self) -> bool:
        return self in {Reason.PINYIN, Reason.INITIALS}


_LABELS = {
    Reason.SYNONYM: "同义词",
    Reason.EXPANSION: "扩展词",
    Reason.CONFUSABLE: "易混词",
    Reason.HOMOPHONE: "同音",
    Reason.PINYIN: "拼音",
    Reason.INITIALS: "首字母",
}


@dataclass(frozen=True)
class Reading:
    """`wording` is the whole query with `meant` in place of `said`. One that is not sure is only offered."""

    reason: Reason
    said: str
    meant: str
    wording: str
    is_sure: bool = True


def readings_of(asked: str, understanding: Understanding) -> list[Reading]:
    """Return the other ways to read a normalised query, corrections and spellings first."""
    chosen = understanding.configuration
    found: list[Reading] = []
    if chosen.with_pinyin:
        found += _spelt(asked, understanding)
    if chosen.with_corrections:
        found += _corrected(asked, understanding)
    if chosen.with_synonyms:
        found += islice(_otherwise_said(asked, understanding), MOST_READINGS)
    return found[: 2 * MOST_READINGS]


def best_wording(asked: str, readings: list[Reading]) -> str:
    """Return the query with every sure correction and the likeliest spelling of letters put in."""
    replaced: set[str] = set()
    for reading in readings:
        meant_otherwise = reading.reason.is_correction or reading.reason.is_spelling
        if reading.is_sure and meant_otherwise and reading.said not in replaced:
            replaced.add(reading.said)
            asked = asked.replace(reading.said, reading.meant)
    return asked


def _spelt(asked: str, understanding: Understanding) -> Iterator[Reading]:
    for letters in dict.fromkeys(_LETTERS.findall(asked)):
        decoded = understanding.vocabulary.decode(letters)
        for one in decoded[:MOST_SPELT]:
            reason = Reason.PINYIN if one.by_sound else Reason.INITIALS
            yield Reading(reason, letters, one.term, asked.replace(letters, one.term))
        begun = understanding.vocabulary.spelt_by(letters) if not decoded else []
        is_sure = len(letters) >= SURE_LETTERS and len(begun) <= MOST_SPELT
        for term in begun[:MOST_SPELT]:
            yield Reading(Reason.PINYIN, letters, term, asked.replace(letters, term), is_sure)


def _corrected(asked: str, understanding: Understanding) -> Iterator[Reading]:
    lexicon = understanding.lexicon
    for start, said in terms_in(asked, lexicon.confusables):
        meant = lexicon.confusables[said]
        yield Reading(Reason.CONFUSABLE, said, meant, _with(asked, start, said, meant))
    for slip in understanding.vocabulary.misheard(asked, lexicon.cutter.knows):
        if slip.said not in lexicon.confusables:
            wording = _with(asked, slip.start, slip.said, slip.meant)
            yield Reading(Reason.HOMOPHONE, slip.said, slip.meant, wording, slip.is_sure)


def _otherwise_said(asked: str, understanding: Understanding) -> Iterator[Reading]:
    lexicon = understanding.lexicon
    for reason, terms in ((Reason.SYNONYM, lexicon.synonyms), (Reason.EXPANSION, lexicon.expansions)):
        for start, said in terms_in(asked, terms):
            for meant in terms[said]:
                if meant not in asked:
                    yield Reading(reason, said, meant, _with(asked, start, said, meant))


def _with(asked: str, start: int, said: str, meant: str) -> str:
    return asked[:start] + meant + asked[start + len(said) :]


def letters_in(asked: str) -> list[str]:
    """Return the runs of letters that may stand for Hanzi."""
    return _LETTERS.findall(asked)


def joined(asked: str) -> str:
    """Return the query with `liu liang` as `liuliang`: some people type a space after each syllable."""
    return _APART.sub(lambda apart: "".join(apart[0].split()), asked)
