"""Which part of a text to show, and what in it was asked for: pieces that a template can escape and mark."""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from unicodedata import normalize

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
    """Return, in order and without overlap, where in the original text the query's terms stand."""
    spelt, origins = _spelling(text)
    found = [match.span() for term in _terms(query) for match in term.finditer(spelt)]
    return list(_merged((origins[start], origins[end - 1] + 1) for start, end in found))


def _spelling(text: str) -> tuple[str, list[int]]:
    """Return the text as the engines see it, and for each of its characters where it came from."""
    parts = [normalize("NFKC", character).casefold() for character in text]
    origins = [origin for origin, part in enumerate(parts) for _ in part]
    spelt = "".join(parts)
    simplified = texts.simplified(spelt.encode("utf-8", "replace").decode())
    return (simplified if len(simplified) == len(spelt) else spelt), origins


def _terms(query: SearchQuery) -> Iterator[re.Pattern[str]]:
    """Yield what to look for: words, codes with or without hyphens, and pairs that no word covers."""
    yield from (_pattern(code) for code in query.codes)
    words = [word for word in dict.fromkeys(query.words) if len(word) > 1]
    yield from map(_pattern, words)
    pairs = [
        gram
        for gram in dict.fromkeys(query.grams)
        if len(gram) == PAIR and not any(gram in word for word in words)
    ]
    yield from map(_pattern, pairs)
    if not words and not pairs:
        yield from map(_pattern, dict.fromkeys(query.grams))


def _pattern(term: str) -> re.Pattern[str]:
    """Return what finds the term; in a code, a hyphen or a space may stand anywhere."""
    if not term.isascii():
        return re.compile(re.escape(term))
    spelt = "[-_ ]?".join(term) if term.isalnum() else re.escape(term)
    return re.compile(f"(?<![a-z0-9]){spelt}(?![a-z0-9])")


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
