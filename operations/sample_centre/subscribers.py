"""Loading the sample centre's subscribers from files, as every other centre does, once."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

from sqlmodel import select

from core import database
from core.clock import day_of
from core.settings import settings
from operations.generating import files, making
from operations.generating.days import Days
from operations.generating.rows import Row
from operations.sample_centre import callers
from subscribers import facts
from subscribers.entities import ENTITIES
from subscribers.loading import naming
from subscribers.loading.advancing import advance
from subscribers.loading.models import LoadKind, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from subscribers.models import Customer

GENERATED = 400
Told = Callable[[int, int], None]


def load(at: datetime, told: Told = lambda _done, _all: None) -> int:
    """Load the callers and some hundred others, unless there are customers already; return how many.

    The files lie in the data folder until all are loaded: what was interrupted goes on with the same ones.
    """
    folder = settings().data_dir / "sample-subscribers"
    if not folder.exists():
        if _has_customers():
            return 0
        _write(folder, at)
    for done, entity in enumerate(ENTITIES):
        told(done, len(ENTITIES))
        for path in folder.glob(f"*_{entity.upper()}_*{naming.MANIFEST}"):
            advance(id_of(receive(path, Via.COMMAND, at=at).load), at=at)
    with database.reading() as session:
        month = facts.latest_month(session, at)
    facts.reckon(month)
    shutil.rmtree(folder)
    return len(callers.callers()) + GENERATED


def rows(days: Days) -> Iterator[Row]:
    yield from chain.from_iterable(callers.rows_of(caller, days) for caller in callers.callers())
    yield from chain.from_iterable(making.rows_of(number, days) for number in range(GENERATED))


def _has_customers() -> bool:
    with database.reading() as session:
        return session.exec(select(Customer.id).limit(1)).first() is not None


def _write(folder: Path, at: datetime) -> None:
    half = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    files.write(half, files.Edition(LoadKind.FULL, 1, at), rows(Days(day_of(at), files.MONTHS)))
    half.rename(folder)
