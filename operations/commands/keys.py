"""Data keys: which of them sealed what, and sealing everything with the one in use."""

import typer

from core import database, rotating, sealing
from operations.commands.screen import console, failures_said, progress_bar

key_commands = typer.Typer(help="加密资料的密钥", no_args_is_help=True)


@key_commands.command("status")
def status() -> None:
    """每个密钥加密了多少项资料，哪些旧密钥可以去掉。"""
    with failures_said(), database.reading() as session:
        standing = rotating.standing(session)
        in_use = sealing.keys()[0].name
    for name, counts in standing.items():
        said = "，".join(f"{label} {count}" for label, count in counts.items() if count)
        if name == in_use:
            console.print(f"{name}（现用）：{said or '还没有资料'}")
        elif name:
            console.print(f"{name}（旧）：{said or '已没有资料用它，可以从 ZHIDA_DATA_KEYS 去掉'}")
        elif said:
            console.print(f"[red]缺密钥，打不开：{said}。请把当时的密钥加回 ZHIDA_DATA_KEYS。[/red]")


@key_commands.command("rotate")
def rotate() -> None:
    """用现用的密钥重新加密全部资料；可以随时中断，再运行就接着做。"""
    with failures_said(), progress_bar("重新加密") as told:
        done = rotating.rotate(told)
    console.print(f"重新加密 {done.renewed} 项。")
    if done.unopened:
        console.print(
            f"[red]{done.unopened} 项缺少密钥，没有动。请把当时的密钥加回 ZHIDA_DATA_KEYS 再运行。[/red]"
        )
        raise typer.Exit(1)
