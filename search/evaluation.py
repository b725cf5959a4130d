"""How good the answers are: judged queries against whatever answers, or a public set in a scratch index."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import log2
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from search.document import DocumentKey, SearchDocument
from search.embeddings import Asking, Encoder
from search.engines.base import Engine, Scored
from search.engines.embedded import EmbeddedEngine
from search.finder import CANDIDATES, PATIENT_SECONDS, find_in
from search.hits import Signal
from search.query import parse_query
from search.ranking import fuse

DEEPEST = 10
LONGEST_TITLE = 80
PUT_AT_ONCE, ENCODED_AT_ONCE = 1000, 64

Ask = Callable[[str], Sequence[str]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Judged:
    """A query and the ids that answer it; none, if nothing does."""

    query: str
    relevant: frozenset[str]
    kind: str = ""
    held_out: bool = False


class Figures(NamedTuple):
    """How good one ranking is."""

    success_at_1: float
    success_at_3: float
    success_at_10: float
    recall_at_1: float
    ndcg_at_10: float
    reciprocal_rank: float


@dataclass(frozen=True)
class Scores:
    """Means over the queries that have an answer."""

    queries: int
    success_at_1: float
    success_at_3: float
    success_at_10: float
    recall_at_1: float
    ndcg_at_10: float
    reciprocal_rank: float


@dataclass(frozen=True)
class NoAnswer:
    """Precision: of what was answered with nothing, the share that has no answer. Recall: the reverse."""

    unanswerable: int
    answered_with_nothing: int
    precision: float
    recall: float


@dataclass(frozen=True)
class Report:
    overall: Scores
    by_kind: dict[str, Scores]
    no_answer: NoAnswer


@dataclass(frozen=True)
class SetReport:
    """One public set: BM25 over words as the line to beat, each half alone, and both together.

    `found` is what people would see: the hybrid's ranking unless it was taken for no answer.
    """

    plain_words: Scores
    lexical: Scores
    meaning: Scores
    hybrid: Scores
    found: Scores


def read_judged(path: Path) -> list[Judged]:
    """Read JSON lines of {query, relevant, kind, held_out}; the last two may be missing."""
    return [
        Judged(row["query"], frozenset(row["relevant"]), row.get("kind", ""), row.get("held_out", False))
        for row in _rows(path)
    ]


def evaluate(judged: Iterable[Judged], ask: Ask) -> Report:
    """Ask every query; `ask` returns ids, best first, or nothing for 没有找到."""
    answered = [(one, list(ask(one.query))) for one in judged]
    by_kind: dict[str, list[tuple[Judged, list[str]]]] = defaultdict(list)
    for one, ids in answered:
        by_kind[one.kind].append((one, ids))
    kinds = {kind: scores_of(pairs) for kind, pairs in by_kind.items()}
    return Report(
        overall=scores_of(answered),
        by_kind={kind: scores for kind, scores in kinds.items() if scores.queries},
        no_answer=no_answer_of([(one.relevant, ids) for one, ids in answered]),
    )


def scores_of(answered: Iterable[tuple[Judged, Sequence[str]]]) -> Scores:
    each = [figures_of(one.relevant, ids) for one, ids in answered if one.relevant]
    if not each:
        return Scores(0, 0, 0, 0, 0, 0, 0)
    return Scores(len(each), *(fmean(column) for column in zip(*each, strict=True)))


def evaluate_set(
    docs: Path,
    queries: Path,
    *,
    encoders: tuple[Encoder, Asking],
    at: datetime,
    progress: Progress = lambda _done, _all: None,
) -> SetReport:
    """Index a public set in a scratch folder and ask its queries. Encoding can take minutes."""
    passages, asking = encoders
    with _scratch(docs, passages, progress) as engine:
        answered = [(one, _rankings(engine, asking, one.query, at)) for one in read_judged(queries)]
    return SetReport(
        **{
            name: scores_of([(one, rankings[name]) for one, rankings in answered])
            for name in ("plain_words", "lexical", "meaning", "hybrid", "found")
        }
    )


@contextmanager
def _scratch(docs: Path, encoder: Encoder, progress: Progress) -> Iterator[Engine]:
    documents = _documents(list(_rows(docs)))
    with TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder) / "index", encoder.recipe)
        with engine.writing(wait=0) as writer:
            generation = writer.begin()
            for start in range(0, len(documents), PUT_AT_ONCE):
                writer.put(documents[start : start + PUT_AT_ONCE], only=generation)
            writer.switch(generation)
        while engine.encode_pending(encoder, ENCODED_AT_ONCE):
            meaning = engine.status().meaning
            progress(meaning.done, meaning.total)
        yield engine
        engine.close()


def _documents(rows: Sequence[dict[str, Any]]) -> list[SearchDocument]:
    """Make the texts titles if they are questions, bodies if they are passages."""
    questions = median(len(row["text"]) for row in rows) <= LONGEST_TITLE
    return [
        SearchDocument(
            DocumentKey("set", str(row["id"])),
            title=row["text"] if questions else "",
            body="" if questions else row["text"],
        )
        for row in rows
    ]


def _rankings(engine: Engine, asking: Asking, text: str, at: datetime) -> dict[str, list[str]]:
    query = parse_query(text, at=at)
    by_words = engine.match_words(query, CANDIDATES)
    vector = asking.ask(query.asked, budget=PATIENT_SECONDS).vector()
    by_meaning = engine.match_meaning(query, vector, CANDIDATES, made_by=asking.recipe)
    plain = {Signal.WORDS: by_words.by_signal[Signal.WORDS]}
    return {
        "plain_words": _ids(plain),
        "lexical": _ids(by_words.by_signal),
        "meaning": _ids(by_meaning.by_signal),
        "hybrid": _ids((by_words | by_meaning).by_signal),
        "found": [hit.key.id for hit in find_in(engine, asking, query, limit=DEEPEST).ranked],
    }


def _ids(by_signal: Mapping[Signal, Sequence[Scored]]) -> list[str]:
    return [hit.key.id for hit in fuse(by_signal)[:DEEPEST]]


def figures_of(relevant: frozenset[str], ids: Sequence[str]) -> Figures:
    """Return the figures of a query that has an answer."""
    places = [place for place, id_ in enumerate(ids, start=1) if id_ in relevant]
    first = min(places, default=0)
    gained = sum(1 / log2(place + 1) for place in places if place <= DEEPEST)
    ideal = sum(1 / log2(place + 1) for place in range(1, min(len(relevant), DEEPEST) + 1))
    return Figures(
        float(first == 1),
        float(0 < first <= 3),
        float(0 < first <= DEEPEST),
        (first == 1) / len(relevant),
        gained / ideal,
        1 / first if first else 0.0,
    )


def no_answer_of(answered: Iterable[tuple[frozenset[str], Sequence[str]]]) -> NoAnswer:
    """Judge 没有找到, from what is relevant to each query and what was shown for it."""
    answered = list(answered)
    nothing = [not relevant for relevant, ids in answered if not ids]
    unanswerable = [not ids for relevant, ids in answered if not relevant]
    return NoAnswer(
        unanswerable=len(unanswerable),
        answered_with_nothing=len(nothing),
        precision=fmean(nothing) if nothing else 1.0,
        recall=fmean(unanswerable) if unanswerable else 1.0,
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
