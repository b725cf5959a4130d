"""What a changed document wins and loses: it alone is scored anew, against what the watched queries found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

import numpy as np
from sqlmodel import Session

from search import engines, meaning, understanding, watched
from search.configuration import Configuration
from search.document import DocumentKey, SearchDocument
from search.draft_vectors import vectors_of
from search.embeddings import MeaningSlow, MeaningUnavailable
from search.engines.base import RecipeDiffers, Trial
from search.finder import CANDIDATES
from search.floor import LOOKED_INTO, evidence_of, is_an_answer, is_fitted_for
from search.golden import Golden, all_golden
from search.hits import Degradation, Signal
from search.kept_scores import Lists, Marks, contribution, mark_of, place_of, ranked
from search.watched import Watched
from search.watching import stamp_of

GOLDEN_STEPS, REAL_STEPS = (1, 3, 10), (3, 10)
NEARLY = 1e-5
Cosines = Mapping[int, float]


@dataclass(frozen=True)
class Change:
    """From which place to which one document goes; without a `key`, from or to finding anything at all."""

    key: DocumentKey | None
    before: int | None
    after: int | None
    is_won: bool


@dataclass(frozen=True)
class Move:
    """A query that is won or lost; `by` is the signal in which the edited document changed most."""

    query: str
    is_golden: bool
    times: int
    change: Change
    by: Signal | None


@dataclass(frozen=True)
class Effect:
    """`waiting`: how many of the watched queries are told by scores from before a change of settings."""

    watched: int
    waiting: int
    moves: tuple[Move, ...]
    degradations: frozenset[Degradation] = frozenset()

    @cached_property
    def won(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.change.is_won)

    @cached_property
    def lost(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if not move.change.is_won)

    @cached_property
    def lost_golden(self) -> tuple[Move, ...]:
        return tuple(move for move in self.lost if move.is_golden)

    @property
    def digest(self) -> str:
        """Return what stands for the lost golden queries: who agreed to these has not agreed to others."""
        lost = "\n".join(sorted(move.query for move in self.lost_golden))
        return blake2b(lost.encode(), digest_size=8).hexdigest() if lost else ""


def effect_of(session: Session, document: SearchDocument, *, limit: int, at: datetime) -> Effect:
    """Return which watched queries the document moves if it is indexed as given; `limit` are shown at most.

    Queries are asked as from everywhere, by everybody: nothing is filtered.

    :raises EngineUnavailable: if there is no index
    """
    kept = watched.all_kept(session, at=at)
    reading = understanding.current()
    stamp = stamp_of(reading)
    cosines, degradations = _cosines(document, kept)
    trial = engines.engine().trial(document)
    forecast = _Forecast(document.key, trial, reading.configuration, limit, cosines)
    golden = {one.text: one for one in all_golden(session)}
    moved = (forecast.move(number, one, golden.get(one.query.text)) for number, one in enumerate(kept))
    moves = [move for move in moved if move]
    return Effect(
        watched=len(kept),
        waiting=sum(one.stamp != stamp for one in kept),
        moves=tuple(sorted(moves, key=lambda move: (not move.is_golden, -move.times, move.query))),
        degradations=degradations,
    )


def touched_by(
    session: Session, key: DocumentKey, document: SearchDocument | None, *, at: datetime
) -> list[str]:
    """Return the watched queries of which the document was a candidate, or is one now."""
    kept = watched.all_kept(session, at=at)
    if document is None:
        return [one.query.text for one in kept if _was_candidate(one, mark_of(key))]
    cosines, _ = _cosines(document, kept)
    forecast = _Forecast(key, engines.engine().trial(document), Configuration(), CANDIDATES, cosines)
    return [one.query.text for number, one in enumerate(kept) if forecast.is_touched(number, one)]


def _was_candidate(one: Watched, mark: int) -> bool:
    return any(mark in candidates.marks for candidates in one.found.lists.values())


def _cosines(document: SearchDocument, kept: Sequence[Watched]) -> tuple[Cosines, frozenset[Degradation]]:
    """Return, by their number, how near those queries that were asked by meaning come to the document."""
    recipe = meaning.recipe()
    asked = {
        number: one.found.vector
        for number, one in enumerate(kept)
        if recipe and one.recipe == recipe.fingerprint and one.found.vector is not None
    }
    if not asked:
        return {}, frozenset()
    try:
        nearest = (np.stack(list(asked.values())) @ vectors_of(document).T).max(axis=1)
    except MeaningSlow:
        return {}, frozenset({Degradation.MEANING_SLOW})
    except (MeaningUnavailable, RecipeDiffers):
        return {}, frozenset({Degradation.MEANING_UNAVAILABLE})
    return dict(zip(asked, nearest.tolist(), strict=True)), frozenset()


@dataclass(frozen=True)
class _Shown:
    """One side of the comparison: the candidates and what is shown of them."""

    lists: Lists
    marks: Marks


@dataclass(frozen=True)
class _Forecast:
    """The document against one watched query after the other."""

    key: DocumentKey
    trial: Trial
    configuration: Configuration
    limit: int
    cosines: Cosines

    @cached_property
    def is_judged(self) -> bool:
        return is_fitted_for(meaning.recipe())

    @cached_property
    def mark(self) -> int:
        return mark_of(self.key)

    def is_touched(self, number: int, one: Watched) -> bool:
        """Tell whether the document's scores differ and matter to this query."""
        return self._matters(*self._against(number, one))

    def move(self, number: int, one: Watched, golden: Golden | None) -> Move | None:
        lists, scores = self._against(number, one)
        if not self._matters(lists, scores):
            return None
        before, after = self._sides(one, lists, scores)
        change = _golden_change(golden, before.marks, after.marks) if golden else None
        is_golden = change is not None
        if change is None and one.times:
            change = _real_change(self.key, one.copied, before.marks, after.marks)
        if change is None:
            return None
        by = self._strongest(before.lists, after.lists)
        return Move(one.query.text, is_golden=is_golden, times=one.times, change=change, by=by)

    def _against(self, number: int, one: Watched) -> tuple[Lists, dict[Signal, float]]:
        """Return what can be compared: the candidates by signal, and the document's scores."""
        scores = self.trial.scores(one.query)
        if number in self.cosines:
            return one.found.lists, scores | {Signal.MEANING: self.cosines[number]}
        without = (item for item in one.found.lists.items() if item[0] is not Signal.MEANING)
        return dict(without), scores

    def _matters(self, lists: Lists, scores: Mapping[Signal, float]) -> bool:
        depth = self._depth(lists)
        return any(
            candidates.differs_with(self.mark, scores.get(signal, 0.0), NEARLY, depth)
            for signal, candidates in lists.items()
        )

    def _sides(self, one: Watched, lists: Lists, scores: Mapping[Signal, float]) -> tuple[_Shown, _Shown]:
        depth, shares = self._depth(lists), one.found.shares
        before = {signal: listed.cut(depth) for signal, listed in lists.items()}
        after = {
            signal: listed.with_score(self.mark, scores.get(signal, 0.0)).cut(depth)
            for signal, listed in lists.items()
        }
        was = self._shown(one, before, lambda mark: shares.get(mark, 0.0))
        return was, self._shown(one, after, lambda mark: self._share(one, mark))

    def _share(self, one: Watched, mark: int) -> float:
        return self.trial.share(one.query) if mark == self.mark else one.found.shares.get(mark, 0.0)

    def _depth(self, lists: Lists) -> int:
        return max(self.limit, CANDIDATES) if Signal.MEANING in lists else self.limit

    def _shown(self, one: Watched, lists: Lists, share_of: Callable[[int], float]) -> _Shown:
        """Rank and stop at the floor, as `search.finder` does."""
        marks = ranked(lists, self.configuration)[: self.limit]
        nearest = lists.get(Signal.MEANING)
        if one.query.phrases or nearest is None or not len(nearest.scores) or not self.is_judged:
            return _Shown(lists, marks)
        shares = list(map(share_of, marks[:LOOKED_INTO].tolist()))
        seen = evidence_of(
            shares, lists[Signal.CODES].scores.tolist(), nearest.scores.tolist(), one.query.wordings[0]
        )
        return _Shown(lists, marks if is_an_answer(seen, self.configuration.floor) else marks[:0])

    def _strongest(self, before: Lists, after: Lists) -> Signal | None:
        """Return the signal in which the document's part of the sum changed most."""
        parts = {
            signal: abs(
                contribution(after, signal, self.mark, self.configuration)
                - contribution(before, signal, self.mark, self.configuration)
            )
            for signal in before
        }
        return max(parts, key=lambda signal: parts[signal]) if any(parts.values()) else None


def _golden_change(golden: Golden, before: Marks, after: Marks) -> Change | None:
    """Tell whether the best relevant document crosses one of the steps; or nothing turns into something."""
    if not golden.relevant:
        was, is_ = bool(len(before)), bool(len(after))
        return None if was == is_ else Change(None, int(was) or None, int(is_) or None, is_won=was)
    was_at, is_at = (_best(golden.relevant, marks) for marks in (before, after))
    crossed = _crossed(was_at[0], is_at[0], GOLDEN_STEPS)
    if not crossed:
        return None
    key = is_at[1] if crossed > 0 else was_at[1]
    return Change(key, was_at[0], is_at[0], is_won=crossed > 0)


def _best(keys: Iterable[DocumentKey], marks: Marks) -> tuple[int | None, DocumentKey | None]:
    places = [(place, key) for key in keys if (place := place_of(marks, mark_of(key)))]
    return min(places, default=(None, None))


def _real_change(
    key: DocumentKey, copied: Iterable[DocumentKey], before: Marks, after: Marks
) -> Change | None:
    """Tell whether the document itself crosses a step, or pushes down what people copied for this query."""
    changes: list[Change] = []
    for one in (key, *sorted(copied)):
        was, is_ = place_of(before, mark_of(one)), place_of(after, mark_of(one))
        crossed = _crossed(was, is_, REAL_STEPS)
        if crossed < 0 or (crossed and one == key):
            changes.append(Change(one, was, is_, is_won=crossed > 0))
    return min(changes, key=lambda change: change.is_won, default=None)


def _crossed(was: int | None, is_: int | None, steps: Sequence[int]) -> int:
    """Return by how many steps it rose; below 0, by how many it fell."""
    beyond = steps[-1] + 1
    return sum((was or beyond) > step for step in steps) - sum((is_ or beyond) > step for step in steps)
