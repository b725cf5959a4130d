"""The figures, worked out by hand; and the golden questions by words alone, which needs no model."""

import json
import tomllib
from importlib import resources
from math import log2
from pathlib import Path

import pytest

from kb.sanitising import text_of
from search.document import DocumentKey, SearchDocument
from search.engines.embedded import EmbeddedEngine
from search.evaluation import Judged, evaluate, evaluate_set, read_judged, scores_of
from search.finder import find_in
from tests.conftest import MONDAY_MORNING
from tests.search.library import fill, make_query
from tests.search.stand_ins import AskingLetters, LetterEncoder

GOLDEN = Path(__file__).with_name("golden.jsonl")


def judged(*relevant: str, kind: str = "") -> Judged:
    return Judged("?", frozenset(relevant), kind)


def test_scores_by_hand() -> None:
    scores = scores_of(
        [
            (judged("a"), ["a", "b"]),
            (judged("a"), ["b", "c", "a"]),
            (judged("a", "b"), ["x", "b"]),
            (judged("a"), []),
            (judged(), ["b"]),
        ]
    )

    assert scores.queries == 4
    assert scores.success_at_1 == 0.25
    assert scores.success_at_3 == 0.75
    assert scores.success_at_10 == 0.75
    assert scores.recall_at_1 == 0.25
    assert scores.reciprocal_rank == pytest.approx((1 + 1 / 3 + 1 / 2 + 0) / 4)
    gains = 1 + 1 / log2(4) + (1 / log2(3)) / (1 + 1 / log2(3)) + 0
    assert scores.ndcg_at_10 == pytest.approx(gains / 4)


def test_with_two_answers_the_first_is_half_of_what_there_is() -> None:
    assert scores_of([(judged("a", "b"), ["a", "b"])]).recall_at_1 == 0.5


def test_answering_with_nothing_has_its_own_figures() -> None:
    answers = {"有": ["a"], "也有": [], "没有": [], "也没有": ["a"]}
    queries = [
        Judged("有", frozenset("a")),
        Judged("也有", frozenset("a")),
        Judged("没有", frozenset()),
        Judged("也没有", frozenset()),
    ]

    report = evaluate(queries, lambda query: answers[query])

    assert report.no_answer.precision == 0.5
    assert report.no_answer.recall == 0.5
    assert report.no_answer.unanswerable == 2
    assert report.overall.queries == 2


def test_each_kind_is_counted_alone() -> None:
    queries = [
        Judged("a", frozenset("a"), "汉字"),
        Judged("b", frozenset("b"), "全拼"),
        Judged("c", frozenset()),
    ]

    by_kind = evaluate(queries, lambda _query: ["a"]).by_kind

    assert {kind: scores.success_at_1 for kind, scores in by_kind.items()} == {"汉字": 1, "全拼": 0}


@pytest.mark.parametrize(
    "texts", [["国际漫游怎么收费", "宽带移机要几天"], ["国际漫游按天收费。" * 40, "宽带移机。" * 40]]
)
def test_a_set_of_questions_or_passages_is_asked_in_a_scratch_index(tmp_path: Path, texts: list[str]) -> None:
    docs, queries = tmp_path / "x.docs.jsonl", tmp_path / "x.queries.jsonl"
    docs.write_text("".join(json.dumps({"id": f"d{n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    queries.write_text(
        json.dumps({"query": "漫游收费", "relevant": ["d0"]})
        + "\n"
        + json.dumps({"query": "移机", "relevant": ["d1"]})
    )
    letters, told = LetterEncoder(), []

    report = evaluate_set(
        docs,
        queries,
        encoders=(letters, AskingLetters(letters)),
        at=MONDAY_MORNING,
        progress=lambda done, total: told.append((done, total)),
    )

    assert report.plain_words.success_at_1 == 1
    assert report.lexical.success_at_1 == 1
    assert report.meaning.success_at_1 == 1
    assert report.hybrid.queries == 2
    assert told[-1][0] == told[-1][1]


def test_the_golden_questions_are_sound() -> None:
    golden = read_judged(GOLDEN)

    assert len({one.query for one in golden}) > 300
    assert {one.held_out for one in golden} == {True, False}
    assert all(bool(one.relevant) is (one.kind != "无答案") for one in golden)


def test_words_alone_find_what_agents_ask(tmp_path: Path) -> None:
    """The gate under the whole of understanding text: cutting, codes, spelling, weights."""
    engine = EmbeddedEngine(tmp_path / "index", None)
    fill(engine, *sample_documents())
    typed_in_characters = [
        one
        for one in read_judged(GOLDEN)
        if not one.held_out and one.kind not in {"全拼", "首字母", "无答案"}
    ]

    report = evaluate(
        typed_in_characters,
        lambda text: [hit.key.id for hit in find_in(engine, None, make_query(text), limit=10).ranked],
    )

    assert report.overall.success_at_3 >= 0.92
    assert report.overall.success_at_10 >= 0.96
    assert report.by_kind["汉字"].success_at_3 >= 0.98
    assert report.by_kind["代码/数字"].success_at_1 >= 0.96
    assert report.by_kind["繁体"].success_at_3 >= 0.98
    engine.close()


def sample_documents() -> list[SearchDocument]:
    """Return the articles of the sample centre as they stand in their files."""
    folder = resources.files("operations.sample_centre") / "articles"
    return [
        SearchDocument(
            DocumentKey("kb", article["code"]),
            title=article["title"],
            summary=article["answer"],
            body="\n".join(
                [
                    *(text_of(article.get(part, "")) for part in ("conditions", "prices", "steps")),
                    *(script["text"] for script in article.get("script", [])),
                ]
            ),
            questions=tuple(article.get("similar_questions", [])),
            keywords=tuple(article.get("keywords", [])),
            codes=(article["code"], *article.get("codes", [])),
        )
        for file in folder.iterdir()
        if file.name.endswith(".toml")
        for article in tomllib.loads(file.read_text("utf-8"))["article"]
    ]
