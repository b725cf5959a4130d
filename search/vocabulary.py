"""The terms that may be offered to anybody, by how they are written and how they sound."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import TypeVar

from search import pinyin
from search.pinyin import HANZI, MIXED
from search.text import normalise

LONGEST_TERM = 10
SHORTEST_SOUND = 4
SHORTEST_HEAD, SHORTEST_REST = 2, 2
MOST_LOOKED_AT = 400
Weighted = Mapping[str, float]
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Decoded:
    """What letters were taken to mean. `by_sound`: by whole syllables, else by first letters."""

    term: str
    by_sound: bool


@dataclass(frozen=True)
class Misheard:
    """A part of the query that sounds like a term; `is_sure` unless what was typed is a word itself."""

    start: int
    said: str
    meant: str
    is_sure: bool = True


class Vocabulary:
    """`terms` holds each with how much it is used; among equals the more used one is meant."""

    def __init__(self, terms: Weighted) -> None:
        tidy = {_tidy(term): weight for term, weight in terms.items()}
        self.terms = {term: weight for term, weight in tidy.items() if 1 < len(term) <= 2 * LONGEST_TERM}

    def complete(self, typed: str, limit: int) -> list[str]:
        """Return terms that go on where the typing stopped: in Hanzi, in syllables, in first letters."""
        typed = normalise(typed).strip()
        if not typed:
            return []
        found = [term for term in self._beginning(self._spelt, typed) if term != typed]
        if typed.isascii() and typed.isalnum():
            found += self.spelt_by(typed)
        elif HANZI.search(typed):
            found += [term for term in self._containing(typed[-2:]) if typed in term and term != typed]
        return self._most_used(found)[:limit]

    def spelt_by(self, letters: str) -> list[str]:
        """Return terms for which these letters may stand, mixtures such as `liulb` included."""
        folded = self._folded(letters)
        found = list(self._beginning(self._sounding, folded)) + list(
            self._beginning(self._shortened, letters)
        )
        if not found:
            near = self._by_first_letter.get(letters[:1], ())
            # Whatever they spell has first letters that stand among them in this order.
            may_begin = re.compile("".join(f"{letter}?" for letter in letters)).fullmatch
            likely = (term for short, term in near if may_begin(short))
            found = [term for term in likely if pinyin.says(letters, pinyin.spoken(term))]
        return self._most_used(found)

    def decode(self, letters: str) -> list[Decoded]:
        """Return the terms that letters spell: one, or several one after the other by whole syllables."""
        folded = self._folded(letters)
        whole = self._most_used(self._sounding_just.get(folded, ()))
        short = self._most_used(self._shortened_just.get(letters, ()))
        found = [Decoded(term, by_sound=True) for term in whole] + [
            Decoded(term, by_sound=False) for term in short
        ]
        if not found and len(folded) > 2 * SHORTEST_SOUND - 2:
            chain = self._chain(folded)
            found += [Decoded(chain, by_sound=True)] if chain else []
        return found

    def apart(self, run: str) -> tuple[str, str]:
        """Return the Latin letters and digits with which a known term begins, and the letters after them.

        Letters that are whole syllables are not taken apart: the pin of pin码 is not that of pinpai.
        """
        if run.isalpha() and (pinyin.cut(run) or pinyin.unfinished(run)):
            return "", run
        ends = range(len(run) - SHORTEST_REST, SHORTEST_HEAD - 1, -1)
        end = next((end for end in ends if run[:end] in self._heads and run[end:].isalpha()), 0)
        return run[:end], run[end:]

    def misheard(self, asked: str, is_word: Callable[[str], bool]) -> list[Misheard]:
        """Return the parts of a normalised query that sound like a term but are written otherwise."""
        found: list[Misheard] = []
        for run in HANZI.finditer(asked):
            found += self._misheard_in(run[0], run.start(), is_word)
        return found

    def near(self, asked: str, limit: int) -> list[str]:
        """Return terms that share the most with the query, for when nothing was found."""
        pairs = {asked[at : at + 2] for at in range(len(asked) - 1)}
        shared: dict[str, float] = defaultdict(float)
        for pair in pairs:
            for term in islice(self._containing(pair), MOST_LOOKED_AT):
                shared[term] += 1
        best = sorted(shared, key=lambda term: (-shared[term], -self.terms[term], term))
        return [term for term in best if term != asked][:limit]

    def _folded(self, letters: str) -> str:
        head, rest = self.apart(letters)
        return head + pinyin.folded_letters(rest)

    def _misheard_in(self, run: str, offset: int, is_word: Callable[[str], bool]) -> Iterator[Misheard]:
        sounds, at = pinyin.syllables(run), 0
        while at < len(run) - 1:
            said, meant = self._longest_at(run, sounds, at)
            if meant and meant != said:
                yield Misheard(offset + at, said, meant, is_sure=len(said) > 2 or not is_word(said))
            at += len(said) if said else 1

    def _longest_at(self, run: str, sounds: Sequence[str], at: int) -> tuple[str, str]:
        """Return the longest part from here that is, or sounds like, a term, and that term."""
        for end in range(min(len(run), at + LONGEST_TERM), at + 1, -1):
            said = run[at:end]
            if said in self.terms:
                return said, said
            alike = self._sounding_just.get("".join(sounds[at:end]), ())
            meant = max(
                (one for one in alike if len(one) == len(said)), key=self.terms.__getitem__, default=""
            )
            if meant and not self._is_better_cut_later(run, at, end):
                return said, meant
        return "", ""

    def _is_better_cut_later(self, run: str, at: int, end: int) -> bool:
        """Tell whether a right term begins inside this part, which then only looks like a slip."""
        inside = (
            (start, start + length) for start in range(at + 1, end) for length in range(2, LONGEST_TERM)
        )
        return any(run[start:stop] in self.terms for start, stop in inside if stop > end)

    def _chain(self, folded: str) -> str:
        """Return terms which, one after the other, sound like this; the fewest, else nothing."""
        best: list[tuple[str, ...] | None] = [(), *(None for _ in folded)]
        for start in range(len(folded)):
            before = best[start]
            for end in range(start + SHORTEST_SOUND, len(folded) + 1) if before is not None else ():
                terms = self._sounding_just.get(folded[start:end])
                if terms and (best[end] is None or len(before or ()) + 1 < len(best[end] or ())):
                    best[end] = (*(before or ()), self._most_used(terms)[0])
        return "".join(best[-1] or ())

    def prepared(self) -> "Vocabulary":
        """Return it with all its indexes made, so that no query waits for one."""
        for index in (
            self._spelt,
            self._heads,
            self._sounding_just,
            self._shortened_just,
            self._by_first_letter,
            self._by_pair,
        ):
            len(index)
        return self

    def _most_used(self, terms: Sequence[str]) -> list[str]:
        return sorted(dict.fromkeys(terms), key=lambda term: (-self.terms[term], len(term), term))

    def _beginning(self, index: Sequence[tuple[str, str]], start: str) -> Iterator[str]:
        at = bisect_left(index, (start, ""))
        while at < len(index) and index[at][0].startswith(start):
            yield index[at][1]
            at += 1

    def _containing(self, pair: str) -> Sequence[str]:
        return self._by_pair.get(pair, ())

    @cached_property
    def _spoken(self) -> list[str]:
        return [term for term in self.terms if MIXED.fullmatch(term)]

    @cached_property
    def _heads(self) -> frozenset[str]:
        heads = (match[1] for match in map(MIXED.match, self._spoken) if match)
        return frozenset(head for head in heads if len(head) >= SHORTEST_HEAD)

    @cached_property
    def _spelt(self) -> list[tuple[str, str]]:
        return sorted((term, term) for term in self.terms)

    @cached_property
    def _sounding(self) -> list[tuple[str, str]]:
        return sorted((pinyin.sound(term), term) for term in self._spoken)

    @cached_property
    def _shortened(self) -> list[tuple[str, str]]:
        return sorted((pinyin.initials(term), term) for term in self._spoken)

    @cached_property
    def _sounding_just(self) -> dict[str, list[str]]:
        return _grouped(self._sounding)

    @cached_property
    def _shortened_just(self) -> dict[str, list[str]]:
        return _grouped(self._shortened)

    @cached_property
    def _by_first_letter(self) -> dict[str, list[tuple[str, str]]]:
        return _grouped((short[0], (short, term)) for short, term in self._shortened)

    @cached_property
    def _by_pair(self) -> dict[str, list[str]]:
        return _grouped((term[at : at + 2], term) for term in self.terms for at in range(len(term) - 1))


@lru_cache(maxsize=100_000)  # a changed lexicon has nearly the terms that it had
def _tidy(term: str) -> str:
    return normalise(term)


def _grouped(found: Iterable[tuple[str, Kept]]) -> dict[str, list[Kept]]:
    groups: dict[str, list[Kept]] = defaultdict(list)
    for key, kept in found:
        groups[key].append(kept)
    return dict(groups)
