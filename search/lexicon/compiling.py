"""From entries to the lexicon that queries and documents are read with."""

from collections import defaultdict
from collections.abc import Iterable

from search.lexicon.models import Direction, Kind
from search.lexicon.snapshot import Lexicon, Pin
from search.lexicon.wording import Wording


def lexicon_of(wordings: Iterable[Wording]) -> Lexicon:
    """Return the lexicon of these entries, in whatever order they come."""
    by_kind: dict[Kind, list[Wording]] = defaultdict(list)
    for one in wordings:
        by_kind[one.kind].append(one)
    synonyms = by_kind[Kind.SYNONYM]
    return Lexicon(
        words=frozenset(one.said for one in by_kind[Kind.WORD]),
        synonyms=_synonyms([one for one in synonyms if one.direction is not Direction.EXPANSION]),
        expansions=_synonyms([one for one in synonyms if one.direction is Direction.EXPANSION]),
        fillers=frozenset(one.said for one in by_kind[Kind.FILLER]),
        confusables={one.said: one.meant[0] for one in by_kind[Kind.CONFUSABLE]},
        pins=tuple(_pins(by_kind[Kind.PIN])),
    )


def _synonyms(entries: Iterable[Wording]) -> dict[str, tuple[str, ...]]:
    """Two-way ones come first, as among the shipped ones: the likeliest should."""
    meant: dict[str, list[str]] = defaultdict(list)
    for one in sorted(entries, key=lambda one: one.direction is not Direction.TWO_WAY):
        for said in one.terms if one.direction is Direction.TWO_WAY else (one.said,):
            meant[said] += [other for other in one.terms if other != said]
    return {said: tuple(dict.fromkeys(others)) for said, others in meant.items()}


def _pins(entries: Iterable[Wording]) -> Iterable[Pin]:
    for one in entries:
        if one.key:
            yield Pin(one.said, one.key, one.is_whole, one.is_promotion, one.until)
