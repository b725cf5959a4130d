"""How good the search is: the golden queries on the centre as it stands, or any pair of files."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from core import database
from core.errors import NotFound, Unavailable
from core.identity import SYSTEM, Actor, Role
from kb.finding import FoundArticles, Wish, find_articles
from kb.search_source import key_of
from search import embeddings, models, understanding
from search.evaluation import Judged, Progress, Report, SetReport, evaluate, evaluate_set
from search.finder import Mode, await_meaning
from search.golden import Golden, judged_golden
from search.understanding import Understanding

JUDGE = Actor(SYSTEM.staff_id, "评测", roles=frozenset({Role.EDITOR}))


class NoGolden(NotFound):
    message = "还没有判断过的标准问题。请在“检索评测”页新增，或运行 zhida search golden import。"


class NoEncoder(Unavailable):
    message = "评测要用语义模型，请把 ZHIDA_EMBEDDING_MODEL 设为 bundled。"


def judge_golden(*, at: datetime, progress: Progress = lambda _done, _all: None) -> dict[str, Report]:
    """Return how the live search does on all golden queries, on those tuned with and on those held out.

    :raises NoGolden: if there are none
    """
    golden = golden_to_ask()
    found: dict[str, Sequence[str]] = {}
    reading = understanding.current()
    for done, one in enumerate(golden, start=1):
        found[one.text] = [str(key_of(row.card.article_id)) for row in ask(one.text, reading, at=at).rows]
        progress(done, len(golden))
    parts = {
        "全部": golden,
        "调优用": [one for one in golden if not one.held_out],
        "保留（从不用于调优）": [one for one in golden if one.held_out],
    }
    return {name: evaluate(map(_judged, part), found.__getitem__) for name, part in parts.items()}


def judge_files(docs: Path, queries: Path, *, at: datetime, progress: Progress) -> SetReport:
    """Return how words, meaning and both do on a public set, in a scratch index of its own."""
    recipe = models.chosen()
    if recipe is None:
        raise NoEncoder(models.problem() or None)
    encoders = embeddings.passage_encoder(recipe), embeddings.query_encoder(recipe)
    return evaluate_set(docs, queries, encoders=encoders, at=at, progress=progress)


def golden_to_ask() -> list[Golden]:
    """
    :raises NoGolden: if there are none of which the answer is known
    """
    with database.reading() as session:
        golden = judged_golden(session)
    if not golden:
        raise NoGolden
    return golden


def ask(text: str, reading: Understanding, *, at: datetime) -> FoundArticles:
    """Ask as the desk would, read and ranked by this understanding, with all patience for the meaning."""
    await_meaning(text, reading, at=at)
    with database.reading() as session:
        return find_articles(session, JUDGE, Wish(text), mode=Mode.HYBRID, at=at, reading=reading)


def _judged(one: Golden) -> Judged:
    return Judged(one.text, frozenset(map(str, one.relevant)), one.kind, one.held_out)
