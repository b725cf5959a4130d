"""Knowledge from the command line: import files, publish what was imported."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from core import clock, database
from core.errors import NotFound
from kb.importing.batches import mapping_of, refusals
from kb.importing.carrying_out import carry_out
from kb.importing.checking import check
from kb.importing.models import ImportBatch
from kb.importing.receiving import Upload, gathered, prepare
from kb.importing.refused_rows import as_csv
from kb.importing.releasing import publish_batch
from operations import preparing
from operations.commands.acting import AT_THE_MACHINE
from operations.commands.screen import console, failures_said, progress_bar

kb_commands = typer.Typer(help="知识", no_args_is_help=True)
_SHOWN_REFUSALS = 5


class NoSuchFile(NotFound):
    def __init__(self, path: Path) -> None:
        super().__init__(f"没有这个文件或文件夹：{path}。请核对路径。")


@kb_commands.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSONL、CSV、XLSX、DOCX、HTML 文件，或文件夹")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试运行，不写入")] = False,  # noqa: FBT002
    publish: Annotated[bool, typer.Option("--publish", help="导入后整批发布")] = False,  # noqa: FBT002
    source: Annotated[str, typer.Option(help="来源名称：同一来源里编号相同就是同一条")] = "",
    refused: Annotated[Path | None, typer.Option(help="把退回的行写到这个 CSV，改好可再导入")] = None,
) -> None:
    """导入问答和文档，成为草稿；重复导入同一文件不会有任何变化，中断后再执行会接着做。"""
    preparing.prepare()
    at = clock.now()
    with failures_said():
        batch_id = _receive(files, source, at)
        with progress_bar("试运行") as told:
            batch = check(batch_id, actor=AT_THE_MACHINE, at=at, progress=told)
        _say_mapping(batch)
        if not dry_run:
            with progress_bar("导入") as told:
                batch = carry_out(batch_id, actor=AT_THE_MACHINE, at=at, progress=told)
        _say_outcome(batch, dry_run=dry_run)
        _hand_back(batch, refused)
        if publish and not dry_run:
            _publish(batch_id)
        elif not dry_run:
            console.print(f"发布这一批：zhida kb publish {batch.id}")


@kb_commands.command("publish")
def publish_(batch: Annotated[UUID, typer.Argument(help="导入批次的编号")]) -> None:
    """发布一批导入的草稿，并更新检索索引。"""
    preparing.prepare()
    with failures_said():
        _publish(batch)


def _receive(files: list[Path], source: str, at: datetime) -> UUID:
    missing = next((path for path in files if not path.exists()), None)
    if missing:
        raise NoSuchFile(missing)
    with ExitStack() as opened:
        uploads = [Upload(name, opened.enter_context(path.open("rb"))) for name, path in gathered(files)]
        return prepare(uploads, source=source, actor=AT_THE_MACHINE, at=at)


def _publish(batch_id: UUID) -> None:
    with progress_bar("发布") as told:
        batch = publish_batch(batch_id, actor=AT_THE_MACHINE, at=clock.now(), progress=told)
    console.print(f"已发布 {batch.published} 篇。")
    with progress_bar("更新检索索引") as told:
        preparing.index_everything(told)
    console.print("检索索引已更新，按词即可搜到；语义由网页服务或 zhida jobs 在后台准备。")


def _say_mapping(batch: ImportBatch) -> None:
    columns = "，".join(f"{heading} → {meaning.label}" for heading, meaning in mapping_of(batch).items())
    console.print(f"列的含义：{columns}")
    for note in batch.notes:
        console.print(f"[yellow]{note}[/yellow]")


def _say_outcome(batch: ImportBatch, *, dry_run: bool) -> None:
    verb = "将" if dry_run else "已"
    console.print(
        f"共 {batch.read} 行：{verb}新建 {batch.started}，{verb}更新 {batch.changed}，"
        f"无变化 {batch.unchanged}，退回 {batch.refused}。"
    )


def _hand_back(batch: ImportBatch, to: Path | None) -> None:
    with database.reading() as session:
        for refusal in session.exec(refusals(batch.id).limit(_SHOWN_REFUSALS)):
            reasons = "；".join(f"{one['field']} {one['reason']}".strip() for one in refusal.problems)
            console.print(f"[yellow]退回 {refusal.file} 第 {refusal.line} 行：{reasons}[/yellow]")
        if to and batch.refused:
            to.write_text("".join(as_csv(session, batch)), "utf-8", newline="")
            console.print(f"全部退回的行已写到 {to}，改好后可以直接再导入。")
