"""The little grammar of the search box: quoted phrases, exclusions, and filters by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from search import text as texts

MOST_CONSTRAINTS = 8
_QUOTED = r'(?:"([^"]+)"|“([^”]+)”|「([^」]+)」)'
_NAMED = r"(品牌|地区|省份|类别|分类|类型|产品|渠道|等级)\s?[:：]\s?([^\s:：]+(?:\s?[›>＞]\s?[^\s:：]+)*)"
_FILTER = re.compile(rf"(?<!\S){_NAMED}")
_TOUCHING = re.compile(rf"(?<=\S){_NAMED}")
_NOT_QUOTED = re.compile(rf"(?<!\S)[-－]{_QUOTED}")
_PHRASE = re.compile(_QUOTED)
_EXCLUDED = re.compile(r"(?<!\S)[-－](?=[^\s\d-])(\S+)")
_SAME = {"省份": "地区", "分类": "类别"}


class Sort(StrEnum):
    FILTER = "filter"
    PHRASE = "phrase"
    EXCLUDED = "excluded"


_GRAMMAR = (
    (Sort.FILTER, _FILTER),
    (Sort.EXCLUDED, _NOT_QUOTED),
    (Sort.PHRASE, _PHRASE),
    (Sort.EXCLUDED, _EXCLUDED),
)


@dataclass(frozen=True)
class NamedFilter:
    """Such as 品牌:青芒, typed in the box. What names and values there are, the domain knows."""

    name: str
    value: str


@dataclass(frozen=True)
class Constraint:
    """One of them as it was typed; `rest` is the whole text without it (a phrase without its quotes)."""

    sort: Sort
    name: str
    value: str
    rest: str


@dataclass(frozen=True)
class Typed:
    """What was typed, taken apart: `text` is what remains to be looked up, phrases included."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: tuple[NamedFilter, ...] = ()


@dataclass(frozen=True)
class _Place:
    sort: Sort
    name: str
    value: str
    start: int
    end: int


def take_apart(typed: str) -> Typed:
    """Return the parts; phrases and exclusions are normalised, and what is empty is none."""
    places = list(_places(typed))
    filters = [NamedFilter(place.name, place.value) for place in places if place.sort is Sort.FILTER]
    rest = typed
    for place in reversed(places):
        kept = f" {place.value} " if place.sort is Sort.PHRASE else " "
        rest = rest[: place.start] + kept + rest[place.end :]
    return Typed(
        rest.strip(),
        _normalised([place.value for place in places if place.sort is Sort.PHRASE]),
        _normalised([place.value for place in places if place.sort is Sort.EXCLUDED]),
        tuple(filters)[:MOST_CONSTRAINTS],
    )


def constraints_in(typed: str) -> list[Constraint]:
    """Return what was typed beside plain words, in its order, each with the text that is left without it."""
    found = []
    for place in _places(typed):
        kept = place.value if place.sort is Sort.PHRASE else ""
        rest = " ".join((typed[: place.start] + kept + typed[place.end :]).split())
        found.append(Constraint(place.sort, place.name, place.value, rest))
    return found


def touching_filters(typed: str) -> list[tuple[int, NamedFilter]]:
    """Return what would be a filter but for the word that it touches, and where; in quotes nothing would."""
    bare = _PHRASE.sub(lambda quoted: '"' * len(quoted[0]), typed)
    found = ((match.start(), match[1], match[2]) for match in _TOUCHING.finditer(bare))
    return [(start, NamedFilter(_SAME.get(name, name), value)) for start, name, value in found]


def _places(typed: str) -> Iterator[_Place]:
    left, found = typed, []
    for sort, pattern in _GRAMMAR:
        for match in pattern.finditer(left):
            name = match[1] if sort is Sort.FILTER else ""
            value = match[2] if sort is Sort.FILTER else "".join(filter(None, match.groups()))
            found.append(_Place(sort, _SAME.get(name, name), value, match.start(), match.end()))
        left = pattern.sub(lambda match: " " * len(match[0]), left)
    yield from sorted(found, key=lambda place: place.start)


def _normalised(parts: list[str]) -> tuple[str, ...]:
    found = (texts.spelling(part) for part in parts)
    sayable = (part for part in found if any(map(str.isalnum, part)))
    return tuple(dict.fromkeys(sayable))[:MOST_CONSTRAINTS]
