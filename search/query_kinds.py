"""How a query was typed: told from its text alone."""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from search import pinyin
from search import text as texts
from search.lexicon.shipped import shipped


class QueryKind(StrEnum):
    """Of HOMOPHONE the text does not tell: a wrong character looks like any other. The correction does."""

    HANZI = "hanzi"
    SPOKEN = "spoken"
    FULL_PINYIN = "full_pinyin"
    INITIALS = "initials"
    HOMOPHONE = "homophone"
    CODE = "code"
    TRADITIONAL = "traditional"
    LONG = "long"
    MIXED = "mixed"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    QueryKind.HANZI: "汉字",
    QueryKind.SPOKEN: "口语",
    QueryKind.FULL_PINYIN: "全拼",
    QueryKind.INITIALS: "首字母",
    QueryKind.HOMOPHONE: "同音错字",
    QueryKind.CODE: "代码/数字",
    QueryKind.TRADITIONAL: "繁体",
    QueryKind.LONG: "长句",
    QueryKind.MIXED: "混合",
}

LONG_SENTENCE = 24
BRIEF = 10  # in so few characters a number is what is asked for; in a sentence it is a detail
MOST_INITIALS = 8


_HANZI = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]+")
_LOWER = re.compile("(?<![A-Za-z0-9])[a-z]{2,}(?![A-Za-z0-9])|(?<=[0-9][gG])[a-z]{2,}")
_NAMED = re.compile("[*#][0-9*#]|[A-Za-z]{2,}[-_]?[0-9]|[0-9]+[-_]?[A-Za-z]{2,}|(?<![A-Za-z])[A-Z]{4,}")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{3,}(?![0-9A-Za-z元块])")
_UNITS = re.compile("(?i)[0-9]+ ?(?:gb|mb|tb|kb|元|块)")
_SPOKEN = re.compile(
    "[啊呀呗嘛哎喂咋啥呢吧哦嗯俩]|那个|就是|不好意思|师傅|晓得|老是|啥时候|你们|你看|你说|我[家妈爸爷儿老人就这]|"
    "我(?:人|手机|昨天|上个月)|给我|跟我|行不|管管|好好的|能不能"
)


def kind_of(text: str) -> QueryKind:
    text = unicodedata.normalize("NFKC", text).strip()
    if not _HANZI.search(_UNITS.sub("", text)):
        return _of_latin(_UNITS.sub("", text))
    if texts.simplified(text) != text:
        return QueryKind.TRADITIONAL
    return _of_hanzi(text)


def _of_latin(text: str) -> QueryKind:
    """Codes are typed in capitals or have digits; pinyin has neither."""
    letters = "".join(_LATIN.findall(text))
    if not letters.islower() or not re.fullmatch("[a-z' ]+", text.strip()):
        return QueryKind.CODE
    if pinyin.cut(letters) or any(len(way) > 2 for way in pinyin.unfinished(letters)):
        return QueryKind.FULL_PINYIN
    return QueryKind.INITIALS if _are_initials(letters) else QueryKind.CODE


def _of_hanzi(text: str) -> QueryKind:
    length = len(_HANZI.findall(text))
    if length <= BRIEF and (_NAMED.search(text := _UNITS.sub("", text)) or _NUMBER.search(text)):
        return QueryKind.CODE
    if any(_is_pinyin(run) for run in _LOWER.findall(text)):
        return QueryKind.MIXED
    if length >= LONG_SENTENCE:
        return QueryKind.LONG
    return QueryKind.SPOKEN if _SPOKEN.search(text) else QueryKind.HANZI


def _is_pinyin(run: str) -> bool:
    """Tell `taocan` and `tg` from `app` and `puk`, which are words in Latin letters."""
    return run not in _latin_words() and (bool(pinyin.cut(run)) or _are_initials(run))


def _are_initials(letters: str) -> bool:
    return len(letters) <= MOST_INITIALS and pinyin.may_be_initials(letters)


@cache
def _latin_words() -> frozenset[str]:
    of_the_trade = {run for word in shipped().words for run in _LATIN.findall(word)}
    return frozenset(of_the_trade | {"app", "apn", "los", "mac", "pc", "tv", "vip", "web"})
