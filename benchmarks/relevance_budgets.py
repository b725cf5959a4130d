"""The budgets of relevance, kept or missed."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.scoring import SetResult
from benchmarks.zhida_side import BY_MEANING, BY_WORDS, FOUND, FUSED, ON_ELASTICSEARCH

GOLDEN, QUESTIONS = "golden", "afqmc_faq"
LEAST_RATIO = 1.45
LEAST_FIRST = {"cmrc2018_trial": 0.98, "xquad_zh": 0.955}
LEAST_SUCCESS, LEAST_SUCCESS_OF_KIND = 0.90, 0.85
LEAST_PRECISION, LEAST_RECALL, MOST_NOTHING = 0.9, 0.8, 0.03


@dataclass(frozen=True)
class Budget:
    """`seen` is compared with `bound`, which it must reach or, if `at_most`, not exceed."""

    what: str
    seen: float
    bound: float
    at_most: bool = False
    beside: str = ""

    @property
    def is_kept(self) -> bool:
        return self.seen <= self.bound if self.at_most else self.seen >= self.bound

    def __str__(self) -> str:
        mark, sign = "✓" if self.is_kept else "✗", "≤" if self.at_most else "≥"
        return f"| {mark} | {self.what} | {self.seen:.3f} {self.beside} | {sign} {self.bound:.3f} |"


def budget_lines(results: list[SetResult], bm25: list[str]) -> Iterator[str]:
    yield "\n### Budgets\n\n| | what | seen | budget |\n|---|---|---|---|"
    for result in results:
        yield from map(str, budgets_of(result, bm25))


def budgets_of(result: SetResult, bm25: list[str]) -> Iterator[Budget]:
    """Yield what is promised of this set. `bm25` names the rivals over jieba words; the better one counts."""
    strongest = max(bm25, key=lambda system: result.mean(system, "nDCG@10").value)
    ratio = result.ratio(FOUND, strongest, "nDCG@10")
    least = LEAST_RATIO if result.name == QUESTIONS else 1.0
    what = f"{result.name}: nDCG@10 as a multiple of {strongest}"
    yield Budget(what, ratio.value, least, beside=f"({ratio.low:.3f} to {ratio.high:.3f})")
    for system in (FOUND, FUSED, ON_ELASTICSEARCH):
        if system not in result.answers:
            continue
        if result.name in LEAST_FIRST:
            first = result.mean(system, "R@1")
            beside = f"({first.low:.3f} to {first.high:.3f})"
            yield Budget(
                f"{result.name}: R@1, {system}", first.value, LEAST_FIRST[result.name], beside=beside
            )
        half = max((BY_WORDS, BY_MEANING), key=lambda half: result.mean(half, "nDCG@10").value)
        least = result.mean(half, "nDCG@10").value
        what = f"{result.name}: nDCG@10, {system}, not below {half}"
        yield Budget(what, result.mean(system, "nDCG@10").value, least)
    if result.name == GOLDEN:
        yield from _golden(result)


def _golden(result: SetResult) -> Iterator[Budget]:
    for part, name in ((None, "golden: success@3"), (True, "golden: success@3, held out")):
        only = result.of_kind("", held_out=part)
        success = result.mean(FOUND, "success@3", only)
        yield Budget(name, success.value, LEAST_SUCCESS, beside=f"({success.low:.3f} to {success.high:.3f})")
    for kind in result.kinds:
        success = result.mean(FOUND, "success@3", result.of_kind(kind))
        yield Budget(f"golden: success@3, {kind}", success.value, LEAST_SUCCESS_OF_KIND)
    none = result.no_answer(FOUND)
    yield Budget("golden: precision of 没有找到", none.precision, LEAST_PRECISION)
    yield Budget("golden: recall of 没有找到", none.recall, LEAST_RECALL)
    nothing = result.nothing_found(FOUND)
    yield Budget("golden: share of answerable queries with no result", nothing, MOST_NOTHING, at_most=True)
