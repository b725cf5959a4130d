"""Cells that Excel would execute are made harmless on the way out, and are themselves again on the way in."""

import re
from collections.abc import Sequence

ADDED = ("文件", "行号", "字段", "原因")  # the columns by which a file of refused rows is known
_EXECUTED = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    return f"'{text}" if _EXECUTED.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def is_ours(headings: Sequence[str]) -> bool:
    return set(ADDED) <= set(headings)
