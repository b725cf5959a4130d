"""How a row is written in a file: cells between bars with backslash escapes, or columns of fixed width.

An empty cell says nothing; `\\N` says that there is nothing, which is read as None.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from subscribers.entities import Entity
from subscribers.loading.values import BadValue

Cell = str | None
HEAD = {"op": 1, "key": 40, "changed_at": 19, "version": 18}
DELIMITED, FIXED = "delimited", "fixed"
CLEARED = "\\N"
_TOKEN = re.compile(r"\\(.)|(\|)", re.DOTALL)
_ESCAPED = re.compile(r"[\\\n\r]")
_ESCAPES = {"\\": "\\", "|": "|", "n": "\n", "r": "\r", "t": "\t"}
_TO_ESCAPE = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r"})


class Layout(Protocol):
    def split(self, line: str) -> list[Cell]: ...

    def join(self, cells: Sequence[Cell]) -> str: ...


@dataclass(frozen=True)
class Delimited:
    cells: int

    def split(self, line: str) -> list[Cell]:
        found: list[Cell] = [*line.split("|")] if "\\" not in line else self._split_escaped(line)
        if len(found) != self.cells:
            raise BadValue("cells", f"应有 {self.cells} 列，实有 {len(found)} 列")
        return found

    def _split_escaped(self, line: str) -> list[Cell]:
        cells: list[Cell] = []
        begun, since = "", 0
        for token in _TOKEN.finditer(line):
            begun += line[since : token.start()]
            since = token.end()
            if token[2]:
                cells.append(_finished(begun))
                begun = ""
            elif token[1] == "N":
                begun += "\0"  # cannot stand in a file: rows with it are refused
            elif token[1] in _ESCAPES:
                begun += _ESCAPES[token[1]]
            else:
                raise BadValue("escape", f"不认识的转义 \\{token[1]}")
        rest = line[since:]
        if rest.endswith("\\"):
            raise BadValue("escape", "行末有不完整的转义")
        return [*cells, _finished(begun + rest)]

    def join(self, cells: Sequence[Cell]) -> str:
        if None not in cells:
            plain = "|".join(cast(Sequence[str], cells))
            if plain.count("|") == len(cells) - 1 and not _ESCAPED.search(plain):
                return plain
        return "|".join(CLEARED if cell is None else cell.translate(_TO_ESCAPE) for cell in cells)


def _finished(cell: str) -> Cell:
    if "\0" not in cell:
        return cell
    if cell != "\0":
        raise BadValue("escape", "\\N 应单独成一列")
    return None


@dataclass(frozen=True)
class Fixed:
    """Widths are in characters, so that a row reads the same in both encodings."""

    widths: tuple[int, ...]

    def split(self, line: str) -> list[Cell]:
        if len(line) != sum(self.widths):
            raise BadValue("cells", f"应为 {sum(self.widths)} 个字宽，实为 {len(line)}")
        cells: list[Cell] = []
        start = 0
        for width in self.widths:
            cell = line[start : start + width].strip()
            cells.append(None if cell == CLEARED else cell)
            start += width
        return cells

    def join(self, cells: Sequence[Cell]) -> str:
        written = [CLEARED if cell is None else cell for cell in cells]
        if any(len(cell) > width or "\n" in cell for cell, width in zip(written, self.widths, strict=True)):
            raise BadValue("too_long", "有一列放不进它的宽度")
        return "".join(cell.ljust(width) for cell, width in zip(written, self.widths, strict=True))


def layout_of(entity: Entity, columns: Sequence[str], layout: str) -> Layout:
    """Return how rows of these fields are written; the head of four columns comes before them."""
    if layout == FIXED:
        return Fixed((*HEAD.values(), *(entity.field(name).width for name in columns)))
    return Delimited(len(HEAD) + len(columns))
