"""Tuning the ranking on this centre: collecting what can be learnt from, and applying what wins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from core import database
from core.errors import NotFound
from core.identity import SYSTEM, Actor, Role
from operations import judging
from search import configuration, engines, meaning, understanding
from search.adopted import Adopted, adopted_answers, same_question
from search.configuration import Configuration
from search.document import DocumentKey
from search.evaluation import Progress
from search.finder import CANDIDATES, PATIENT_SECONDS
from search.floor import is_fitted_for
from search.golden import Golden
from search.golden_keeping import is_held_out_by_lot
from search.query import SearchQuery, parse_query
from search.side_by_side import SideBySide
from search.tuning import Collected, propose, verdict
from search.understanding import Understanding

LEARNT_FROM = timedelta(days=180)
MOST_ADOPTED = 500
LIKELY = 20
ADOPTED = "采用记录"
_TUNER = Actor(SYSTEM.staff_id, "自动调优", roles=frozenset({Role.EDITOR}))


class NothingHeldOut(NotFound):
    message = "没有保留的标准问题，建议无法验收。请在“检索评测”页把约三分之一的问题设为保留。"


@dataclass(frozen=True)
class Proposal:
    """What would be better, and how it did on what was held out. `adopted` of `learnt_from` are logged."""

    now: Configuration
    proposed: Configuration
    verdict: SideBySide
    learnt_from: int
    adopted: int

    @property
    def is_new(self) -> bool:
        return self.proposed != self.now

    @property
    def wins(self) -> bool:
        """Tell whether nDCG@10 on what was held out is better beyond chance."""
        return self.is_new and self.verdict.figures[0].difference.is_gain


def tune(*, at: datetime, seed: int = 1, progress: Progress = lambda _done, _all: None) -> Proposal:
    """
    :raises NoGolden: if there are no judged golden queries
    :raises NothingHeldOut: if none of them is held out
    :raises MeaningUnavailable: if a question's meaning cannot be had
    """
    reading = understanding.current()
    collected = collect(reading, at=at, progress=progress)
    if not any(one.held_out and one.relevant for one in collected):
        raise NothingHeldOut
    now = reading.configuration
    proposed = propose(collected, now, seed=seed)
    tuned = [one for one in collected if not one.held_out]
    return Proposal(
        now,
        proposed,
        verdict(collected, now, proposed),
        learnt_from=len(tuned),
        adopted=sum(one.kind == ADOPTED for one in tuned),
    )


def apply(proposal: Proposal, *, at: datetime) -> None:
    """Put a proposal in force, with what speaks for it."""
    ndcg = proposal.verdict.figures[0]
    evidence = {
        "by": "tuned",
        "ndcg_at_10": [ndcg.before, ndcg.after],
        "interval": [ndcg.difference.low, ndcg.difference.high],
        "queries": ndcg.difference.queries,
    }
    with database.unit_of_work() as session:
        configuration.put_in_force(session, proposal.proposed, evidence=evidence, actor=_TUNER, at=at)


def collect(reading: Understanding, *, at: datetime, progress: Progress) -> list[Collected]:
    """Ask every golden query and every adopted one once, and keep what each signal says."""
    golden = judging.golden_to_ask()
    adopted = list(_not_golden(_adopted(at), golden))
    total = len(golden) + len(adopted)
    collected = []
    for done, one in enumerate([*map(_golden, golden), *map(_from_log, adopted)], start=1):
        found = _ask(one, parse_query(one.text, at=at, understanding=reading))
        collected += [found] if found else []
        progress(done, total)
    return collected


def _adopted(at: datetime) -> list[Adopted]:
    with database.reading() as session:
        return adopted_answers(session, since=at - LEARNT_FROM, limit=MOST_ADOPTED)


def _not_golden(adopted: Sequence[Adopted], golden: Sequence[Golden]) -> Iterator[Adopted]:
    """A golden query that was held out must not come in by another door."""
    known = {same_question(one.text) for one in golden}
    return (one for one in adopted if same_question(one.text) not in known)


def _golden(one: Golden) -> Collected:
    return Collected(str(one.id), one.text, one.kind, one.held_out, one.relevant, {})


def _from_log(one: Adopted) -> Collected:
    return Collected(
        one.text, one.text, ADOPTED, is_held_out_by_lot(same_question(one.text)), one.documents, {}
    )


def _ask(one: Collected, query: SearchQuery) -> Collected | None:
    if query.is_empty:
        return None
    engine = engines.engine()
    encoder = meaning.encoder() if query.configuration.with_meaning else None
    awaited = encoder.ask(query.asked, budget=PATIENT_SECONDS) if encoder else None
    matches = engine.match_words(query, CANDIDATES)
    if encoder is not None and awaited is not None:
        matches |= engine.match_meaning(query, awaited.vector(), CANDIDATES, made_by=encoder.recipe)
    likely: set[DocumentKey] = {
        hit.key for scored in matches.by_signal.values() for hit in islice(scored, LIKELY)
    }
    shares = engine.share_found(query, sorted(likely))
    is_judged = encoder is not None and is_fitted_for(encoder.recipe)
    found = replace(one, by_signal=matches.by_signal, shares=shares, asked=query.wordings[0])
    return replace(found, is_judged=is_judged)
