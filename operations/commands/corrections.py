"""Corrections from the command line: tell the sources now."""

from core import clock
from operations import preparing
from operations.commands.screen import console, failures_said
from subscribers import regular_work


def feedback() -> None:
    """读取来源的回执，把待反馈的更正写成文件，放进各来源的 out 目录（每天也会自动做一次）。"""
    preparing.prepare()
    with failures_said():
        names = regular_work.feedback(clock.now())
    for name in names:
        console.print(name, markup=False)
    console.print(f"写出 {len(names)} 个反馈文件" if names else "没有待反馈的更正", markup=False)
