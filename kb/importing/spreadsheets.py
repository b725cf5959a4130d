"""XLSX, read line by line: what Excel shows, not how it came about."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import repeat
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.utils.escape import unescape

from kb.importing import headings as meanings
from kb.importing.file_kinds import BrokenFile
from kb.importing.rows import Line
from kb.importing.tables import NoHeadings, Table, table_of

_CHUNK = 1 << 20
_LONGEST_TAG = 200
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):[A-Z]+(\d+)"')
_NO_RESULT = "公式没有计算结果。请在 Excel 里打开并保存一次，或把公式粘贴成数值。"
_WORDS = {True: "是", False: "否"}
UNREADABLE = (  # what parsers of Office files raise over a damaged one
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    EOFError,
    ExpatError,
)


@dataclass(frozen=True)
class Workbook:
    tables: list[Table]
    skipped: list[str]


@dataclass
class _Layout:
    """What a streamed sheet does not tell: whether it has formulas, and which cells go on downwards."""

    has_formulas: bool = False
    merged: dict[int, dict[int, int]] = field(default_factory=dict)  # column -> first line -> last line


@contextmanager
def opened(path: Path, name: str) -> Iterator[Workbook]:
    """The visible sheets that hold questions (if none is seen to, the first) and the names of the others.

    :raises BrokenFile: if it cannot be read after all, then or while its rows are taken
    :raises NoHeadings: if all of it is empty
    """
    try:
        with ExitStack() as stack:
            yield _read(path, name, stack)
    except UNREADABLE as error:
        raise BrokenFile(name) from error


def _read(path: Path, name: str, stack: ExitStack) -> Workbook:
    shown = _load(path, stack, as_formulas=False)
    layouts = {sheet.title: _layout(shown, sheet) for sheet in shown.worksheets}
    behind = shown
    if any(layout.has_formulas for layout in layouts.values()):
        behind = _load(path, stack, as_formulas=True)
    sheets = [sheet for sheet in shown.worksheets if sheet.sheet_state == "visible"]
    tables: dict[str, Table] = {}
    for sheet in sheets:
        for read in {sheet, behind[sheet.title]}:
            read.reset_dimensions()  # what a sheet declares of its size may be anything
        lines = _lines(sheet, behind[sheet.title], layouts[sheet.title])
        label = name if len(sheets) == 1 else f"{name}［{sheet.title}］"
        try:
            tables[sheet.title] = table_of(lines, label, full_lines=False)
        except NoHeadings:
            continue
    if not tables:
        raise NoHeadings(name)
    asked = [title for title, table in tables.items() if meanings.has_title(table.headings)] or [*tables][:1]
    return Workbook([tables[title] for title in asked], [title for title in tables if title not in asked])


def _load(path: Path, stack: ExitStack, *, as_formulas: bool) -> Any:
    file = stack.enter_context(path.open("rb"))
    book = openpyxl.load_workbook(file, read_only=True, data_only=not as_formulas)
    stack.callback(book.close)
    return book


def _layout(book: Any, sheet: Any) -> _Layout:
    layout = _Layout()
    with book._archive.open(sheet._worksheet_path) as source:  # noqa: SLF001 - nothing public tells where it is
        rest = b""
        while chunk := source.read(_CHUNK):
            text = rest + chunk
            layout.has_formulas = layout.has_formulas or _FORMULA.search(text) is not None
            for column, first, last in _MERGED.findall(text):
                below = layout.merged.setdefault(column_index_from_string(column.decode()) - 1, {})
                below[int(first)] = int(last)
            rest = text[-_LONGEST_TAG:]
    return layout


def _lines(sheet: Any, behind: Any, layout: _Layout) -> Iterator[Line]:
    written = behind.iter_rows() if layout.has_formulas else repeat(())
    going_on: dict[int, tuple[int, str]] = {}
    for number, (cells, formulas) in enumerate(zip(sheet.iter_rows(), written, strict=False), 1):
        faults = _faults(cells, formulas)
        values = [_text(cell) for cell in cells]
        if faults or any(values):
            _go_on(values, number, layout, going_on)
            yield Line(number, values, faults)


def _faults(cells: Any, formulas: Any) -> dict[int, str]:
    faults = {
        column: f"单元格是错误值 {cell.value}，请在 Excel 里改正。"
        for column, cell in enumerate(cells)
        if cell.data_type == "e"
    }
    for column, (cell, formula) in enumerate(zip(cells, formulas, strict=False)):
        if formula.data_type == "f" and cell.value is None:
            faults[column] = _NO_RESULT
    return faults


def _go_on(values: list[str], number: int, layout: _Layout, going_on: dict[int, tuple[int, str]]) -> None:
    """Give each line under a merged cell what the cell says."""
    for column, spans in layout.merged.items():
        values += [""] * (column + 1 - len(values))
        if number in spans:
            going_on[column] = (spans[number], values[column])
        last, said = going_on.get(column, (0, ""))
        if number <= last and not values[column]:
            values[column] = said


def _text(cell: Any) -> str:
    value = cell.value
    if isinstance(value, str):
        return str(unescape(value)).replace("\r", "").strip()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, cell.number_format)
    return "" if value is None else _WORDS.get(value, str(value))


def _number(value: float, pattern: str) -> str:
    if "%" in pattern:
        return f"{value * 100:.12g}%"
    shown = f"{value:.15g}"
    return shown.zfill(len(pattern)) if pattern.strip("0") == "" else shown
