"""How a text sounds: syllables without tones, their first letters, and typed letters cut into syllables."""

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, pairwise

from pypinyin import lazy_pinyin, load_phrases_dict
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg import mmseg

from search.text import normalise

HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
MIXED = re.compile(r"([a-z0-9]*)[\u3400-\u4dbf\u4e00-\u9fff][a-z0-9\u3400-\u4dbf\u4e00-\u9fff]*")
_WRITTEN = re.compile(rf"[a-z0-9]+|{HANZI.pattern}")
LONGEST_INITIALS = 6
MOST_CUTS = 4
MOST_ENDS = 40
_INITIALS = frozenset("abcdefghjklmnopqrstwxyz")

# Readings that the dictionary of the library has wrong.
_READINGS = {
    "调休": [["tiáo"], ["xiū"]],
    "差旅": [["chāi"], ["lǚ"]],
    "给付": [["jǐ"], ["fù"]],
    "调测": [["tiáo"], ["cè"]],
    "角色": [["jué"], ["sè"]],
}

# What people of the south, and fast fingers, do not tell apart: 银林 for 银龄, zuan for zhuan.
_FOLDED = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_FOLDED_ENDS = (("ing", "in"), ("eng", "en"))


@lru_cache(maxsize=100_000)
def syllables(hanzi: str) -> tuple[str, ...]:
    """Return one folded syllable for each character of a run of Hanzi."""
    _corrected()
    return tuple(chain.from_iterable(map(_spoken, _pieces(hanzi))))


def _pieces(run: str) -> list[str]:
    """Cut as the library does (`mmseg.seg.cut`), the longest phrase first, in a fifth of its time."""
    begins = mmseg.p_set._set  # noqa: SLF001 - its own test is a call of Python for every character
    pieces: list[str] = []
    start, end = 0, len(run)
    while start < end:
        phrase_end, stop = 0, start + 1
        while stop <= end and (piece := run[start:stop]) in begins:
            if piece in PHRASES_DICT:
                phrase_end = stop
            stop += 1
        if not phrase_end and stop > end:  # the rest only begins a phrase
            return pieces + list(run[start:])
        pieces.append(run[start : phrase_end or start + 1])
        start = phrase_end or start + 1
    return pieces


@lru_cache(maxsize=50_000)  # the library cuts quickly and spells slowly, and runs are made of the same pieces
def _spoken(piece: str) -> tuple[str, ...]:
    return tuple(folded(one) for one in lazy_pinyin(piece, v_to_u=False))


@lru_cache(maxsize=2_000)
def folded(syllable: str) -> str:
    """Return the syllable as it is compared: sounds that are often confused are one."""
    for before, after in _FOLDED:
        if syllable.startswith(before):
            syllable = after + syllable[len(before) :]
    for before, after in _FOLDED_ENDS:
        if syllable.endswith(before):
            syllable = syllable[: -len(before)] + after
    return syllable


def spoken(term: str) -> tuple[str, ...]:
    """Return the syllables of a term such as 5g套餐, in which letters and digits are said as they stand."""
    if HANZI.fullmatch(term):
        return syllables(term)
    runs = _WRITTEN.findall(term)
    return tuple(chain.from_iterable([run] if run.isascii() else syllables(run) for run in runs))


def sound(term: str) -> str:
    """Return the folded syllables in one piece."""
    return "".join(spoken(term))


def initials(term: str) -> str:
    """Return the first letters, which folding does not change; letters and digits as they stand."""
    runs = [term] if HANZI.fullmatch(term) else _WRITTEN.findall(term)
    return "".join(run if run.isascii() else "".join(one[0] for one in syllables(run)) for run in runs)


def pairs(sounds: Sequence[str]) -> list[str]:
    """Return neighbouring syllables as the tokens that are indexed: `liu'liang`."""
    return [f"{first}'{second}" for first, second in pairwise(sounds)]


def tokens(text: str, words: Iterable[str]) -> list[str]:
    """Return what a text is found by when it is typed in letters.

    Pairs of syllables, and for each of its words the first letters of what begins there, from two on.
    """
    found: list[str] = []
    starts = _starts(words)
    for run in HANZI.findall(normalise(text)):
        found += pairs(syllables(run))
        letters = initials(run)
        for start in range(len(run) - 1):
            if run[start : start + 2] in starts or start == 0:
                longest = min(len(run), start + LONGEST_INITIALS)
                found += [letters[start:end] for end in range(start + 2, longest + 1)]
    return found


def _starts(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:2] for word in words if len(word) > 1)


def cut(letters: str) -> list[tuple[str, ...]]:
    """Return the ways to read letters as whole syllables, the fewest first; none if there is no way."""
    return [tuple(map(folded, way)) for way in _ways(letters)]


def unfinished(letters: str) -> list[tuple[str, ...]]:
    """Return the ways to read letters whose last syllable has only begun, each with one of its ends."""
    found: list[tuple[str, ...]] = []
    for at in range(max(1, len(letters) - 5), len(letters)):
        ends = sorted(one for one in known() if one.startswith(letters[at:]) and one != letters[at:])
        ways = _ways(letters[:at])[:1] if ends else []
        found += [(*map(folded, way), folded(end)) for way in ways for end in ends]
    return list(dict.fromkeys(found))[:MOST_ENDS]


def folded_letters(letters: str) -> str:
    """Return letters folded as syllables are; a last syllable that has only begun stays as it is."""
    for at in range(len(letters), 0, -1):
        ways = _ways(letters[:at])
        if ways and (at == len(letters) or any(one.startswith(letters[at:]) for one in known())):
            return "".join(map(folded, ways[0])) + letters[at:]
    return letters


def _ways(letters: str) -> list[tuple[str, ...]]:
    """Return the ways to cut letters into whole syllables, the fewest first, a few of them."""
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in letters)]
    for start in range(len(letters)):
        for end in range(start + 1, min(len(letters), start + 6) + 1):
            if letters[start:end] in known():
                longer = [(*way, letters[start:end]) for way in ways[start]]
                ways[end] = sorted([*ways[end], *longer], key=len)[:MOST_CUTS]
    return ways[len(letters)] if letters else []


def may_be_initials(letters: str) -> bool:
    return 2 <= len(letters) <= 2 * LONGEST_INITIALS and _INITIALS.issuperset(letters)


def says(letters: str, sounds: Sequence[str]) -> bool:
    """Tell whether typed letters stand for these syllables, each whole or by its first letter; the last one
    may be unfinished."""
    if not sounds:
        return not letters
    first, rest = sounds[0], sounds[1:]
    if not rest and first.startswith(letters) and letters:
        return True
    shortened = any(
        letters.startswith(part) and says(letters[len(part) :], rest) for part in {first, first[0]}
    )
    return shortened or (letters[1:2] == "h" and first[0] in "zcs" and says(letters[0] + letters[2:], sounds))


@cache
def known() -> frozenset[str]:
    """Return every syllable there is."""
    listed = resources.files("search").joinpath("syllables.txt").read_text(encoding="ascii")
    lines = [line for line in listed.splitlines() if not line.startswith("#")]
    return frozenset(one for line in lines for one in line.split())


@cache
def _corrected() -> None:
    load_phrases_dict(_READINGS)
