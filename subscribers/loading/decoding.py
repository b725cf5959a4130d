"""Rows of a file decoded some thousand at a time, with all that has to be known of them to keep them."""

import marshal
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from subscribers.entities import entity
from subscribers.loading.layouts import Layout, layout_of
from subscribers.loading.models import Load
from subscribers.loading.preparing import BadRow, Prepared, Preparer, Problem, problem
from subscribers.loading.reading import Line, lines, shown, text_of
from subscribers.loading.turning import id_of
from subscribers.loading.values import BadValue

# its number, what it says, what is wrong, and if known its key, that of its parent, and of what that is
BadLine = tuple[int, str, list[Problem], str, str, str]


class Span(NamedTuple):
    """Lines that are taken together: those after a position, and after the line of that number."""

    after: int
    position: int
    rows: int
    ends_at: int


class Decoded(NamedTuple):
    """What was in a span. Plain values only: it may come from another process."""

    good: list[Prepared]
    bad: list[BadLine]
    totals: dict[str, int]
    unread: int


@dataclass(frozen=True)
class Recipe:
    """What must be known of a load to decode its file."""

    load_id: int
    path: str
    entity: str
    columns: list[str]
    encoding: str
    layout: str
    seen_at: str

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)


def recipe_of(load: Load) -> Recipe:
    return Recipe(
        id_of(load),
        str(Path(load.path).absolute()),
        load.entity,
        list(load.columns),
        load.encoding,
        load.layout,
        load.seen_at.isoformat(),
    )


class Decoder:
    """Decodes spans of one file, whichever, in any order; for one thread at a time."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        kind = entity(recipe.entity)
        self._layout: Layout = layout_of(kind, recipe.columns, recipe.layout)
        self._preparer = Preparer(kind, recipe.columns, datetime.fromisoformat(recipe.seen_at))

    def decode(self, after: int, position: int, rows: int) -> Decoded:
        recipe, preparer = self._recipe, self._preparer
        preparer.begin_sums()
        good: list[Prepared] = []
        bad: list[BadLine] = []
        read = lines(Path(recipe.path), recipe.encoding, after=after, position=position)
        for line in islice(read, rows):
            try:
                good.append((recipe.load_id, line.number, line.position, *self._prepared(line)))
            except BadRow as found:
                whose = (found.key, found.parent, found.parent_entity)
                bad.append((line.number, shown(line.content, recipe.encoding), found.problems, *whose))
        return Decoded(good, bad, preparer.sums.totals, preparer.sums.unread)

    def _prepared(self, line: Line) -> Prepared:
        try:
            cells = self._layout.split(text_of(line.content, self._recipe.encoding))
        except BadValue as bad:
            self._preparer.sums.unread += 1
            raise BadRow([problem("", bad.code, bad.message)]) from bad
        return self._preparer.prepare(cells)


def spans(recipe: Recipe, *, after: int, position: int, at_once: int) -> Iterator[Span]:
    """Yield what is left of the file from a position on, `at_once` lines in each but the last."""
    rest = lines(Path(recipe.path), recipe.encoding, after=after, position=position)
    while True:
        count, ends_at = 0, position
        for line in islice(rest, at_once):
            count, ends_at = count + 1, line.ends_at
        if not count:
            return
        yield Span(after, position, count, ends_at)
        after, position = after + count, ends_at


def packed(decoded: Decoded) -> bytes:
    return marshal.dumps(tuple(decoded))


def unpacked(reply: bytes) -> Decoded:
    """Open what a process of ours packed, the same Python as this one."""
    parts: Sequence[Any] = marshal.loads(reply)  # noqa: S302
    return Decoded(*parts)
