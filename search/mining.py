"""Suggestions for the lexicon: what people said another way, and what nobody found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.identity import Actor
from core.permissions import Permission, require
from search import pinyin
from search.lexicon.models import DismissedSuggestion, Kind
from search.lexicon.snapshot import Lexicon
from search.query_log import AskedQuery, of_today
from search.text import normalise
from search.understanding import Understanding
from search.vocabulary import LONGEST_TERM

RECENT = timedelta(days=30)
FEWEST = 2
MOST_FAILED = 500


@dataclass(frozen=True)
class Suggestion:
    """So many people said it so many times; `meant` is what they found it by, or may have meant."""

    kind: Kind
    said: str
    meant: str
    people: int
    times: int
    is_failure: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.kind.value, self.said, self.meant


def suggestions(session: Session, reading: Understanding, *, at: datetime) -> list[Suggestion]:
    """Return what the last month suggests and nobody dismissed, the most frequent first."""
    found = [*_said_another_way(session, reading, at), *_never_found(session, reading, at)]
    known = select(DismissedSuggestion.kind, DismissedSuggestion.said, DismissedSuggestion.meant)
    dismissed = set(map(tuple, session.exec(known)))
    once = {one.identity: one for one in reversed(found) if one.identity not in dismissed}
    return sorted(once.values(), key=lambda one: (-one.people, -one.times, one.identity))


def dismiss(session: Session, kind: Kind, said: str, meant: str, *, actor: Actor, at: datetime) -> None:
    """Never make this suggestion again."""
    require(actor, Permission.KEEP_LEXICON)
    session.merge(
        DismissedSuggestion(kind=kind.value, said=said, meant=meant, staff_id=actor.staff_id, at=at)
    )


def _said_another_way(session: Session, reading: Understanding, at: datetime) -> Iterator[Suggestion]:
    pairs: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    bare = cache(partial(_bare, lexicon=reading.lexicon))
    for staff_id, first, second in _reformulations(session, at):
        said, meant = bare(first), bare(second)
        if said != meant and _is_term(said) and _is_term(meant) and not said.isascii():
            pairs[said, meant].append(staff_id)
    for (said, meant), askers in pairs.items():
        if len(askers) >= FEWEST and not _is_known(said, meant, reading.lexicon):
            kind = Kind.CONFUSABLE if _sound_alike(said, meant) else Kind.SYNONYM
            yield Suggestion(kind, said, meant, len(set(askers)), len(askers))


def _reformulations(session: Session, at: datetime) -> Iterator[tuple[UUID, str, str]]:
    """Yield what one person asked in vain, and what they asked next and found an answer by."""
    first, second = aliased(AskedQuery), aliased(AskedQuery)
    again = (
        select(second.staff_id, first.text, second.text)
        .join(first, col(first.id) == second.follows)
        .where(col(second.follows).is_not(None), col(second.at).between(at - RECENT, at))
        .where(col(second.best_place).is_not(None), col(first.best_place).is_(None))
        .where(first.text != second.text, of_today(first), of_today(second))
    )
    yield from session.exec(again)


def _never_found(session: Session, reading: Understanding, at: datetime) -> Iterator[Suggestion]:
    people, times = func.count(func.distinct(col(AskedQuery.staff_id))), func.count()
    failed = (
        select(AskedQuery.text, people, times)
        .where(AskedQuery.at >= at - RECENT, AskedQuery.at <= at, AskedQuery.result_count == 0)
        .where(of_today())
        .group_by(col(AskedQuery.text))
        .having(people >= FEWEST)
        .order_by(people.desc(), times.desc(), col(AskedQuery.text))
        .limit(MOST_FAILED)
    )
    for text, askers, count in session.exec(failed):
        said = _bare(text, reading.lexicon)
        if len(said) > 1 and len(said) <= LONGEST_TERM and pinyin.HANZI.fullmatch(said):
            meant = _nearest(said, reading)
            if meant and said not in reading.lexicon.confusables:
                yield Suggestion(Kind.CONFUSABLE, said, meant, askers, count, is_failure=True)
            elif not meant and said not in reading.lexicon.words:
                yield Suggestion(Kind.WORD, said, "", askers, count, is_failure=True)


def _nearest(said: str, reading: Understanding) -> str:
    """Return the term that sounds like it as a whole, if one does."""
    slips = reading.vocabulary.misheard(said, lambda _word: False)
    return next((slip.meant for slip in slips if slip.said == said), "")


def _bare(text: str, lexicon: Lexicon) -> str:
    return " ".join(lexicon.without_fillers(normalise(text)).split())


def _is_term(said: str) -> bool:
    return 1 < len(said) <= LONGEST_TERM and said.isalnum()


def _is_known(said: str, meant: str, lexicon: Lexicon) -> bool:
    others: Iterable[str] = (*lexicon.synonyms.get(said, ()), *lexicon.expansions.get(said, ()))
    return meant in others or lexicon.confusables.get(said) == meant


def _sound_alike(said: str, meant: str) -> bool:
    spoken = pinyin.HANZI.fullmatch(said) and pinyin.HANZI.fullmatch(meant)
    return bool(spoken) and pinyin.syllables(said) == pinyin.syllables(meant)
