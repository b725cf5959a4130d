"""One row of a file on its way in, whatever the file was."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_CELL = 200_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken; `field` is the heading concerned, or empty for the row as a whole."""

    field: str
    reason: str


@dataclass(frozen=True)
class Line:
    """Values by column, before anybody knows the headings; `faults` says by column what could not be read."""

    number: int
    values: list[str]
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    file: str
    line: int
    cells: dict[str, str]
    problems: tuple[Problem, ...] = ()


def unstorable(cells: Mapping[str, str]) -> list[Problem]:
    """Return what no article can hold, by heading."""
    problems = []
    for heading, text in cells.items():
        if len(text) > LONGEST_CELL:
            size = f"这一格有 {len(text):,} 个字，最多 {LONGEST_CELL:,} 个。"
            problems.append(Problem(heading, f"{size}请拆成几条；如果是引号没有配对，请补上引号。"))
        if _UNSTORABLE.search(text):
            problems.append(
                Problem(heading, "含有无法保存的字符（空字符或残缺的表情符号），请删掉后重新导入。")
            )
    return problems
