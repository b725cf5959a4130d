"""A table of any origin: find its headings, then give each line as a row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from core.errors import Invalid
from kb.importing import headings as meanings
from kb.importing.rows import Line, Problem, Row, unstorable

_LOOKED_AT = 10  # lines among which the headings are: above them stand titles and notes
MOST_COLUMNS = 200


class NoHeadings(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”里没有内容。第一行应是标题（如 问题、答案），从第二行起每行一条。")


class TooManyColumns(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”超过 {MOST_COLUMNS} 列，可能不是问答表。请删去多余的列后重新导入。")


@dataclass(frozen=True)
class Table:
    headings: list[str]
    rows: Iterator[Row]


def table_of(lines: Iterable[Line], name: str, *, full_lines: bool) -> Table:
    """Return the table; with `full_lines` (CSV) a line must have as many values as there are headings.

    :raises NoHeadings: if it is empty
    :raises TooManyColumns: if it is unlike any table of questions
    """
    filled = (line for line in lines if line.faults or any(value.strip() for value in line.values))
    first = list(islice(filled, _LOOKED_AT))
    if not first:
        raise NoHeadings(name)
    place = next((n for n, line in enumerate(first) if meanings.has_title(line.values)), 0)
    headings = _named(first[place].values, name)
    below = chain(first[place + 1 :], filled)
    return Table(headings, (_row(line, headings, name, full_lines=full_lines) for line in below))


def _named(values: Sequence[str], name: str) -> list[str]:
    """Return the headings: nameless columns by their number, doubles told apart."""
    while values and not values[-1].strip():
        values = values[:-1]
    if len(values) > MOST_COLUMNS:
        raise TooManyColumns(name)
    named: list[str] = []
    for number, value in enumerate(values, 1):
        heading = " ".join(value.split()) or f"第{number}列"
        twin = 2
        while heading in named:
            heading, twin = f"{' '.join(value.split())} ({twin})", twin + 1
        named.append(heading)
    return named


def _row(line: Line, headings: Sequence[str], name: str, *, full_lines: bool) -> Row:
    values = line.values
    cells = dict(zip(headings, values, strict=False))
    beyond = [value for value in values[len(headings) :] if value.strip()]
    problems = unstorable(cells)
    problems += [Problem(_heading(headings, column), fault) for column, fault in line.faults.items()]
    if beyond or (full_lines and len(values) < len(headings)):
        problems.insert(0, Problem("", _misfit(len(values), len(headings), full_lines=full_lines)))
        cells |= {f"多出的第{n}格": value for n, value in enumerate(beyond, 1)}
    return Row(name, line.number, {head: cell for head, cell in cells.items() if cell}, tuple(problems))


def _heading(headings: Sequence[str], column: int) -> str:
    return headings[column] if column < len(headings) else f"第{column + 1}列"


def _misfit(values: int, headings: int, *, full_lines: bool) -> str:
    why = (
        "内容里的逗号或引号可能没有用双引号括起来，请检查这一行。"
        if full_lines
        else "请补上标题或删去多出的内容。"
    )
    return (
        f"这一行有 {values} 格，标题只有 {headings} 列；{why}"
        if values > headings
        else (f"这一行只有 {values} 格，标题有 {headings} 列；{why}")
    )
