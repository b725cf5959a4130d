"""Which part of a text to show, and what in it was asked for: pieces that a template can escape and mark."""

import re
from collections.abc import Iterable, Iterator, Sequence
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

    Where none of them does, what sounds like typed letters is taken.
    """
    spelt, origins = _spelling(text)
    terms = _terms(query.codes, tuple(query.words), tuple(query.grams))
    found = [match.span(1) for match in terms.finditer(spelt)] if terms else []
    found = found or (list(_sounding(spelt, query)) if query.is_spelt else [])
    return list(_merged((origins[start], origins[end - 1] + 1) for start, end in found))


@lru_cache(maxsize=4096)  # the same titles come again with every key that is pressed
def _spelling(text: str) -> tuple[str, Sequence[int]]:
    """Return the text as the engines see it, and for each of its characters where it came from."""
    parts = [_spelt(character) for character in text]
    spelt = "".join(parts)
    origins: Sequence[int] = range(len(text))
    if len(spelt) != len(text) or "" in parts:
        origins = [origin for origin, part in enumerate(parts) for _ in part]
    simplified = texts.simplified(spelt.encode("utf-8", "replace").decode())
    return (simplified if len(simplified) == len(spelt) else spelt), origins


@lru_cache(maxsize=20_000)
def _spelt(character: str) -> str:
    return normalize("NFKC", character).casefold()


@lru_cache(maxsize=64)
def _terms(codes: Sequence[str], words: Sequence[str], grams: Sequence[str]) -> re.Pattern[str] | None:
    """Return what finds the longest of: codes with or without hyphens, words, and pairs that no word covers.

    Single characters are looked for only if there is nothing else.
    """
    words = [word for word in words if len(word) > 1]
    pairs = [gram for gram in grams if len(gram) == PAIR and not any(gram in word for word in words)]
    terms = [*codes, *words, *pairs] or list(grams)
    if not terms:
        return None
    longest_first = sorted(dict.fromkeys(terms), key=len, reverse=True)
    return re.compile(f"(?=({'|'.join(map(_pattern, longest_first))}))")


def _pattern(term: str) -> str:
    """Return what finds the term; in a code, a hyphen or a space may stand anywhere."""
    if not term.isascii():
        return re.escape(term)
    spelt = "[-_ ]?".join(term) if term.isalnum() else re.escape(term)
    return f"(?<![a-z0-9]){spelt}(?![a-z0-9])"


def _sounding(spelt: str, query: SearchQuery) -> Iterator[Span]:
    """Yield where two syllables of the query, or the first letters that were typed, are heard."""
    letters = [sound for sound in query.sounds if "'" not in sound]
    for run in pinyin.HANZI.finditer(spelt):
        for at, pair in enumerate(pinyin.pairs(pinyin.syllables(run[0]))):
            if pair in query.sounds:
                yield run.start() + at, run.start() + at + PAIR
        short = pinyin.initials(run[0])
        for typed in letters:
            at = short.find(typed)
            if at >= 0:
                yield run.start() + at, run.start() + at + len(typed)


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
