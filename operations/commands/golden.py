"""The golden queries as a file: out of a centre, into a centre."""

from pathlib import Path
from typing import Annotated

import typer

from core import clock, database
from core.identity import SYSTEM, Actor, Role
from operations import golden_files, preparing
from operations.commands.screen import console, failures_said

golden_commands = typer.Typer(help="标准问题集", no_args_is_help=True)
_KEEPER = Actor(SYSTEM.staff_id, "命令行", roles=frozenset({Role.EDITOR}))


@golden_commands.command("export")
def export_golden(file: Annotated[Path, typer.Argument(help="要写的 JSONL 文件")]) -> None:
    """把标准问题和判断写成 JSONL，每行一条。"""
    preparing.prepare()
    with failures_said(), database.reading() as session:
        lines = list(golden_files.export_lines(session))
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    console.print(f"已导出 {len(lines)} 条到 {file}。")


@golden_commands.command("import")
def import_golden(file: Annotated[Path, typer.Argument(help="要读的 JSONL 文件", exists=True)]) -> None:
    """从 JSONL 装入标准问题；已有的不动。"""
    preparing.prepare()
    with failures_said(), file.open(encoding="utf-8") as lines, database.unit_of_work() as session:
        taken = golden_files.import_lines(session, lines, actor=_KEEPER, at=clock.now())
    console.print(f"新增 {taken.added} 条，已有 {taken.known} 条。")
    if taken.unknown:
        listed = "、".join(taken.unknown[:10])
        console.print(f"[yellow]{len(taken.unknown)} 个知识编号不存在，相关问题没有装入：{listed}[/yellow]")
