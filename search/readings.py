"""Other ways in which a query may be meant: synonyms, slips of the ear and the hand, letters for Hanzi."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from search import pinyin
from search.lexicon.snapshot import terms_in
from search.understanding import Understanding
from search.vocabulary import Vocabulary

MOST_READINGS = 8
MOST_SPELT = 3
SURE_LETTERS = 4  # fewer letters that only begin a term may begin many
_LETTERS = re.compile(r"(?<![a-z0-9])[a-z]{2,60}(?![a-z0-9])")
_RUNS = re.compile(r"(?<![a-z0-9])[a-z0-9]{2,60}(?![a-z0-9])")
_PRICE = re.compile(r"(\d{1,5})(?:yuan|kuai)((?:[a-z]{2,})?)")
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
        found += islice(_otherwise_meant(asked, best_wording(asked, found), understanding), MOST_READINGS)
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
    for run in dict.fromkeys(_RUNS.findall(asked)):
        for spelt in _meant_by(run, understanding.vocabulary):
            yield Reading(spelt.reason, run, spelt.term, asked.replace(run, spelt.term), spelt.is_sure)


@dataclass(frozen=True)
class _Spelt:
    reason: Reason
    term: str
    is_sure: bool = True


def _meant_by(run: str, vocabulary: Vocabulary) -> list[_Spelt]:
    """Return the terms for which a run stands, or what it begins with and the terms for the letters after.

    A code such as iphone15 begins with nothing that is known, and stands for itself.
    """
    head, rest = _taken_apart(run, vocabulary)
    if head and not rest:
        return [_Spelt(Reason.PINYIN, head)]
    found = _terms_spelt(run, vocabulary) if head or run.isalpha() else []
    if found or not head:
        return found
    return [_Spelt(one.reason, head + one.term, one.is_sure) for one in _terms_spelt(rest, vocabulary)]


def _terms_spelt(letters: str, vocabulary: Vocabulary) -> list[_Spelt]:
    if decoded := vocabulary.decode(letters)[:MOST_SPELT]:
        return [_Spelt(Reason.PINYIN if one.by_sound else Reason.INITIALS, one.term) for one in decoded]
    # A term that begins with these very letters is not spelt by them, and is found as it stands.
    begun = [term for term in vocabulary.spelt_by(letters) if not term.startswith(letters)]
    is_sure = len(letters) >= SURE_LETTERS and len(begun) <= MOST_SPELT
    return [_Spelt(Reason.PINYIN, term, is_sure) for term in begun[:MOST_SPELT]]


def _taken_apart(run: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return what stands for itself at the beginning of a run, as it is meant, and the letters after it."""
    if price := _PRICE.fullmatch(run):
        return f"{price[1]}元", price[2]
    return vocabulary.apart(run)


def _corrected(asked: str, understanding: Understanding) -> Iterator[Reading]:
    lexicon = understanding.lexicon
    for start, said in terms_in(asked, lexicon.confusables):
        meant = lexicon.confusables[said]
        yield Reading(Reason.CONFUSABLE, said, meant, _with(asked, start, said, meant))
    for slip in understanding.vocabulary.misheard(asked, lexicon.cutter.knows):
        if slip.said not in lexicon.confusables:
            wording = _with(asked, slip.start, slip.said, slip.meant)
            yield Reading(Reason.HOMOPHONE, slip.said, slip.meant, wording, slip.is_sure)


def _otherwise_meant(asked: str, best: str, understanding: Understanding) -> Iterator[Reading]:
    """Yield what else is said for the terms that were meant, then for those that were only typed."""
    known = set()
    for wording in dict.fromkeys((best, asked)):
        for reading in _otherwise_said(wording, understanding):
            if (reading.said, reading.meant) not in known:
                known.add((reading.said, reading.meant))
                yield reading


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


def letters_of(asked: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return, for each run that may stand for Hanzi, its letters without what stands for itself."""
    apart = {run: _taken_apart(run, vocabulary)[1] for run in _RUNS.findall(asked)}
    return {run: letters for run, letters in apart.items() if letters.isalpha()}


def joined(asked: str) -> str:
    """Return the query with `liu liang` as `liuliang`: some people type a space after each syllable."""
    return _APART.sub(lambda apart: "".join(apart[0].split()), asked)
