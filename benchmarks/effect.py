"""What it costs to tell an editor the effect of a draft: 100,000 articles, 2,000 watched queries.

    python -m benchmarks.effect [--articles 100000] [--folder zhida-data-benchmark]

The centre is the one of `benchmarks.latency`, built if it is not there.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path

import numpy as np
from sqlmodel import Session, col, func, select

from benchmarks import hundred_thousand, large_centre, zhida_side
from core import clock, database, jobs
from core.identity import Staff
from kb import writing
from kb.forms import ArticleDraft
from kb.models import Article, ArticleVersion
from kb.search_effect import effect_of_draft
from search import effect, understanding, watched, watching
from search.document import SearchDocument
from search.encoder_worker import Vectors
from search.evaluation import read_judged
from search.golden import GoldenQuery, Grade, Judgement
from search.passages import passages_of
from search.query_log import AskedQuery
from search.watched import WatchedQuery

DRAFTS = 40
NEW_TEXT = "客户在营业厅、热线和网上都可以办理，次月一日起生效，当月仍按原标准收取。"


def main() -> None:
    options = _options()
    large_centre.settle_in(options.folder)
    large_centre.build(options.articles, options.cache)
    at = clock.now()
    with database.unit_of_work() as session:
        _make_golden(session, at)
        _make_asked(session, at)
    _keep_all(at)
    _disk()
    drafts = _drafts()
    _encode_as_the_index_was(options)
    with database.reading() as session:
        effect_of_draft(session, *drafts[0], at=at)  # a serving process has the index in memory
    print("\n| draft, ms | p50 | p95 | most | processor | moved queries |\n|---|---|---|---|---|---|")
    _measure("one sentence changed", [(a, _edited(d, n)) for n, (a, d) in enumerate(drafts)])
    _measure("another title, no similar questions", [(a, _retitled(d, n)) for n, (a, d) in enumerate(drafts)])


def _encode_as_the_index_was(options: argparse.Namespace) -> None:
    """Give drafts vectors like those of the generated index; a real one would be nearer than all of them."""
    encoder = hundred_thousand.near_real(large_centre.kept(options.cache), options.articles)

    def vectors_of(document: SearchDocument) -> Vectors:
        made = encoder.passages(passages_of(document))
        return np.stack([vector for vector in made if vector is not None])

    effect.vectors_of = vectors_of  # type: ignore[attr-defined]  # it is imported there


def _make_golden(session: Session, at: datetime) -> None:
    """Take the samples' golden queries; a generated article never answers one."""
    known = set(session.exec(select(GoldenQuery.text)))
    samples = session.exec(select(Article).where(Article.number < hundred_thousand.FIRST_NUMBER))
    ids = {article.code: article.id for article in samples}
    for one in read_judged(zhida_side.GOLDEN):
        if one.query not in known:
            golden = GoldenQuery(text=one.query, kind=one.kind, created_by=next(iter(ids.values())))
            session.add(golden)
            session.flush()
            session.add_all(
                [
                    Judgement(
                        query_id=golden.id,
                        source="kb",
                        document_id=str(ids[code]),
                        grade=Grade.ANSWERS,
                        judged_by=golden.created_by,
                        judged_at=at,
                    )
                    for code in one.relevant
                ]
            )


def _make_asked(session: Session, at: datetime) -> None:
    """Let 2,500 different queries have been asked: parts of titles, as agents type them."""
    if session.exec(select(func.count()).select_from(AskedQuery)).one() >= 2_500:
        return
    staff = session.exec(select(Staff.id)).first()
    assert staff
    titles = session.exec(select(ArticleVersion.title).order_by(col(ArticleVersion.id)).limit(2_500)).all()
    for number, title in enumerate(titles):
        dice = random.Random(number)
        start = dice.randrange(4)
        asked = AskedQuery(
            staff_id=staff,
            text=title[start : start + dice.randrange(4, 14)],
            kind="hanzi",
            at=at - timedelta(hours=dice.randrange(700)),
            result_count=9,
            duration_ms=9,
            settled_by="enter",
        )
        session.add(asked)


def _keep_all(at: datetime) -> None:
    with database.unit_of_work() as session:
        watched.gather(session, at=at)
        watched.forget_scores(session)
        watching.go_on(session, at=at)
    stamp = watching.stamp_of(understanding.current())
    began = time.perf_counter()
    while jobs.run_due(at, lane="slow"):
        pass
    taken = time.perf_counter() - began
    with database.reading() as session:
        now = watched.standing(session, stamp)
    each = 1000 * taken / max(1, now.watched)
    print(
        f"\n{now.watched:,} queries asked and kept in {taken:.0f} s, {each:.0f} ms each; {now.waiting} wait"
    )


def _disk() -> None:
    with database.reading() as session:
        parts = {
            name: session.exec(select(func.sum(func.length(getattr(WatchedQuery, name))))).one()
            for name in ("reading", "vector", "marks", "scores", "shares")
        }
    told = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in parts.items())
    print(f"kept: {sum(parts.values()) / 1e6:.1f} MB ({told})")


def _drafts() -> list[tuple[Article, ArticleDraft]]:
    with database.reading() as session:
        numbers = session.exec(select(Article.number).order_by(col(Article.number))).all()
        chosen = [*numbers[:: len(numbers) // (DRAFTS // 2)][: DRAFTS // 2], *numbers[: DRAFTS // 2]]
        articles = session.exec(select(Article).where(col(Article.number).in_(chosen))).all()
        return [
            (one, writing.draft_of(session, writing.latest_version(session, one.id)))
            for one in sorted(articles, key=attrgetter("number"))
        ]


def _edited(draft: ArticleDraft, number: int) -> ArticleDraft:
    return draft.model_copy(update={"answer": f"第{number}次修订。{NEW_TEXT}"})


def _retitled(draft: ArticleDraft, number: int) -> ArticleDraft:
    new = {"title": f"业务办理说明{number}", "similar_questions": [], "answer": NEW_TEXT, "keywords": []}
    return draft.model_copy(update=new)


def _measure(name: str, drafts: Sequence[tuple[Article, ArticleDraft]]) -> None:
    times, moved, worked = [], [], time.process_time()
    for article, draft in drafts:
        with database.reading() as session:
            began = time.perf_counter()
            found = effect_of_draft(session, article, draft, at=clock.now())
            times.append(1000 * (time.perf_counter() - began))
        moved.append(len(found.won) + len(found.lost))
    worked = 1000 * (time.process_time() - worked) / len(drafts)
    cuts = statistics.quantiles(times, n=100)
    print(
        f"| {name} ({len(times)}) | {cuts[49]:.0f} | {cuts[94]:.0f} | {max(times):.0f} | {worked:.0f} |"
        f" {statistics.fmean(moved):.1f} |",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
