"""Subscribers from the command line: load the files of a source."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from core import clock
from operations import preparing
from operations.commands.screen import console, failures_said, progress_bar
from subscribers.entities import ENTITIES
from subscribers.loading import naming
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.loading.progress import Told
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of

subscriber_commands = typer.Typer(help="用户资料", no_args_is_help=True)


@subscriber_commands.callback()
def subscribers() -> None:
    """用户资料。"""


@subscriber_commands.command("load")
def load_(
    files: Annotated[list[Path], typer.Argument(help="数据文件（.dat，旁边有 .chk），或放着它们的文件夹")],
) -> None:
    """装载来源的文件：重复装载不会有任何变化，中断后再执行会接着做。"""
    preparing.prepare()
    with failures_said():
        states = [_load(path) for path in _in_order(files)]
    if any(state in {LoadState.REJECTED, LoadState.HELD} for state in states):
        raise typer.Exit(1)


def _in_order(files: list[Path]) -> list[Path]:
    """Parents before children, and the files of an entity in their sequence."""
    found = [one for path in files for one in (path.glob("*.chk") if path.is_dir() else [path])]
    entities = list(ENTITIES)
    names = {path: naming.understood(path.stem) for path in found}
    return sorted(names, key=lambda path: (entities.index(names[path].entity), names[path].sequence))


def _load(path: Path) -> str:
    received = receive(path, Via.COMMAND, at=clock.now())
    with _bar(path.stem) as told:
        load = advance(id_of(received.load), at=clock.now(), progress=told)
    _say(load, is_replay=received.is_replay)
    return load.state


@contextmanager
def _bar(name: str) -> Iterator[Told]:
    with progress_bar(name) as told:
        yield lambda _state, done, total: told(done, total)


def _say(load: Load, *, is_replay: bool) -> None:
    again = "（以前装载过，没有再做）" if is_replay and LoadState(load.state).is_over else ""
    colour = "red" if load.state in {LoadState.REJECTED, LoadState.HELD} else "default"
    entity, kind = ENTITIES[load.entity].label, LoadKind(load.kind).label
    console.print(f"{load.name}（{entity}，{kind}）：{LoadState(load.state).label}{again}", style=colour)
    if load.reason:
        console.print(f"  {load.reason}", style=colour, markup=False, soft_wrap=True)
    counts = {
        "新增": load.inserted,
        "更新": load.updated,
        "无变化": load.unchanged,
        "旧版本": load.stale + load.superseded,
        "删除": load.removed,
        "疑似缺失": load.absent,
        "搁置": load.bad,
        "等上级": load.orphans,
    }
    said = "，".join(f"{name} {count}" for name, count in counts.items() if count)
    console.print(f"  共 {load.rows} 行：{said or '没有变化'}。")
