"""What a change of the lexicon does to what people find, before it is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from core.identity import Actor
from kb.finding import FoundArticles, Wish, find_articles
from kb.result_rows import FoundArticle
from kb.search_source import key_of
from search import understanding
from search.document import DocumentKey
from search.finder import Mode
from search.golden import Golden, Grade
from search.lexicon.changing import Move
from search.lexicon.models import Kind
from search.rereading import Asked, reread

TOP = 3
MOST_MOVES = 5_000  # of which the effect is told while an editor waits


class Verdict(StrEnum):
    """What became of a golden query."""

    WON = "won"
    LOST = "lost"
    UNCHANGED = "unchanged"

    @property
    def label(self) -> str:
        return {Verdict.WON: "变好", Verdict.LOST: "变差", Verdict.UNCHANGED: "不变"}[self]


@dataclass(frozen=True)
class Moved:
    """One query: the codes and titles of its first answers before and after. Only a golden one is judged."""

    text: str
    times: int
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    verdict: Verdict | None

    @property
    def stays(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True)
class Effect:
    """Of `looked_at` queries the `moved` are read otherwise and were searched for both ways; so are, at most,
    the `left_out`. `recuts`: a word came or went, so documents will be cut anew and more may move then."""

    moved: tuple[Moved, ...]
    looked_at: int
    left_out: int
    recuts: bool

    def count(self, verdict: Verdict) -> int:
        return sum(one.verdict is verdict for one in self.moved)

    @property
    def touched(self) -> int:
        return len(self.moved) + self.left_out

    @property
    def judged(self) -> int:
        return sum(one.verdict is not None for one in self.moved)


def effect_of(session: Session, moves: Sequence[Move], *, actor: Actor, at: datetime) -> Effect:
    """Find both ways what is read otherwise; those whose first answers change come first."""
    rereading = reread(session, moves, at=at)
    moved = []
    for asked in rereading.asked:
        former = find_articles(session, actor, Wish(asked.text), mode=Mode.HYBRID, at=at)
        with understanding.supposing(rereading.after):
            latter = find_articles(session, actor, Wish(asked.text), mode=Mode.HYBRID, at=at)
        moved.append(_moved(asked, former, latter))
    return Effect(
        moved=tuple(sorted(moved, key=lambda one: one.stays)),
        looked_at=rereading.looked_at,
        left_out=rereading.left_out,
        recuts=any(one.kind is Kind.WORD for move in moves for one in (move.before, move.after) if one),
    )


def _moved(asked: Asked, former: FoundArticles, latter: FoundArticles) -> Moved:
    verdict = _verdict(asked.golden, former.rows, latter.rows) if asked.golden else None
    return Moved(asked.text, asked.times, _top(former), _top(latter), verdict)


def _top(found: FoundArticles) -> tuple[tuple[str, str], ...]:
    return tuple((row.card.code, row.card.title) for row in found.rows[:TOP])


def _verdict(golden: Golden, former: Sequence[FoundArticle], latter: Sequence[FoundArticle]) -> Verdict:
    """Judge by the place of the first article that answers; without one, finding nothing is right."""
    answers = {key for key, grade in golden.grades.items() if grade is Grade.ANSWERS}
    before, after = (_place(rows, answers) if answers else len(rows) for rows in (former, latter))
    if before == after:
        return Verdict.UNCHANGED
    return Verdict.WON if after < before else Verdict.LOST


def _place(rows: Sequence[FoundArticle], answers: Collection[DocumentKey]) -> int:
    places = [place for place, row in enumerate(rows) if key_of(row.card.article_id) in answers]
    return places[0] if places else len(rows) + 1_000
