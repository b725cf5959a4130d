"""Rows that were put aside come again: mended by a person, or because their parent has arrived."""

import logging
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import exists, update
from sqlmodel import Session, SQLModel, col, select

from core import database, numbering
from core.settings import settings
from subscribers.entities import ENTITIES
from subscribers.events import LoadMerged
from subscribers.loading.advancing import advance
from subscribers.loading.alone import LoadUnderWay
from subscribers.loading.models import Load, LoadKind, QuarantinedRow, RowState, Via
from subscribers.loading.quarantine import raw_of
from subscribers.loading.turning import find
from subscribers.loading.verifying import MERGED

log = logging.getLogger(__name__)

MOST_TRIES = 3
AT_ONCE = 5_000
_NUMBERS = "subscribers_mended"


def redrive(
    session: Session, rows: Sequence[QuarantinedRow], *, at: datetime, staff_id: UUID | None = None
) -> list[int]:
    """Make loads of rows, one for each file they come from; return their numbers, ready to be advanced."""
    in_order = sorted(rows, key=lambda row: (row.load_id, row.row_number))
    loads = []
    for load_id, some in groupby(in_order, key=lambda row: row.load_id):
        load = _load_again(session, find(session, load_id), list(some), at)
        load.staff_id = staff_id
        session.add(load)
        loads.append(load)
    session.flush()
    return [load.id for load in loads if load.id is not None]


def _load_again(session: Session, origin: Load, rows: list[QuarantinedRow], at: datetime) -> Load:
    number = numbering.take(session, _NUMBERS)
    content = "".join(f"{raw_of(row)}\n" for row in rows).encode(origin.encoding, errors="replace")
    path = _kept(number)
    path.write_bytes(content)
    load = Load(
        source=origin.source,
        entity=origin.entity,
        kind=LoadKind.DELTA,
        via=Via.MENDED,
        name=f"MENDED_{origin.entity.upper()}_{number:06}",
        path=str(path),
        business_day=origin.business_day,
        rows=len(rows),
        bytes=len(content),
        sha256=sha256(content).hexdigest(),
        columns=origin.columns,
        encoding=origin.encoding,
        layout=origin.layout,
        state_since=at,
        seen_at=at,
    )
    session.add(load)
    session.flush()
    for row in rows:
        row.state, row.redriven_load_id = RowState.MENDED, load.id
        session.add(row)
    return load


def _kept(number: int) -> Path:
    folder = settings().data_dir.absolute() / "loads" / "mended"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{number:06}.dat"


def bring_orphans(payload: dict[str, Any], at: datetime) -> None:
    """After a load: children that waited for it are loaded; whom it did not bring has waited once more."""
    merged = LoadMerged(**payload)
    while True:
        with database.unit_of_work() as session:
            rows = session.exec(_with_parent(merged.entity).limit(AT_ONCE)).all()
            loads = redrive(session, rows, at=at)
        for load_id in loads:
            _advance(load_id, at)
        if len(rows) < AT_ONCE:
            break
    with database.unit_of_work() as session:
        _wait_on(session, merged)


def _advance(load_id: int, at: datetime) -> None:
    try:
        advance(load_id, at=at)
    except LoadUnderWay:
        log.info("load %s goes on when the folder is looked at next", load_id)


def _with_parent(entity: str) -> Any:
    parent = SQLModel.metadata.tables[str(ENTITIES[entity].table.__tablename__)]
    is_there = exists().where(parent.c.key == col(QuarantinedRow.parent))
    return select(QuarantinedRow).where(_orphans_of(entity), is_there).order_by(col(QuarantinedRow.id))


def _orphans_of(entity: str) -> Any:
    return (col(QuarantinedRow.state) == RowState.ORPHAN) & (col(QuarantinedRow.parent_entity) == entity)


def _wait_on(session: Session, merged: LoadMerged) -> None:
    """Only what may be expected to bring the parent counts: whole loads, of the source that sends parents."""
    if find(session, merged.load_id).is_piece:
        return
    mine = _orphans_of(merged.entity) & (col(QuarantinedRow.load_id) < merged.load_id)
    mine &= _expects(merged)
    session.execute(update(QuarantinedRow).where(mine).values(tries=QuarantinedRow.tries + 1))
    enough = col(QuarantinedRow.tries) >= MOST_TRIES
    session.execute(update(QuarantinedRow).where(mine & enough).values(state=RowState.WAITING))


def _expects(merged: LoadMerged) -> Any:
    """Its own source, or any if its own sends no parents at all."""
    theirs = (col(Load.entity) == merged.entity) & (col(Load.source) == col(QuarantinedRow.source))
    whole = theirs & (col(Load.via) != Via.MENDED) & (col(Load.sequence) > 0) & col(Load.state).in_(MERGED)
    sends = exists(select(Load.id).where(whole).correlate(QuarantinedRow))
    return (col(QuarantinedRow.source) == merged.source) | ~sends
