"""The little grammar of the search box: quoted phrases, exclusions, and filters by name."""

import re
from dataclasses import dataclass

from search import text as texts

MOST_CONSTRAINTS = 8
_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”|「([^」]+)」')
_EXCLUDED = re.compile(r"(?<!\S)[-－](?=[^\s\d-])(\S+)")
_FILTER = re.compile(r"(?<!\S)(品牌|地区|省份|类别|分类|类型|产品|渠道|等级)\s?[:：]\s?([^\s:：]+)")
_SAME = {"省份": "地区", "分类": "类别"}


@dataclass(frozen=True)
class NamedFilter:
    """Such as 品牌:青芒, typed in the box. What names and values there are, the domain knows."""

    name: str
    value: str


@dataclass(frozen=True)
class Typed:
    """What was typed, taken apart: `text` is what remains to be looked up, phrases included."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: tuple[NamedFilter, ...] = ()


def take_apart(typed: str) -> Typed:
    """Return the parts; phrases and exclusions are normalised, and what is empty is none."""
    filters = [NamedFilter(_SAME.get(name, name), value) for name, value in _FILTER.findall(typed)]
    rest = _FILTER.sub(" ", typed)
    phrases = ["".join(groups) for groups in _PHRASE.findall(rest)]
    rest = _PHRASE.sub(lambda found: f" {''.join(filter(None, found.groups()))} ", rest)
    excluded = _EXCLUDED.findall(rest)
    rest = _EXCLUDED.sub(" ", rest)
    return Typed(rest.strip(), _normalised(phrases), _normalised(excluded), tuple(filters)[:MOST_CONSTRAINTS])


def _normalised(parts: list[str]) -> tuple[str, ...]:
    found = (" ".join(texts.normalise(part).split()) for part in parts)
    sayable = (part for part in found if any(map(str.isalnum, part)))
    return tuple(dict.fromkeys(sayable))[:MOST_CONSTRAINTS]
