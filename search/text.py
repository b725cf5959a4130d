"""Text as the engines see it: one spelling, cut into words, grams and codes."""

import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache
from itertools import accumulate, pairwise

import opencc
import rjieba

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_FORMAT = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_LATIN = re.compile(r"[a-z]{2,}")

_DIALLED = re.compile(r"[*#]{1,2}[0-9*#]*[0-9][0-9*#]*")
_NAMED = re.compile(r"(?<![a-z0-9])(?=[a-z0-9_-]*[a-z])(?=[a-z0-9_-]*[0-9])[a-z0-9]+(?:[-_][a-z0-9]+)*")
_SPACED = re.compile(r"(?<![a-z0-9])([a-z]{2,6})[ ./:#](\d{2,})(?![a-z0-9])")
_NUMBER = re.compile(r"(?<![a-z0-9.*#-])\d{3,12}(?![a-z0-9.*#-]|元|块)")
_PRICE = re.compile(r"(?<![a-z0-9.])[¥$]?(\d{1,5}(?:\.\d{1,2})?)(?:元|块)")
_SEPARATORS = re.compile(r"[-_\s]+")
_TOO_COMMON = re.compile(r"[2-6]g|\d{1,2}[a-z]|(?:19|20)\d\d")


def clean(text: str, longest: int) -> str:
    """Return what a C library can be given: no NUL, no lone surrogates, composed, at most `longest` long.

    Composition can lengthen a text eighteen times, so the length is cut before and after.
    """
    text = _FORMAT.sub("", _CONTROL.sub(" ", text[: 2 * longest]))
    return unicodedata.normalize("NFKC", text)[:longest].strip()


@lru_cache(maxsize=256)  # words, grams and codes of a text follow each other
def normalise(text: str) -> str:
    """Return the text in half width, lower case and simplified characters."""
    tidy = _FORMAT.sub("", _CONTROL.sub(" ", text))
    return simplified(unicodedata.normalize("NFKC", tidy).casefold())


def spelling(text: str) -> str:
    """Return the text as it is compared to the letter: normalised, with single spaces."""
    return " ".join(normalise(text).split())


def says(spelt: str, phrase: str) -> bool:
    """Tell whether the phrase stands in the text, both as `spelling` gives them; 59 does not stand in 159."""
    if phrase not in spelt:
        return False
    before = "(?<![a-z0-9])" if _is_latin(phrase[0]) else ""
    after = "(?![a-z0-9])" if _is_latin(phrase[-1]) else ""
    return not (before or after) or bool(re.search(f"{before}{re.escape(phrase)}{after}", spelt))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def simplified(text: str) -> str:
    return str(_converter().convert(text))


class Cutter:
    """Cuts text into the words of the general dictionary and of the trade."""

    def __init__(self, domain_words: Collection[str]) -> None:
        self._cutter = rjieba.Jieba()
        for word in domain_words:
            self._cutter.add_word(word, None, None)

    def words(self, text: str) -> list[str]:
        """Return the words, longer ones also in their parts, in order and with repetitions."""
        cut = self._cutter.cut_for_search(normalise(text))
        return [word for word in cut if any(map(str.isalnum, word))]

    def boundaries(self, text: str) -> frozenset[int]:
        """Return where words begin and end, so that nobody takes half a word away."""
        return frozenset(accumulate(map(len, self._cutter.cut(text, hmm=True)), initial=0))

    def knows(self, word: str) -> bool:
        """Tell whether it is a word of the dictionary, and not only cut out of its neighbours."""
        return list(self._cutter.cut(word, hmm=False)) == [word]


def grams(text: str) -> list[str]:
    """Return single characters and pairs of neighbours; a run of Latin letters and digits stays whole."""
    found: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if run.isascii():
            found.append(run)
        else:
            found += run
            found += map("".join, pairwise(run))
    return found


def pairs(text: str) -> list[str]:
    """Return the grams without the single characters."""
    return [gram for gram in grams(text) if is_pair(gram)]


def is_pair(gram: str) -> bool:
    """Tell whether a gram is more than one character of a language that has thousands."""
    return len(gram) > 1 or gram.isascii()


def codes(text: str) -> list[str]:
    """Return what must match exactly: plan and error codes, short numbers, service codes, prices."""
    text = normalise(text)
    found = _DIALLED.findall(text)
    found += [code_of(name) for name in _NAMED.findall(text)]
    found += [name + number for name, number in _SPACED.findall(text)]
    found += _NUMBER.findall(text)
    found += [f"{price}元" for price in _PRICE.findall(text)]
    return list(dict.fromkeys(code for code in found if not _TOO_COMMON.fullmatch(code)))


def code_of(text: str) -> str:
    """Return one code as it is compared: `ERR-1023`, `err 1023` and `ERR1023` are the same."""
    return _SEPARATORS.sub("", normalise(text))


def latin(text: str) -> list[str]:
    """Return runs of Latin letters, which may be a code that has no digits (`LOS`, `CXLL`)."""
    return list(dict.fromkeys(_LATIN.findall(normalise(text))))


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
