"""The lexicon that comes with the program: where an empty centre begins."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import resources

from search.lexicon.snapshot import Lexicon
from search.text import normalise


@cache
def shipped() -> Lexicon:
    return Lexicon(
        words=frozenset(map(normalise, lines("words.txt"))),
        synonyms=_synonyms(),
        fillers=frozenset(map(normalise, lines("fillers.txt"))),
    )


def lines(name: str) -> tuple[str, ...]:
    """Return the entries of one of the shipped lists, as they are written there."""
    listed = resources.files("search.lexicon").joinpath(name).read_text(encoding="utf-8")
    return tuple(line for line in listed.splitlines() if line and not line.startswith("#"))


def synonym_groups() -> Iterator[tuple[str, ...]]:
    """Yield the groups of words that mean the same; each line is one, its words with 、 between them."""
    for line in lines("synonyms.txt"):
        yield tuple(line.split("、"))


def ways_to_say() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield how callers say a thing, and the terms of the trade for it; in this direction only."""
    for line in lines("ways_to_say.txt"):
        said, _, meant = line.partition(">")
        for one in said.split("、"):
            yield one.strip(), tuple(term.strip() for term in meant.split("、"))


def _synonyms() -> dict[str, tuple[str, ...]]:
    others: dict[str, list[str]] = defaultdict(list)
    for group in synonym_groups():
        terms = [normalise(term) for term in group]
        for term in terms:
            others[term] += [other for other in terms if other != term]
    for said, meant in ways_to_say():
        others[normalise(said)] += map(normalise, meant)
    return {term: tuple(dict.fromkeys(found)) for term, found in others.items()}
