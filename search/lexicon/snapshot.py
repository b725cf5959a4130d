"""The lexicon at one moment, as queries and documents are read with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from search import text
from search.document import DocumentKey

LONGEST_TERM = 20


@dataclass(frozen=True)
class Pin:
    """For a query that is (`is_whole`) or contains the phrase, a document stands first or is promoted.

    `until` is the last day on which it holds.
    """

    phrase: str
    key: DocumentKey
    is_whole: bool = False
    is_promotion: bool = False
    until: date | None = None


@dataclass(frozen=True)
class Lexicon:
    """All terms are normalised (`search.text.normalise`).

    `synonyms`: who says the key may mean each of the values; a two-way synonym stands here once from each
    side. `expansions`: the key is a general word for the values. `confusables`: wrong spelling to right one.
    """

    words: frozenset[str] = frozenset()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    expansions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fillers: frozenset[str] = frozenset()
    confusables: Mapping[str, str] = field(default_factory=dict)
    pins: tuple[Pin, ...] = ()

    @cached_property
    def cutter(self) -> text.Cutter:
        return text.Cutter(self.words)

    def prepared(self) -> "Lexicon":
        """Return it with its cutter made, so that no query waits for that."""
        self.cutter.words("")
        return self

    def without_fillers(self, asked: str) -> str:
        """Return the question without courtesies and sighs, unless nothing else was said."""
        kept = _spaced_out(asked, self.fillers, self.cutter.boundaries(asked))
        return kept if any(map(str.isalnum, kept)) else asked

    def pins_for(self, asked: str, on: date) -> list[Pin]:
        """Return the pins of a normalised query that hold on this day, the longest phrase first."""
        bare = " ".join(asked.split())
        fitting = [
            pin
            for pin in self.pins
            if (pin.phrase == bare or (not pin.is_whole and pin.phrase in bare))
            and (pin.until is None or on <= pin.until)
        ]
        return sorted(fitting, key=lambda pin: -len(pin.phrase))


def terms_in(asked: str, terms: Mapping[str, object] | frozenset[str]) -> list[tuple[int, str]]:
    """Return where terms stand in the text, longest first at each place, without overlap.

    A term of Latin letters stands alone: `sim` is not in `simple`.
    """
    found, at = [], 0
    while at < len(asked):
        longest = min(LONGEST_TERM, len(asked) - at)
        term = next((asked[at : at + n] for n in range(longest, 0, -1) if asked[at : at + n] in terms), "")
        if term and _stands_alone(asked, at, at + len(term)):
            found.append((at, term))
            at += len(term)
        else:
            at += 1
    return found


def _stands_alone(asked: str, start: int, end: int) -> bool:
    before, first = asked[start - 1 : start], asked[start]
    after, last = asked[end : end + 1], asked[end - 1]
    return not (_is_latin(before) and _is_latin(first)) and not (_is_latin(last) and _is_latin(after))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _spaced_out(asked: str, fillers: frozenset[str], boundaries: frozenset[int]) -> str:
    """客户问 is a filler, but not in 客户问题; 吧 and 呢 are sighs only at the end of a part."""
    for start, term in terms_in(asked, fillers):
        end = start + len(term)
        if {start, end} <= boundaries and (len(term) > 1 or _ends_a_part(asked, end)):
            asked = asked[:start] + " " * len(term) + asked[start + len(term) :]
    return asked


def _ends_a_part(asked: str, at: int) -> bool:
    return not asked[at : at + 1].isalnum()
