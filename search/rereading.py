"""Which of the queries that people asked a change of the lexicon would read otherwise."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from search import pinyin, understanding
from search import text as texts
from search.golden import Golden, all_golden
from search.lexicon.changing import Move
from search.lexicon.current import lexicon_after
from search.lexicon.snapshot import LONGEST_TERM
from search.query import parse_query
from search.query_log import AskedQuery
from search.readings import letters_in
from search.understanding import Understanding

RECENT = timedelta(days=30)
MOST_LOOKED_AT = 10_000
MOST_PARSED = 1_500
MOST_GOLDEN, MOST_RECENT = 40, 15  # each is searched for twice while the editor waits


_MIXTURE = re.compile(
    r"[a-z]*\d[a-z0-9]*[a-z][a-z0-9]*"
)  # the letters of 5gtc stand for Hanzi, not its first


@dataclass(frozen=True)
class Asked:
    """A query that people asked so many times, or a golden one."""

    text: str
    times: int = 0
    golden: Golden | None = None


@dataclass(frozen=True)
class Rereading:
    """`asked` are read otherwise `after`, the golden and the frequent ones first.

    `left_out` are those beyond that are, or may be.
    """

    after: Understanding
    asked: tuple[Asked, ...]
    looked_at: int
    left_out: int


def reread(session: Session, moves: Sequence[Move], *, at: datetime) -> Rereading:
    """Compare how golden queries and those of the last month are read before and after these moves."""
    before = understanding.current()
    after = understanding.read_with(lexicon_after(session, moves))
    golden = [Asked(one.text, golden=one) for one in all_golden(session)]
    known = {one.text for one in golden}
    recent = [one for one in _recent(session, at) if one.text not in known]
    about = _About(moves)
    shown, left_out = list[Asked](), 0
    for some, most in ((golden, MOST_GOLDEN), (recent, MOST_RECENT)):
        touched = list(filter(about.may_touch, some))
        differing = [one for one in touched[:MOST_PARSED] if _differs(one, before, after, at)]
        shown += differing[:most]
        left_out += len(touched[MOST_PARSED:]) + len(differing[most:])
    return Rereading(after, tuple(shown), len(golden) + len(recent), left_out)


def _recent(session: Session, at: datetime) -> list[Asked]:
    """Return the distinct queries of the last month, the most frequent first."""
    times = func.count()
    counted = (
        select(AskedQuery.text, times)
        .where(AskedQuery.at >= at - RECENT, AskedQuery.at <= at)
        .group_by(col(AskedQuery.text))
        .order_by(times.desc(), col(AskedQuery.text))
        .limit(MOST_LOOKED_AT)
    )
    return [Asked(text, count) for text, count in session.exec(counted)]


def _differs(asked: Asked, before: Understanding, after: Understanding, at: datetime) -> bool:
    former, latter = (parse_query(asked.text, at=at, understanding=each) for each in (before, after))
    return former != latter


class _About:
    """What a change is about: its terms, how they are written and how they sound."""

    def __init__(self, moves: Iterable[Move]) -> None:
        wordings = [one for move in moves for one in (move.before, move.after) if one]
        self._terms = frozenset(term for one in wordings for term in one.terms)
        spoken = [term for term in self._terms if pinyin.MIXED.fullmatch(term)]
        self._sounds = frozenset(pinyin.spoken(term) for term in spoken if len(term) > 1)
        self._first_letters = frozenset(pinyin.initials(term)[0] for term in spoken)

    def may_touch(self, asked: Asked) -> bool:
        """Tell, quickly and rather too often, whether a query has or sounds like a term; letters may."""
        text = " ".join(texts.normalise(asked.text).split())
        if any(part in self._terms for part in _parts(text)):
            return True
        if any(letters[0] in self._first_letters for letters in letters_in(text)):
            return True
        if any(not self._first_letters.isdisjoint(run) for run in _MIXTURE.findall(text)):
            return True
        runs = map(pinyin.syllables, pinyin.HANZI.findall(text))
        return any(part in self._sounds for run in runs for part in _parts(run))


def _parts(whole: str | tuple[str, ...]) -> Iterator[str | tuple[str, ...]]:
    for start in range(len(whole)):
        for end in range(start + 1, min(len(whole), start + LONGEST_TERM) + 1):
            yield whole[start:end]
