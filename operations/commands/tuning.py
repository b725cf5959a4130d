"""`zhida search tune`: what would rank better, how sure that is, and putting it in force."""

from typing import Annotated

import typer
from rich.table import Table

from core import clock
from operations import preparing, tuning
from operations.commands.screen import console, failures_said, progress_bar
from operations.tuning import Proposal
from search.side_by_side import Line, SideBySide
from search.tuning import TURNED

NAMES = {"words": "词", "grams": "字", "pinyin": "读音", "meaning": "语义", "codes": "代码"}


def tune(
    apply: Annotated[bool, typer.Option("--apply", help="胜出时立即启用")] = False,  # noqa: FBT002
    seed: Annotated[int, typer.Option(help="随机搜索的种子；同一种子结果相同")] = 1,
) -> None:
    """从标准问题和采用记录里学权重，在保留的问题上验收；只有胜出才启用。"""
    preparing.prepare()
    with failures_said():
        with progress_bar("准备语义向量") as told:
            preparing.encode_everything(told)
        at = clock.now()
        with progress_bar("逐条查询") as told:
            proposal = tuning.tune(at=at, seed=seed, progress=told)
        _say(proposal)
        if proposal.wins and apply:
            tuning.apply(proposal, at=at)
            console.print("[green]已启用。在“检索评测 · 权重”可以恢复以前的配置。[/green]")


def _say(proposal: Proposal) -> None:
    console.print(
        f"学自 {proposal.learnt_from} 条（其中采用记录 {proposal.adopted} 条），保留部分只在最后看一次。"
    )
    if not proposal.is_new:
        console.print("没有找到更好的权重，保持现行配置。")
        return
    console.print(_weights(proposal))
    console.print(_figures(proposal.verdict))
    console.print(_by_kind(proposal.verdict))
    if proposal.wins:
        console.print("[green]胜出：nDCG@10 的区间在 0 以上。加 --apply 启用。[/green]")
    else:
        console.print("[yellow]没有胜出：nDCG@10 的区间含 0 或以下，不启用。[/yellow]")


def _weights(proposal: Proposal) -> Table:
    table = _table("权重", "现在", "建议")
    for signal in TURNED:
        now, proposed = (getattr(one, signal.value) for one in (proposal.now, proposal.proposed))
        table.add_row(NAMES[signal.value], f"{now:g}", f"{proposed:g}")
    table.add_row("没有找到的下限", f"{proposal.now.floor:g}", f"{proposal.proposed.floor:g}")
    return table


def _figures(verdict: SideBySide) -> Table:
    table = _table(f"保留部分 · {verdict.queries} 条", "现在", "建议", "差", "95% 区间")
    for line in verdict.figures:
        table.add_row(line.name, *_cells(line))
    for name, attribute in (("没有找到 准确率", "precision"), ("没有找到 召回率", "recall")):
        before, after = (getattr(side, attribute) for side in verdict.no_answer)
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}", "")
    return table


def _by_kind(verdict: SideBySide) -> Table:
    table = _table("保留部分 · 分类", "条数", "成功@3", "成功@3 建议", "nDCG", "nDCG 建议", "差", "95% 区间")
    for kind, (success, ndcg) in verdict.by_kind:
        each = (f"{success.before:.3f}", f"{success.after:.3f}")
        table.add_row(kind, str(ndcg.difference.queries), *each, *_cells(ndcg))
    return table


def _cells(line: Line) -> tuple[str, ...]:
    gap = line.difference
    return (
        f"{line.before:.3f}",
        f"{line.after:.3f}",
        f"{gap.mean:+.3f}",
        f"{gap.low:+.3f} 至 {gap.high:+.3f}",
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table
