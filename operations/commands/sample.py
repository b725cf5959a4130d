"""`zhida sample`: files of made-up subscribers in any number, to try and to measure with."""

from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from core import clock
from core.clock import CENTRE_TIME
from operations.commands.screen import console, progress_bar
from operations.generating import files
from subscribers.entities import ENTITIES

sample_commands = typer.Typer(help="编造的数据，供试用和测量", no_args_is_help=True)


@sample_commands.callback()
def sample() -> None:
    """编造的数据，供试用和测量。"""


@sample_commands.command("subscribers")
def subscribers(
    count: Annotated[int, typer.Option(min=1, max=20_000_000, help="多少位客户")],
    delta: Annotated[float, typer.Option(min=0, max=1, help="只写变化了的这一部分，如 0.03；0 写全量")] = 0,
    out: Annotated[Path, typer.Option(help="写到哪个文件夹")] = Path("sample-files"),
    months: Annotated[int, typer.Option(min=1, max=36, help="账单写几个月")] = files.MONTHS,
    day: Annotated[str, typer.Option(help="营业日，如 2026-11-26；同一天每次都相同，默认今天")] = "",
) -> None:
    """写出编造的用户资料文件（.dat 和 .chk），可用 zhida subscribers load 装载。"""
    at, wanted = _morning(day), files.Population(count, months)
    with progress_bar("编写") as told:
        if delta:
            written = files.write_delta(out, wanted, delta, at=at, told=told)
        else:
            written = files.write_full(out, wanted, at=at, told=told)
    said = "，".join(f"{ENTITIES[entity].label} {rows}" for entity, rows in written.rows.items())
    console.print(f"写到 {out}：{said}。", markup=False, soft_wrap=True)
    console.print(f"装载：zhida subscribers load {out}", markup=False, soft_wrap=True)


def _morning(day: str) -> datetime:
    try:
        written = datetime.strptime(day, "%Y-%m-%d").date() if day else clock.day_of(clock.now())  # noqa: DTZ007
    except ValueError as error:
        raise typer.BadParameter("日期应写作 2026-11-26", param_hint="--day") from error
    return datetime.combine(written, time(6), CENTRE_TIME)
