"""The search index: how it stands, how good it is, and building it anew."""

from pathlib import Path
from typing import Annotated

import typer

from core import clock
from operations import judging, preparing
from operations.commands.screen import console, failures_said, progress_bar
from search import engines
from search.rebuild import rebuild as rebuild_beside

search_commands = typer.Typer(help="检索", no_args_is_help=True)


@search_commands.command("status")
def status() -> None:
    """索引有多少文档、多少向量、还差多少。"""
    preparing.prepare()
    with failures_said():
        found = engines.engine().status()
    console.print(
        f"索引代次 {found.generation}，文档 {found.documents}，向量 {found.meaning.done}/{found.meaning.total}"
    )
    if found.building:
        console.print(f"正在重建：{found.building}")


@search_commands.command("rebuild")
def rebuild() -> None:
    """在旁边重建索引，完成后切换；查询不中断。"""
    with failures_said(), progress_bar("重建检索索引") as told:
        rebuild_beside(clock.now(), told)
    with failures_said(), progress_bar("准备语义向量") as told:
        preparing.encode_everything(told)


@search_commands.command("evaluate")
def evaluate(
    docs: Annotated[Path | None, typer.Argument(help="文档 JSONL；不填则用样例中心和它的标准问题")] = None,
    queries: Annotated[Path | None, typer.Argument(help="查询 JSONL")] = None,
) -> None:
    """检索效果：success@1/3/10、nDCG@10、MRR、无答案的准确率和召回率，分类列出。"""
    with failures_said(), progress_bar("评测") as told:
        reports = judging.judge(docs, queries, at=clock.now(), progress=told)
    for title, report in reports.items():
        console.print(_table(title, report))
