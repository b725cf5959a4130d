"""What the answers to a question set are worth: one number a query, so that means can be compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from benchmarks.intervals import Interval, Resampling
from search.evaluation import Judged, NoAnswer, Scores, evaluate, scores_of

Answered = Mapping[str, Sequence[str]]
Numbers = npt.NDArray[np.float64]
METRICS: Mapping[str, Callable[[Scores], float]] = {
    "nDCG@10": lambda scores: scores.ndcg_at_10,
    "R@1": lambda scores: scores.recall_at_1,
    "success@3": lambda scores: scores.success_at_3,
    "MRR": lambda scores: scores.reciprocal_rank,
}


@dataclass(frozen=True)
class SetResult:
    """`answers`: what each system gave to each query, best first."""

    name: str
    documents: int
    judged: Sequence[Judged]
    answers: Mapping[str, Answered]
    notes: Sequence[str] = ()
    seed: int = 7

    @cached_property
    def answerable(self) -> list[Judged]:
        return [one for one in self.judged if one.relevant]

    def values(self, system: str, metric: str, only: Sequence[Judged] | None = None) -> Numbers:
        answers, of = self.answers[system], METRICS[metric]
        wanted = self.answerable if only is None else only
        return np.array([of(scores_of([(one, answers[one.query])])) for one in wanted])

    def mean(self, system: str, metric: str, only: Sequence[Judged] | None = None) -> Interval:
        values = self.values(system, metric, only)
        return Resampling(len(values), self.seed).mean(values)

    def difference(self, system: str, than: str, metric: str) -> Interval:
        values = self.values(system, metric)
        return Resampling(len(values), self.seed).difference(values, self.values(than, metric))

    def ratio(self, system: str, to: str, metric: str) -> Interval:
        values = self.values(system, metric)
        return Resampling(len(values), self.seed).ratio(values, self.values(to, metric))

    def nothing_found(self, system: str) -> float:
        """Return the share of the queries that have an answer to which the system said nothing."""
        return float(np.mean([not self.answers[system][one.query] for one in self.answerable]))

    def no_answer(self, system: str) -> NoAnswer:
        return evaluate(self.judged, self.answers[system].__getitem__).no_answer

    def of_kind(self, kind: str, *, held_out: bool | None = None) -> list[Judged]:
        """Return the answerable queries of a kind (all if empty), of one part or of both."""
        return [one for one in self.answerable if kind in {"", one.kind} and held_out in {None, one.held_out}]

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(one.kind for one in self.answerable if one.kind))
