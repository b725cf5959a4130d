"""The search index: how it stands, how good it is, and building it anew."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session

from core import clock, database
from operations import judging, preparing
from operations.commands.acting import AT_THE_MACHINE
from operations.commands.golden import golden_commands
from operations.commands.screen import console, failures_said, progress_bar
from operations.commands.tuning import tune
from search import drift, engines, indexing, meaning, rebuilds, reranking
from search.degraded import A_DAY, JUST_NOW, degraded_since
from search.engines.base import EngineStatus, Progress
from search.evaluation import Report, Scores
from search.rebuild import changes_model
from search.rebuild import rebuild as rebuild_beside
from search.recipes import EmbeddingRecipe

search_commands = typer.Typer(help="检索", no_args_is_help=True)
search_commands.add_typer(golden_commands, name="golden")
search_commands.command("tune")(tune)
COLUMNS = ("查询数", "成功@1", "成功@3", "成功@10", "nDCG@10", "R@1", "MRR")


@search_commands.command("status")
def status() -> None:
    """索引有多少文档、多少向量、还差多少，用哪个语义模型；精排模型能不能用。"""
    preparing.prepare()
    console.print(f"引擎：{engines.name()}", markup=False)
    found, failure = indexing.status_if_any()
    with database.reading() as session:
        lines = [
            *(_about_index(found) if found else [f"索引：{failure}"]),
            *_about_drift(session),
            *_about_rebuild(session),
            *_about_degradations(session, clock.now()),
        ]
    for line in lines:
        console.print(line, markup=False)
    with failures_said():
        reranker = preparing.wake_reranker()
        told = f"精排 {reranker.name}：{reranker.standing.label}" if reranker else "精排：未启用"
        console.print(told, markup=False)
        reranking.forget()
    if failure:  # the rest was told all the same
        raise typer.Exit(1)


def _about_index(found: EngineStatus) -> Iterator[str]:
    yield f"索引代次 {found.generation}，文档 {found.documents}，语义 {_of(found.meaning)}"
    yield from _about_meaning(found)


def _about_meaning(found: EngineStatus) -> Iterator[str]:
    if found.recipe:
        yield f"语义模型：{_described(found.recipe)}"
    if found.preparing and changes_model(found) and found.preparing.recipe:
        made = _of(found.preparing.meaning)
        yield f"正在换成：{_described(found.preparing.recipe)}；已编码 {made}，完成后切换，此前照旧查找"
    if told := meaning.trouble(found):
        yield told


def _about_rebuild(session: Session) -> Iterator[str]:
    last = rebuilds.latest(session)
    if last is None:
        return
    rate = f"，每秒 {last.rate:.0f} 篇" if last.rate else ""
    left = f"，约剩 {last.seconds_left:.0f} 秒" if last.is_open and last.seconds_left else ""
    yield f"最近一次重建：{last.label}，{last.done}/{last.total} 篇{rate}{left}"
    if last.error:
        yield f"重建没有完成的原因：{last.error}"


def _about_drift(session: Session) -> Iterator[str]:
    if checked := drift.latest(session):
        differed = f"缺 {checked.missing}，旧 {checked.stale}，多 {checked.orphaned}；已修复"
        said = differed if checked.found else "一致"
        said = said if checked.is_whole else "各部分对不上，正在重建"
        yield f"与数据库核对：{checked.at:%Y-%m-%d %H:%M}Z，{checked.documents} 篇，{said}"


def _about_degradations(session: Session, at: datetime) -> Iterator[str]:
    for name, span in (("最近 5 分钟", JUST_NOW), ("最近 24 小时", A_DAY)):
        seen = degraded_since(session, at - span, at=at)
        said = "，".join(f"{one.label} {times} 次" for one, times in seen.named.most_common()) or "没有降级"
        yield f"{name}：{seen.searches} 次查询，{said}"


def _described(recipe: EmbeddingRecipe) -> str:
    how = meaning.encoding(recipe)
    longest = f"，最长 {how.longest} 个词元" if how.longest else ""
    runs = f"{how.device}，批量 {how.batch}，{how.threads} 线程，查询进程 {how.processes}"
    size = f"{recipe.model}，{recipe.dimension} 维{longest}"
    return f"{recipe.name}（{size}；{runs}；配方 {recipe.fingerprint}）"


def _of(made: Progress) -> str:
    return f"{made.done}/{made.total}"


@search_commands.command("rebuild")
def rebuild(
    pause: Annotated[bool, typer.Option("--pause", help="让正在进行的重建停住，已建好的部分保留")] = False,  # noqa: FBT002
    abandon: Annotated[bool, typer.Option("--abandon", help="放弃正在进行的重建，旧索引照常使用")] = False,  # noqa: FBT002
) -> None:
    """在旁边重建索引，完成后切换；查询不中断。停住的接着建。"""
    preparing.prepare()
    if pause or abandon:
        _steer(rebuilds.abandon if abandon else rebuilds.pause)
    else:
        _build_anew()


def _build_anew() -> None:
    rebuilds.go_on()
    with failures_said():
        with progress_bar("重建检索索引") as told:
            documents = rebuild_beside(clock.now(), told)
        with progress_bar("准备语义向量") as told:
            preparing.encode_everything(told)
    console.print(f"重建完成：{documents} 篇。")


def _steer(what: Callable[..., None]) -> None:
    with failures_said(), database.unit_of_work() as session:
        what(session, actor=AT_THE_MACHINE, at=clock.now())
    console.print("已记下，这一批建完后生效。")


@search_commands.command("evaluate")
def evaluate(
    docs: Annotated[Path | None, typer.Argument(help="文档 JSONL；不填则用本中心的标准问题")] = None,
    queries: Annotated[Path | None, typer.Argument(help="查询 JSONL")] = None,
) -> None:
    """检索效果：成功@1/3/10、nDCG@10、R@1、MRR、无答案的准确率和召回率，分类列出。"""
    preparing.prepare()
    with failures_said():
        if docs and queries:
            _evaluate_files(docs, queries)
        else:
            _evaluate_golden()


def _evaluate_golden() -> None:
    with progress_bar("准备语义向量") as told:
        preparing.encode_everything(told)
    preparing.wake_reranker()
    with progress_bar("逐条查询") as told:
        reports = judging.judge_golden(at=clock.now(), progress=told)
    for name, report in reports.items():
        console.print(_golden_table(name, report))
        none = report.no_answer
        console.print(
            f"无答案 {none.unanswerable} 条：答“没有找到”{none.answered_with_nothing} 次，"
            f"准确率 {none.precision:.3f}，召回率 {none.recall:.3f}\n"
        )


def _evaluate_files(docs: Path, queries: Path) -> None:
    with progress_bar("编码") as told:
        report = judging.judge_files(docs, queries, at=clock.now(), progress=told)
    table = _table(f"{docs.name} · {queries.name}")
    rows = {
        "BM25 按词": report.plain_words,
        "词与字": report.lexical,
        "语义": report.meaning,
        "合并": report.hybrid,
    }
    for name, scores in rows.items():
        _add(table, name, scores)
    console.print(table)


def _golden_table(name: str, report: Report) -> Table:
    table = _table(f"标准问题 · {name}")
    for kind, scores in report.by_kind.items():
        _add(table, kind, scores)
    _add(table, "合计", report.overall)
    return table


def _table(title: str) -> Table:
    table = Table(title=title)
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    return table


def _add(table: Table, name: str, scores: Scores) -> None:
    figures = (
        scores.success_at_1,
        scores.success_at_3,
        scores.success_at_10,
        scores.ndcg_at_10,
        scores.recall_at_1,
        scores.reciprocal_rank,
    )
    table.add_row(name, str(scores.queries), *(f"{figure:.3f}" for figure in figures))
