"""Two configurations side by side: every figure with its difference, by kind, and which queries moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from search.comparing import Answered, Difference, Move, difference, moves
from search.evaluation import NoAnswer, no_answer_of

Pairs = Sequence[tuple[Answered, Answered]]


class Part(StrEnum):
    ALL = "all"
    TUNED = "tuned"
    HELD_OUT = "held_out"

    @property
    def label(self) -> str:
        return {Part.ALL: "全部", Part.TUNED: "调优用", Part.HELD_OUT: "保留"}[self]

    def holds(self, one: Answered) -> bool:
        return self is Part.ALL or one.held_out is (self is Part.HELD_OUT)


class Figure(StrEnum):
    NDCG = "ndcg_at_10"
    SUCCESS_1 = "success_at_1"
    SUCCESS_3 = "success_at_3"
    SUCCESS_10 = "success_at_10"
    RECALL_1 = "recall_at_1"
    RECIPROCAL_RANK = "reciprocal_rank"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def of(self, one: Answered) -> float:
        return float(getattr(one.figures, self.value))


_LABELS = {
    Figure.NDCG: "nDCG@10",
    Figure.SUCCESS_1: "成功@1",
    Figure.SUCCESS_3: "成功@3",
    Figure.SUCCESS_10: "成功@10",
    Figure.RECALL_1: "R@1",
    Figure.RECIPROCAL_RANK: "MRR",
}


@dataclass(frozen=True)
class Line:
    """A figure of both sides and the difference."""

    name: str
    before: float
    after: float
    difference: Difference


@dataclass(frozen=True)
class SideBySide:
    queries: int
    figures: tuple[Line, ...]
    by_kind: tuple[tuple[str, tuple[Line, ...]], ...]
    no_answer: tuple[NoAnswer, NoAnswer]
    moves: tuple[Move, ...]

    @property
    def wins(self) -> list[Move]:
        return [move for move in self.moves if move.is_win]

    @property
    def losses(self) -> list[Move]:
        return [move for move in self.moves if not move.is_win]


def side_by_side(pairs: Pairs, part: Part = Part.ALL) -> SideBySide:
    """Compare what both sides found for the same queries."""
    chosen = [pair for pair in pairs if part.holds(pair[1])]
    answerable = [pair for pair in chosen if pair[1].relevant]
    kinds = sorted({after.kind for _, after in answerable})
    return SideBySide(
        queries=len(answerable),
        figures=tuple(line(answerable, figure) for figure in Figure),
        by_kind=tuple((kind, _of_kind(answerable, kind)) for kind in kinds),
        no_answer=(_no_answer(chosen, 0), _no_answer(chosen, 1)),
        moves=tuple(moves(chosen)),
    )


def line(answerable: Pairs, figure: Figure) -> Line:
    """Return one figure over queries that have an answer."""
    before, after = ([figure.of(pair[side]) for pair in answerable] for side in (0, 1))
    return Line(figure.label, _mean(before), _mean(after), difference(before, after))


def _of_kind(answerable: Pairs, kind: str) -> tuple[Line, ...]:
    of_kind = [pair for pair in answerable if pair[1].kind == kind]
    return tuple(line(of_kind, figure) for figure in (Figure.SUCCESS_3, Figure.NDCG))


def _no_answer(chosen: Pairs, side: int) -> NoAnswer:
    return no_answer_of([(pair[side].relevant, pair[side].ids) for pair in chosen])


def _mean(figures: Sequence[float]) -> float:
    return fmean(figures) if figures else 0.0
