"""From answers to a table: the figures of each system, the parts of the golden set, the budgets."""

import pytest

from benchmarks.relevance_budgets import budgets_of
from benchmarks.relevance_tables import golden_tables, table_of
from benchmarks.scoring import SetResult
from benchmarks.zhida_side import BY_MEANING, BY_WORDS, FOUND, FUSED
from search.evaluation import Judged

BM25 = "BM25"
JUDGED = (
    Judged("漫游", frozenset({"a"}), "汉字"),
    Judged("移机", frozenset({"b"}), "汉字", held_out=True),
    Judged("llb", frozenset({"c"}), "首字母"),
    Judged("天气", frozenset(), "无答案"),
)


def result(**answers: list[list[str]]) -> SetResult:
    names = {"found": FOUND, "fused": FUSED, "words": BY_WORDS, "meaning": BY_MEANING, "bm25": BM25}
    by_system = {
        names[system]: {one.query: ids for one, ids in zip(JUDGED, lists, strict=True)}
        for system, lists in answers.items()
    }
    return SetResult("golden", 3, JUDGED, by_system)


@pytest.fixture
def measured() -> SetResult:
    return result(
        found=[["a"], ["x", "b"], [], []],
        fused=[["a"], ["x", "b"], ["c"], ["x"]],
        words=[["a"], ["x"], [], []],
        meaning=[["x"], ["b"], ["c"], ["x"]],
        bm25=[["x", "a"], ["x"], [], ["x"]],
    )


def test_the_table_has_a_row_for_each_system_and_its_difference(measured: SetResult) -> None:
    lines = "\n".join(table_of(measured)).splitlines()

    bm25 = next(line for line in lines if line.startswith("| BM25"))
    assert measured.mean(FOUND, "R@1").value == pytest.approx(1 / 3)
    assert "| -0.333 (" in bm25
    assert bm25.endswith("| 33.3% |")


def test_the_golden_set_is_told_by_kind_and_by_part(measured: SetResult) -> None:
    lines = "\n".join(golden_tables(measured)).splitlines()

    assert next(line for line in lines if line.startswith("| 汉字")).split(" | ")[1:2] == ["2"]
    assert "| Zhida, as found | 2 | 0.500 | 1.000 |" in lines
    assert f"| {FUSED} | 0 | never | 0.000 |" in lines


def test_a_budget_that_is_missed_gets_a_cross(measured: SetResult) -> None:
    budgets = {one.what: one for one in budgets_of(measured, [BM25])}

    assert budgets["golden: success@3, 汉字"].is_kept
    assert not budgets["golden: success@3, 首字母"].is_kept
    assert not budgets["golden: share of answerable queries with no result"].is_kept
    assert str(budgets["golden: recall of 没有找到"]).startswith("| ✓ |")
    assert not budgets[f"golden: nDCG@10, {FOUND}, not below {BY_MEANING}"].is_kept
