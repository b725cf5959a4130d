"""Reconciliation: after a load, does the table say what the file said? Down to the keys that differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy
from sqlalchemy import JSON, Column, Index, insert
from sqlmodel import Field, Session, SQLModel, col, delete, func, select

from subscribers.loading import comparing
from subscribers.loading.comparing import Figures, Sides
from subscribers.loading.models import Load
from subscribers.loading.turning import id_of
from subscribers.models import BIG

KEPT = 1_000  # keys that are listed of one reconciliation; all are counted


class Differs(StrEnum):
    MISSING = "missing"
    EXTRA = "extra"
    DIFFERING = "differing"

    @property
    def label(self) -> str:
        return {"missing": "文件有，库里没有", "extra": "库里有，文件没有", "differing": "内容不一致"}[self]


class Because(StrEnum):
    """Why a key may differ without anything being wrong; empty if nothing explains it."""

    UNEXPLAINED = ""
    STALE = "stale"
    LATER = "later"
    ASIDE = "aside"
    ABSENT = "absent"

    @property
    def label(self) -> str:
        return _BECAUSE[self]


_BECAUSE = {
    Because.UNEXPLAINED: "没有解释，需要查",
    Because.STALE: "库里的版本更新",
    Because.LATER: "后来的文件改过",
    Because.ASIDE: "文件里的这一行被搁置",
    Because.ABSENT: "疑似已销，等下一次全量确认",
}


def _json() -> Column[Any]:
    return Column(JSON, nullable=False)


class Reconciliation(SQLModel, table=True):
    """One comparison of a load with the table. `explained` counts differences by why they are none."""

    __tablename__ = "subscribers_reconciliation"

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    at: datetime
    file_rows: int = Field(sa_type=BIG)
    table_rows: int = Field(sa_type=BIG)
    file_sums: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    table_sums: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    file_counts: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    table_counts: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    unequal: list[int] = Field(default_factory=list, sa_column=_json())
    missing: int = Field(default=0, sa_type=BIG)
    extra: int = Field(default=0, sa_type=BIG)
    differing: int = Field(default=0, sa_type=BIG)
    explained: dict[str, int] = Field(default_factory=dict, sa_column=_json())

    @property
    def unexplained(self) -> int:
        return self.missing + self.extra + self.differing

    @property
    def agrees(self) -> bool:
        return not self.unexplained


class Difference(SQLModel, table=True):
    """A key that differs."""

    __tablename__ = "subscribers_difference"
    __table_args__ = (Index("ix_subscribers_difference_in_order", "load_id", "reason", "kind"),)

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    key: str = Field(primary_key=True)
    kind: str
    reason: str
    bucket: int
    row_id: int | None = Field(default=None, sa_type=BIG)


@dataclass(frozen=True)
class Compared:
    """What a comparison found, and the keys that are listed of it."""

    found: Reconciliation
    listed: Sequence[dict[str, Any]]


def reconcile(session: Session, load: Load, *, at: datetime) -> Compared:
    """Compare the rows that were staged with the table; nothing is written.

    Counts and sums are taken of everything; keys are compared only where the digests of a bucket differ.
    """
    load_id = id_of(load)
    sides = comparing.sides_of(load)
    unequal = comparing.unequal_buckets(session, sides)
    of_file = comparing.figures_of_file(session, sides)
    of_table = comparing.figures_of_table(session, sides)
    counts, listed = _differences(session, load_id, sides, unequal)
    found = _noted(load_id, of_file, of_table, at)
    found.unequal = unequal
    for kind in Differs:
        setattr(found, kind, counts[kind, Because.UNEXPLAINED])
    found.explained = {
        reason: number
        for reason in Because
        if reason and (number := sum(counts[kind, reason] for kind in Differs))
    }
    return Compared(found, listed)


def keep(session: Session, compared: Compared) -> Reconciliation:
    """Keep what was found in place of what was before."""
    session.exec(delete(Difference).where(col(Difference.load_id) == compared.found.load_id))
    if compared.listed:
        session.execute(insert(Difference), compared.listed)
    return session.merge(compared.found)


def _noted(load_id: int, of_file: Figures, of_table: Figures, at: datetime) -> Reconciliation:
    return Reconciliation(
        load_id=load_id,
        at=at,
        file_rows=of_file.rows,
        table_rows=of_table.rows,
        file_sums=of_file.sums,
        table_sums=of_table.sums,
        file_counts=of_file.counts,
        table_counts=of_table.counts,
    )


def _differences(
    session: Session, load_id: int, sides: Sides, unequal: list[int]
) -> tuple[Counter[tuple[str, str]], Sequence[dict[str, Any]]]:
    """Return how many keys differ, by kind and reason, and some of them, the unexplained first."""
    counts: Counter[tuple[str, str]] = Counter()
    if not unequal:
        return counts, ()
    found = comparing.differences(sides, unequal).subquery()
    grouped = select(found.c.kind, found.c.reason, func.count()).group_by(found.c.kind, found.c.reason)
    for kind, reason, number in session.exec(grouped):
        counts[kind, reason] = number
    first = sqlalchemy.select(found).order_by(found.c.reason, found.c.key).limit(KEPT)
    return counts, [{"load_id": load_id, **row} for row in session.execute(first).mappings()]


def latest_of(session: Session, load_id: int) -> Reconciliation | None:
    return session.get(Reconciliation, load_id)


def listed(load_id: int) -> Any:
    """Return the select of the keys that differ, what nothing explains first."""
    order = (col(Difference.reason), col(Difference.kind), col(Difference.key))
    return select(Difference).where(Difference.load_id == load_id).order_by(*order)
