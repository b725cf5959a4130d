"""Pairs of files with made-up subscribers, as their sources would send them; written as they are made."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, takewhile
from pathlib import Path

from core.clock import day_of
from operations.generating import changing, making
from operations.generating.days import Days
from operations.generating.rows import SOURCES, Row
from subscribers.entities import ENTITIES
from subscribers.loading import naming
from subscribers.loading.models import LoadKind
from subscribers.loading.naming import FileName
from subscribers.loading.writing import PairWriter

MONTHS = 12
TOLD_EVERY = 500
Told = Callable[[int, int], None]


def _nobody(_done: int, _all: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Written:
    """How many rows of each entity, and the files."""

    rows: dict[str, int]
    paths: list[Path]


@dataclass(frozen=True)
class Edition:
    """The file that begins, or one that follows it."""

    kind: LoadKind
    sequence: int
    made_at: datetime

    def name(self, entity: str) -> FileName:
        return FileName(SOURCES[entity], entity, self.kind, self.made_at, self.sequence)


@dataclass(frozen=True)
class Population:
    """So many customers, with bills of so many months, and which entities are written of them."""

    count: int
    months: int = MONTHS
    entities: tuple[str, ...] = tuple(ENTITIES)

    def begins(self, row: Row) -> bool:
        """Tell whether a row is of the first ones, if only of those any are wanted: the rest is not made."""
        first = next(part for part in _FIRST if part.issuperset(self.entities))
        return row.entity in first


_FIRST = (
    frozenset({"customer"}),
    frozenset({"customer", "account", "subscription", "number"}),
    frozenset(ENTITIES),
)


def write_full(folder: Path, wanted: Population, *, at: datetime, told: Told = _nobody) -> Written:
    """Write everything about so many customers."""
    days = Days(day_of(at), wanted.months)
    made = (making.rows_of(number, days) for number in _counted(range(wanted.count), told))
    return write(folder, Edition(LoadKind.FULL, 1, at), _first(made, wanted), wanted.entities)


def write_delta(
    folder: Path, wanted: Population, share: float, *, at: datetime, told: Told = _nobody
) -> Written:
    """Write what changed after the full files of the same day: this share of customers, and some new ones."""
    days, count = Days(day_of(at), wanted.months), wanted.count
    changed = (
        changing.changes_of(number, days)
        for number in _counted(range(count), told)
        if changing.is_chosen(number, share)
    )
    come = (making.rows_of(number, days) for number in range(count, count + int(count * share / 10)))
    rows = chain(chain.from_iterable(changed), _first(come, wanted))
    return write(folder, Edition(LoadKind.DELTA, 2, at), rows, wanted.entities)


def _first(made: Iterable[Iterable[Row]], wanted: Population) -> Iterator[Row]:
    return chain.from_iterable(takewhile(wanted.begins, rows) for rows in made)


def write(
    folder: Path, edition: Edition, rows: Iterable[Row], entities: Collection[str] = tuple(ENTITIES)
) -> Written:
    """Write each row of these entities to its file."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_files:
        writers = {
            entity: open_files.enter_context(
                PairWriter(folder, edition.name(entity), previous=edition.sequence - 1)
            )
            for entity in ENTITIES
            if entity in entities
        }
        for row in rows:
            if row.entity in writers:
                writers[row.entity].write(row.cells)
    paths = [folder / f"{edition.name(entity)}{naming.DATA}" for entity in writers]
    return Written({entity: one.rows for entity, one in writers.items()}, paths)


def _counted(numbers: range, told: Told) -> Iterator[int]:
    for number in numbers:
        if number % TOLD_EVERY == 0:
            told(number, len(numbers))
        yield number
    told(len(numbers), len(numbers))
