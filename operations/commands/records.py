"""Back up, restore, move to PostgreSQL, verify the audit trail, let somebody in again."""

from pathlib import Path
from typing import Annotated

import typer

from core import audit, clock, database, staff
from core.settings import settings
from operations import keeping, moving
from operations.commands.acting import AT_THE_MACHINE
from operations.commands.screen import console, failures_said, progress_bar

audit_commands = typer.Typer(help="审计记录", no_args_is_help=True)
staff_commands = typer.Typer(help="员工账号", no_args_is_help=True)


def backup(file: Annotated[Path, typer.Argument(help="备份文件，如 zhida-20260101.tar.gz")]) -> None:
    """在线备份数据库和上传的文件到一个文件，并校验。"""
    with failures_said():
        manifest = keeping.backup(file, at=clock.now())
    console.print(
        f"备份完成并已校验：{file}（{file.stat().st_size / 1e6:.1f} MB，{manifest['sha256'][:12]}…）"
    )


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件")],
    replace: Annotated[bool, typer.Option("--replace", help="替换现有数据（原数据改名保留）")] = False,  # noqa: FBT002
) -> None:
    """校验并恢复一份备份；服务须已停止。"""
    with failures_said():
        former = keeping.restore(file, replace=replace, at=clock.now())
    console.print("恢复完成。下次启动时会重建检索索引。")
    if former:
        console.print(f"原数据保留在 {former}")


def move(
    to: Annotated[str, typer.Option(help="空的 PostgreSQL 数据库，如 postgresql://用户:密码@主机/库名")],
) -> None:
    """把整个中心从 SQLite 搬到 PostgreSQL，逐表核对；服务须已停止。"""
    with failures_said(), progress_bar("搬表") as copied, progress_bar("核对") as compared:
        moved = moving.move(to, copied, compared)
    console.print(f"搬完并已核对：{moved.tables} 张表，{moved.rows} 行，两边内容相同。")
    console.print("写进每个进程的设置（*** 换成密码），再启动服务：")
    console.print(f"  ZHIDA_DATABASE_URL={moved.address}", markup=False, soft_wrap=True)
    console.print(
        f"导入的原始文件和检索索引仍在数据目录 {settings().data_dir.absolute()}，请保留它；"
        "原来的 SQLite 文件没有动，以后不再使用。",
        markup=False,
        soft_wrap=True,
    )


@audit_commands.command("verify")
def verify() -> None:
    """逐条核对审计记录的哈希链。"""
    with database.reading() as session:
        report = audit.verify(session)
    if report.broken_at is not None:
        console.print(f"[red]第 {report.broken_at} 条记录被改动或前面有缺失，请立即保存现场。[/red]")
        raise typer.Exit(1)
    console.print(f"{report.entries} 条审计记录完整。最后一条的哈希：{report.head}")


@staff_commands.command("reset-password")
def reset_password(login: Annotated[str, typer.Argument(help="工号")]) -> None:
    """重置一名员工的密码（管理员忘记密码时用）。"""
    with failures_said(), database.unit_of_work() as session:
        password = staff.reset_password(
            session, staff.find(session, login), actor=AT_THE_MACHINE, at=clock.now()
        )
    console.print(f"{login} 的一次性密码：[b]{password}[/b]（首次登录须修改）")
