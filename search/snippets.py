"""Which part of a text to show, and what in it was asked for: pieces that a template can escape and mark."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from unicodedata import normalize

from search import pinyin
from search import text as texts
from search.query import SearchQuery

Piece = tuple[str, bool]
Span = tuple[int, int]
LONGEST = 120
LEAD = 12
PAIR = 2
_ENDS = "。！？；!?;\n"
ELLIPSIS = "…"


def highlight(text: str, query: SearchQuery) -> tuple[Piece, ...]:
    """Return the whole text in pieces, each with whether it was asked for."""
    return tuple(_pieces(text, _spans(text, query)))


def snippet(text: str, query: SearchQuery, *, longest: int = LONGEST) -> tuple[Piece, ...]:
    """Return the part that holds the most of what was asked for, or the beginning."""
    text = " ".join(text.split())
    spans = _spans(text, query)
    start = _start(text, _richest(text, spans, longest), longest)
    end = min(len(text), start + longest)
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
    pieces = list(_pieces(text[start:end], inside))
    before = [(ELLIPSIS, False)] if start > 0 else []
    after = [(ELLIPSIS, False)] if end < len(text) else []
    return (*before, *pieces, *after)


def _spans(text: str, query: SearchQuery) -> list[Span]:
    """Return, in order and without overlap, where in the original text the query's terms stand.

    What sounds like typed letters is taken where nothing stands there that they were read as.
    """
    spelt, origins = _spelling(text)
    terms = _terms(query.codes, tuple(query.words), tuple(query.grams))
    found = list(terms.found_in(spelt))
    if query.is_spelt:
        found += _sounding(spelt, _unread(spelt, query) if found else query.sounds)
    return list(_merged((origins[start], origins[end - 1] + 1) for start, end in found))


@lru_cache(maxsize=4096)  # the same titles come again with every key that is pressed
def _spelling(text: str) -> tuple[str, Sequence[int]]:
    """Return the text as the engines see it, and for each of its characters where it came from."""
    spelt = text.translate(_SPELT)
    origins: Sequence[int] = range(len(text))
    if _OTHERWISE in spelt:
        parts = [normalize("NFKC", character).casefold() for character in text]
        spelt = "".join(parts)
        origins = [origin for origin, part in enumerate(parts) for _ in part]
    if not spelt.translate(_SCRIPT):
        return spelt, origins
    simplified = texts.simplified(spelt.encode("utf-8", "replace").decode())
    return (simplified if len(simplified) == len(spelt) else spelt), origins


_OTHERWISE = "\uffff"  # no text has it: Unicode says that it is not a character


class _Spelt(dict[int, str]):
    """Each character as the engines see it, if that is one character too."""

    def __missing__(self, code: int) -> str:
        spelt = normalize("NFKC", chr(code)).casefold()
        self[code] = spelt = spelt if len(spelt) == 1 else _OTHERWISE
        return spelt


class _Script(dict[int, str]):
    """A mark for each character that is written otherwise in simplified script, else nothing."""

    def __missing__(self, code: int) -> str:
        character = chr(code).encode("utf-8", "replace").decode()
        self[code] = mark = "" if texts.simplified(character) == character else _OTHERWISE
        return mark


_SPELT, _SCRIPT = _Spelt(), _Script()


@dataclass(frozen=True)
class _Terms:
    """What to look for: plainly, and by a pattern what must stand between other letters and digits."""

    plain: Sequence[str]
    written: re.Pattern[str] | None

    def found_in(self, spelt: str) -> Iterator[Span]:
        for term in self.plain:
            at = spelt.find(term)
            while at >= 0:
                yield at, at + len(term)
                at = spelt.find(term, at + 1)
        if self.written:
            for match in self.written.finditer(spelt):
                yield match.span(1)


@lru_cache(maxsize=64)
def _terms(codes: Sequence[str], words: Sequence[str], grams: Sequence[str]) -> _Terms:
    """Return what finds: codes with or without hyphens, words, and pairs that no word covers.

    Single characters are looked for only if there is nothing else.
    """
    words = [word for word in words if len(word) > 1]
    pairs = [gram for gram in grams if len(gram) == PAIR and not any(gram in word for word in words)]
    terms = [*codes, *words, *pairs] or list(grams)
    written = sorted({term for term in terms if term.isascii()}, key=len, reverse=True)
    pattern = re.compile(f"(?=({'|'.join(map(_pattern, written))}))") if written else None
    return _Terms([term for term in dict.fromkeys(terms) if not term.isascii()], pattern)


def _pattern(term: str) -> str:
    """Return what finds the term; in a code, a hyphen or a space may stand anywhere."""
    spelt = "[-_ ]?".join(term) if term.isalnum() else re.escape(term)
    return f"(?<![a-z0-9]){spelt}(?![a-z0-9])"


def _unread(spelt: str, query: SearchQuery) -> Collection[str]:
    """Return the sounds of those letters for which no reading stands in the text."""
    read = {one.said for one in query.readings if one.reason.is_spelling and one.meant in spelt}
    return {sound for run, sounds in query.heard.items() if run not in read for sound in sounds}


def _sounding(spelt: str, sounds: Collection[str]) -> Iterator[Span]:
    """Yield where two of the syllables, or the first letters that were typed, are heard."""
    letters = [sound for sound in sounds if "'" not in sound]
    for run in pinyin.HANZI.finditer(spelt):
        heard, short = _heard(run[0])
        for at, pair in enumerate(heard):
            if pair in sounds:
                yield run.start() + at, run.start() + at + PAIR
        for typed in letters:
            at = short.find(typed)
            if at >= 0:
                yield run.start() + at, run.start() + at + len(typed)


@lru_cache(maxsize=8192)
def _heard(run: str) -> tuple[Sequence[str], str]:
    """Return the pairs of syllables of a run of Hanzi, and their first letters."""
    return pinyin.pairs(pinyin.syllables(run)), pinyin.initials(run)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans in order, those that touch joined."""
    start, end = -1, -1
    for begins, ends in sorted(spans):
        if begins > end:
            if end > start:
                yield start, end
            start, end = begins, ends
        else:
            end = max(end, ends)
    if end > start:
        yield start, end


def _richest(text: str, spans: list[Span], longest: int) -> int:
    """Return where the window begins that holds the most marked characters."""
    marked = [0] * len(text)
    for start, end in spans:
        marked[start:end] = [1] * (end - start)
    upto = [0, *accumulate(marked)]
    starts = [start for start, _ in spans] or [0]
    return max(starts, key=lambda start: (upto[min(len(text), start + longest - LEAD)] - upto[start], -start))


def _start(text: str, richest: int, longest: int) -> int:
    """Begin with the sentence if it is near, else just before the first mark; waste no room at the end."""
    if richest <= LEAD:
        return 0
    begin = max((text.rfind(end, 0, richest) + 1 for end in _ENDS), default=0)
    near = begin if richest - begin <= LEAD else richest - LEAD
    return max(0, min(near, len(text) - longest))


def _pieces(text: str, spans: Iterable[Span]) -> Iterator[Piece]:
    done = 0
    for start, end in spans:
        if start > done:
            yield text[done:start], False
        yield text[start:end], True
        done = end
    if done < len(text):
        yield text[done:], False
