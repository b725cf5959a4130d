"""JSONL: one object a line, its values text, numbers, or lists of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.importing.rows import Problem, Row, unstorable
from kb.importing.tables import MOST_COLUMNS, NoHeadings, Table, TooManyColumns

WHOLE_LINE = "原文"


class _NotPlain(ValueError):
    pass


def table_of(path: Path, encoding: str, name: str) -> Table:
    """
    :raises NoHeadings: if no line is an object
    :raises TooManyColumns: if the objects have too many different names
    """
    headings = dict.fromkeys(heading for row in _rows(path, encoding, name) for heading in row.cells)
    headings.pop(WHOLE_LINE, None)
    if not headings:
        raise NoHeadings(name)
    if len(headings) > MOST_COLUMNS:
        raise TooManyColumns(name)
    return Table(list(headings), _rows(path, encoding, name))


def _rows(path: Path, encoding: str, name: str) -> Iterator[Row]:
    with path.open(encoding=encoding, newline="\n") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _row(line.strip(), number, name)


def _row(line: str, number: int, name: str) -> Row:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return _unread(
            line, number, name, "这一行不是完整的 JSON，可能少了引号、逗号或括号，请修改后重新导入。"
        )
    if not isinstance(said, dict):
        return _unread(line, number, name, '这一行应是一个对象，例如 {"question": "…", "answer": "…"}。')
    cells, problems = {}, []
    for heading, value in said.items():
        try:
            cells[heading] = _text(value)
        except _NotPlain:
            cells[heading] = json.dumps(value, ensure_ascii=False)
            problems.append(
                Problem(heading, "里面还有一层对象或列表，应是文字、数字或文字的列表。请展开后重新导入。")
            )
    return Row(name, number, cells, (*problems, *unstorable(cells)))


def _unread(line: str, number: int, name: str, reason: str) -> Row:
    cells = {WHOLE_LINE: line}
    return Row(name, number, cells, (Problem("", reason), *unstorable(cells)))


def _text(value: Any) -> str:
    """
    :raises _NotPlain: if it is an object, or a list that holds one
    """
    if isinstance(value, list):
        return "\n".join(_plain(item) for item in value)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, dict | list):
        raise _NotPlain
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
