"""A source that sends files of subscribers, and the desk that loads them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel, select

from core import database
from subscribers.entities import ENTITIES
from subscribers.loading import manifest as manifests
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadKind, QuarantinedRow, Via
from subscribers.loading.naming import FileName
from subscribers.loading.receiving import receive
from subscribers.loading.writing import PairWriter
from tests.conftest import MONDAY_MORNING

LEAST: dict[str, dict[str, str]] = {
    "customer": {"kind": "person", "name": "陈婉清"},
    "account": {"customer": "C1", "balance": "12.50"},
    "subscription": {"customer": "C1", "name": "移动电话", "status": "active"},
    "number": {"subscription": "S1", "number": "13800006207", "valid_from": "2025-03-01 00:00:00"},
    "product": {"subscription": "S1", "name": "畅享 59", "kind": "plan", "fee": "59"},
    "bill": {"subscription": "S1", "month": "202602", "total": "59.00"},
    "payment": {"account": "A1", "paid_at": "2026-02-10 10:00:00", "amount": "100"},
    "event": {"subscription": "S1", "at": "2026-02-11 11:00:00", "kind": "停机"},
}


def row(entity: str, key: str, *, op: str = "I", version: int = 1, **said: str | None) -> list[str | None]:
    """One row of a file, with what is required unless something else is said."""
    values: dict[str, Any] = LEAST[entity] | said if op != "D" else said
    fields = [values.get(one.name, "") for one in ENTITIES[entity].fields]
    return [op, key, "2026-03-01 20:00:00", str(version), *fields]


@dataclass
class Sender:
    """One source with a folder; it numbers its files itself."""

    folder: Path
    source: str = "crm"
    sequences: dict[str, int] = field(default_factory=dict)

    def send(
        self,
        entity: str,
        rows: Sequence[Sequence[str | None]],
        kind: LoadKind = LoadKind.FULL,
        *,
        sequence: int | None = None,
        **how: Any,
    ) -> Path:
        """Write a pair and return its .dat."""
        before = self.sequences.get(entity, 0)
        number = before + 1 if sequence is None else sequence
        self.sequences[entity] = number
        name = FileName(self.source, entity, kind, MONDAY_MORNING, number)
        with PairWriter(self.folder, name, **({"previous": before} | how)) as pair:
            for one in rows:
                pair.write(one)
        return self.folder / f"{name}.dat"


def rewritten(dat: Path, content: bytes, **said: Any) -> Path:
    """Another content of a file with a manifest that fits it, unless something else is said."""
    from dataclasses import replace
    from hashlib import sha256

    chk = dat.with_suffix(".chk")
    manifest = manifests.understood(chk.read_bytes())
    true = {"bytes": len(content), "sha256": sha256(content).hexdigest(), "rows": content.count(b"\n")}
    dat.write_bytes(content)
    chk.write_text(replace(manifest, **(true | said)).written(), "utf-8")
    return dat


def load(dat: Path, via: Via = Via.COMMAND, *, at: datetime = MONDAY_MORNING) -> Load:
    received = receive(dat, via, at=at)
    assert received.load.id is not None
    return advance(received.load.id, at=at)


def copied(entity: str) -> dict[str, Any]:
    """Every row of the copy, by key."""
    table = ENTITIES[entity].table
    with database.reading() as session:
        return {one.key: one for one in session.exec(select(table))}


def put_aside() -> list[QuarantinedRow]:
    with database.reading() as session:
        return list(session.exec(select(QuarantinedRow).order_by(QuarantinedRow.row_number)))  # type: ignore[arg-type]


def every_load() -> list[Load]:
    with database.reading() as session:
        return list(session.exec(select(Load).order_by(Load.id)))  # type: ignore[arg-type]


def everything() -> dict[str, list[dict[str, str]]]:
    """What all tables of subscribers say: ids as the keys of their rows, and nothing of how long it took."""
    tables = {n: t for n, t in SQLModel.metadata.tables.items() if n.startswith("subscribers_")}
    with database.reading() as session:
        keys = {
            name: dict(session.execute(select(table.c.id, table.c.key)).all())
            for name, table in tables.items()
            if {"id", "key"} <= set(table.columns.keys()) and name != "subscribers_quarantine"
        }
        return {
            name: sorted(
                (_said(one, table, keys) for one in session.execute(table.select()).mappings()), key=str
            )
            for name, table in tables.items()
        }


def _said(one: Any, table: Any, keys: dict[str, dict[int, str]]) -> dict[str, str]:
    said = {name: str(value) for name, value in one.items() if name not in {"id", "merge_seconds", "path"}}
    for column in table.columns:
        for key in column.foreign_keys:
            if key.column.table.name in keys and one[column.name] is not None:
                said[column.name] = keys[key.column.table.name][one[column.name]]
    if "before" in said:
        said["row_id"] = one["before"]["key"]
        said["before"] = str({k: v for k, v in one["before"].items() if k != "id"})
    return said
