"""How good the search is: the golden queries on the centre as it stands, or any pair of files."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from core import database
from core.errors import NotFound, Unavailable
from core.identity import SYSTEM, Actor, Role
from kb.finding import Wish, find_articles
from search import embeddings
from search.evaluation import Judged, Progress, Report, SetReport, evaluate, evaluate_set, read_judged
from search.finder import Mode

GOLDEN = Path(__file__).parents[1] / "tests/search/golden.jsonl"
_JUDGE = Actor(SYSTEM.staff_id, "评测", roles=frozenset({Role.EDITOR}))


class NoGolden(NotFound):
    message = "找不到标准问题集 tests/search/golden.jsonl。请在源码目录里运行，或指定两个文件。"


class NoEncoder(Unavailable):
    message = "评测要用语义模型，请把 ZHIDA_EMBEDDING_MODEL 设为 bundled。"


def judge_golden(*, at: datetime, golden: Path = GOLDEN) -> dict[str, Report]:
    """Return how the live search does on all golden queries, on those tuned with and on those held out."""
    if not golden.exists():
        raise NoGolden
    judged = sorted(read_judged(golden), key=attrgetter("kind"))
    parts = {
        "全部": judged,
        "调优用": [one for one in judged if not one.held_out],
        "保留（从不用于调优）": [one for one in judged if one.held_out],
    }
    found = {one.query: _ask(one, at) for one in judged}
    return {name: evaluate(part, found.__getitem__) for name, part in parts.items()}


def judge_files(docs: Path, queries: Path, *, at: datetime, progress: Progress) -> SetReport:
    """Return how words, meaning and both do on a public set, in a scratch index of its own."""
    passages, asking = embeddings.passage_encoder(), embeddings.query_encoder()
    if passages is None or asking is None:
        raise NoEncoder
    return evaluate_set(docs, queries, encoders=(passages, asking), at=at, progress=progress)


def _ask(one: Judged, at: datetime) -> Sequence[str]:
    with database.reading() as session:
        found = find_articles(session, _JUDGE, Wish(one.query), mode=Mode.HYBRID, at=at)
    return [row.card.code for row in found.rows]
