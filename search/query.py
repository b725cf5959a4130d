"""What was asked, understood."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from search import text as texts

LONGEST_QUERY = 200
MOST_TERMS = 160

# Courtesies and sighs. 怎么, 为什么, 多少 stay: 怎么开通 and 为什么开通不了 are different questions.
_FILLERS = re.compile(
    "请问一下|请问|你好|您好|麻烦|劳驾|帮我查一下|帮我查|帮我看一下|帮我看看|帮我|帮忙|"
    "我想问一下|我想问|想问一下|想问|问一下|问下|咨询一下|咨询下|"
    "怎么回事|怎么办|怎么弄|怎么搞|咋办|咋回事|一下|客户问|客户说|用户问|用户说|"
    "[吗呢啊呀吧哦嘛啦哈嗯](?=[^0-9a-z\u4e00-\u9fff]|$)"
)


@dataclass(frozen=True)
class SearchQuery:
    """`asked` is what the encoder hears; words and grams, which count as often as they were said, and codes
    are looked up.
    """

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
        words=tuple(texts.words(kept)[:MOST_TERMS]),
        grams=tuple(texts.grams(kept)[:MOST_TERMS]),
        codes=tuple(dict.fromkeys([*texts.codes(asked), *texts.latin(asked)])),
        at=at,
        filters={name: frozenset(wish) for name, wish in (filters or {}).items() if wish},
    )


def without_fillers(asked: str) -> str:
    kept = _FILLERS.sub(" ", asked)
    return kept if any(map(str.isalnum, kept)) else asked
