"""What was asked, understood."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from search import text as texts

LONGEST_QUERY = 200
MOST_TERMS = 40

_FILLERS = re.compile(
    "请问一下|请问|你好|您好|麻烦|劳驾|帮我查一下|帮我查|帮我看一下|帮我看看|帮我|帮忙|"
    "我想问一下|我想问|我想要|我想|我要|想问一下|想问|问一下|问下|咨询一下|咨询下|"
    "怎么回事|怎么办|怎么弄|怎么搞|怎样|怎么|咋|如何|为什么|为啥|是什么|什么|"
    "能不能|可不可以|是不是|有没有|可以吗|行吗|好吗|一下|客户问|客户说|用户问|用户说|"
    "[吗呢啊呀吧哦嘛啦哈](?=[^0-9a-z\u4e00-\u9fff]|$)"
)


@dataclass(frozen=True)
class SearchQuery:
    """`asked` is what the encoder hears; words, grams and codes are what is looked up."""

    text: str
    asked: str
    words: tuple[str, ...]
    grams: tuple[str, ...]
    codes: tuple[str, ...]
    at: datetime
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.grams or self.codes)


def parse_query(
    text: str, *, at: datetime, filters: Mapping[str, Collection[str]] | None = None
) -> SearchQuery:
    """Understand anything that a person can type. Fillers are dropped unless nothing else was said."""
    shown = texts.clean(text, LONGEST_QUERY)
    asked = texts.normalise(shown)
    kept = without_fillers(asked)
    return SearchQuery(
        text=shown,
        asked=asked,
        words=_distinct(texts.words(kept)),
        grams=_distinct(texts.grams(kept)),
        codes=_distinct([*texts.codes(asked), *texts.latin(asked)]),
        at=at,
        filters={name: frozenset(wish) for name, wish in (filters or {}).items() if wish},
    )


def without_fillers(asked: str) -> str:
    kept = _FILLERS.sub(" ", asked)
    return kept if any(map(str.isalnum, kept)) else asked


def _distinct(terms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))[:MOST_TERMS]
