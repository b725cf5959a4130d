"""Rows that were mended are loaded again: a small file of their own that takes every step of any other."""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import update
from sqlmodel import col

from core import audit, database
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from core.settings import settings
from subscribers.entities import ENTITIES
from subscribers.loading import quarantine, receiving
from subscribers.loading.layouts import HEAD, Delimited
from subscribers.loading.models import Load, LoadKind, QuarantinedRow, Via
from subscribers.loading.naming import FileName
from subscribers.loading.turning import id_of
from subscribers.loading.writing import PairWriter
from subscribers.steering import going_on, mending


class NothingMended(Conflict):
    message = "没有改好待装的行。请先逐行修正，或刷新页面查看是否已重新装载。"


def redrive(load: Load, *, actor: Actor, at: datetime) -> Load:
    """Load the mended rows of a load again; a row that is still wrong is put aside once more.

    :raises NothingMended: if none waits
    """
    require(actor, Permission.RUN_LOADS)
    with database.reading() as session:
        rows = mending.ready(session, id_of(load))
    if not rows:
        raise NothingMended
    received = receiving.receive(_written(load, rows, at), Via.MENDED, at=at, staff_id=actor.staff_id)
    again = received.load
    with database.unit_of_work() as session:
        chosen = col(QuarantinedRow.id).in_([row.id for row in rows])
        session.execute(update(QuarantinedRow).where(chosen).values(redriven_load_id=again.id))
        details = {"rows": len(rows), "as": again.name}
        audit.record(
            session,
            actor=actor,
            action="subscribers.load.redriven",
            subject_id=load.id,
            at=at,
            details=details,
        )
        going_on.go_on(session, id_of(again), at=at)
    return again


def _written(load: Load, rows: list[QuarantinedRow], at: datetime) -> Path:
    """Write the pair; it is numbered by its first row, which no other such file has."""
    folder = settings().data_dir / "loads" / "mended" / uuid4().hex
    folder.mkdir(parents=True)
    name = FileName(load.source, load.entity, LoadKind.DELTA, at, rows[0].id or 0)
    everything = tuple(one.name for one in ENTITIES[load.entity].fields)
    columns = () if tuple(load.columns) == everything else tuple(load.columns)
    layout = Delimited(len(HEAD) + len(load.columns))
    with PairWriter(folder, name, business_day=load.business_day, columns=columns) as pair:
        for row in rows:
            pair.write(layout.split(quarantine.raw_of(row)))
    return folder / f"{name}.dat"
