"""The relevance benchmark in words: a table for each set, the golden set by kind, and the budgets."""

from collections.abc import Iterator, Sequence

from benchmarks.scoring import METRICS, SetResult
from benchmarks.zhida_side import BY_MEANING, BY_WORDS, FOUND, FUSED, ON_ELASTICSEARCH

GOLDEN = "golden"
SHORT = {
    FOUND: "Zhida",
    FUSED: "before floor",
    BY_WORDS: "words half",
    BY_MEANING: "meaning half",
    ON_ELASTICSEARCH: "on Elasticsearch",
}


def table_of(result: SetResult) -> Iterator[str]:
    """Every system on one set, with 95 % intervals; the difference is to Zhida as found, paired."""
    yield f"\n### {result.name}: {result.documents:,} documents, {len(result.judged):,} queries\n"
    yield "| system | " + " | ".join(METRICS) + " | nDCG@10 less Zhida's | R@1 less Zhida's | nothing found |"
    yield "|---|" + "---|" * (len(METRICS) + 3)
    for system in result.answers:
        means = [str(result.mean(system, metric)) for metric in METRICS]
        if system == FOUND:
            means, less = [f"**{mean}**" for mean in means], ["", ""]
        else:
            less = [_signed(result, system, metric) for metric in ("nDCG@10", "R@1")]
        nothing = f"{result.nothing_found(system):.1%}"
        yield f"| {system} | " + " | ".join([*means, *less, nothing]) + " |"
    yield from (f"\n{note}" for note in result.notes)


def _signed(result: SetResult, system: str, metric: str) -> str:
    less = result.difference(system, FOUND, metric)
    return f"{less.value:+.3f} ({less.low:+.3f} to {less.high:+.3f})"


def golden_tables(result: SetResult) -> Iterator[str]:
    for metric in ("success@3", "nDCG@10"):
        yield from _by_kind(result, metric)
    yield "\n#### No answer\n"
    unanswerable = result.no_answer(FOUND).unanswerable
    yield f"{unanswerable} queries have no answer in the centre; all others do.\n"
    yield "| system | said 没有找到 | precision | recall |\n|---|---|---|---|"
    for system in result.answers:
        none = result.no_answer(system)
        precision = f"{none.precision:.3f}" if none.answered_with_nothing else "never"
        yield f"| {system} | {none.answered_with_nothing} | {precision} | {none.recall:.3f} |"


def _by_kind(result: SetResult, metric: str) -> Iterator[str]:
    peers = [system for system in result.answers if system != FOUND]
    yield f"\n#### {metric} by kind of query\n"
    heads = ["kind", "queries", "Zhida", "tuned with", "held out", *(SHORT.get(one, one) for one in peers)]
    yield "| " + " | ".join(heads) + " |\n|" + "---|" * len(heads)
    for kind in (*result.kinds, ""):
        all_ = result.of_kind(kind)
        cells = [kind or "all", str(len(all_)), f"**{result.mean(FOUND, metric, all_)}**"]
        cells += [
            _plain(result, FOUND, metric, result.of_kind(kind, held_out=part)) for part in (False, True)
        ]
        cells += [_plain(result, peer, metric, all_) for peer in peers]
        yield "| " + " | ".join(cells) + " |"


def _plain(result: SetResult, system: str, metric: str, only: Sequence[object]) -> str:
    values = result.values(system, metric, only)  # type: ignore[arg-type]
    return f"{values.mean():.3f}" if len(values) else ""
