"""Staged rows into the copy, in chunks: each is one transaction together with the note that it is done."""

import time
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Select, text, update
from sqlmodel import Session, col, select

from core import database, events
from subscribers.events import LoadMerged
from subscribers.loading import absence, merge_statements, turning
from subscribers.loading.merge_statements import Rows
from subscribers.loading.models import Load, LoadChunk, LoadKind, LoadState, Step, Via
from subscribers.loading.progress import Told, breathe
from subscribers.loading.staged import STAGED
from subscribers.loading.turning import Rejected, id_of
from subscribers.loading.verifying import last_merged

AT_ONCE = 50_000
_CHUNK_BY_CHUNK = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")


def begin(load: Load, *, at: datetime, told: Told) -> None:
    """
    :raises Rejected: if a later file has been merged since this one was verified
    """
    told(LoadState.CHECKED, 0, load.rows)
    with database.unit_of_work() as session:
        last = last_merged(session, load)
        if load.via != Via.MENDED and last is not None and last >= load.sequence:
            raise Rejected(f"序号 {last} 的文件已先装载，这份 {load.sequence} 已过时。")
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(f'ANALYZE "{STAGED[load.entity].name}"'))  # it was filled just now
        turning.turn(session, id_of(load), LoadState.MERGING, at=at)


def merge(load: Load, *, at: datetime, told: Told) -> None:
    """Merge the chunks that are not merged yet, then say so to whoever listens."""
    done = _done(load)
    for number, first in enumerate(range(1, load.rows + 1, AT_ONCE), start=1):
        last = min(first + AT_ONCE - 1, load.rows)
        if number not in done:
            _merge_chunk(load, number, Rows(id_of(load), first, last), at)
            breathe()
        told(LoadState.MERGING, last, load.rows)
    if load.kind == LoadKind.FULL:
        with database.reading() as session:
            merged = turning.find(session, id_of(load))  # with what the chunks have counted
        absence.suspect(merged, at=at)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.MERGED, at=at)
        events.publish(session, LoadMerged(id_of(load), load.entity, load.source), at=at)


def _done(load: Load) -> frozenset[int]:
    mine = (col(LoadChunk.load_id) == load.id) & (col(LoadChunk.step) == Step.MERGE)
    with database.reading() as session:
        return frozenset(session.exec(select(LoadChunk.number).where(mine)).all())


def _merge_chunk(load: Load, number: int, rows: Rows, at: datetime) -> None:
    begun = time.perf_counter()
    with database.unit_of_work() as session:
        session.add(
            LoadChunk(
                load_id=rows.load_id,
                step=Step.MERGE,
                number=number,
                first_row=rows.first,
                last_row=rows.last,
                finished_at=at,
            )
        )
        session.flush()  # of two who try, one goes no further
        counts = _merge_rows(session, load, rows, at)
        more = {name: getattr(Load, name) + count for name, count in counts.items()}
        more["merge_seconds"] = Load.merge_seconds + (time.perf_counter() - begun)
        session.execute(update(Load).where(col(Load.id) == load.id).values(more))


def _merge_rows(session: Session, load: Load, rows: Rows, at: datetime) -> dict[str, int]:
    entity, dialect = load.entity, session.get_bind().dialect.name
    if dialect == "postgresql":
        for way in _CHUNK_BY_CHUNK:  # the rows of a chunk are looked up, never the whole copy read
            session.execute(text(f"SET LOCAL {way} = off"))
    changed = _rows(session, merge_statements.keep_before(entity, rows, dialect))
    updated = removed = 0
    if changed:
        updated = _rows(session, merge_statements.update_changed(entity, rows))
        removed = _rows(session, merge_statements.end_removed(entity, rows, at)) if updated < changed else 0
    inserted = _rows(session, merge_statements.insert_new(entity, rows, load.source, dialect))
    counts = {"inserted": inserted, "updated": updated, "removed": removed}
    left = _count(session, merge_statements.count_accepted(entity, rows)) - sum(counts.values())
    stale = _count(session, merge_statements.count_stale(entity, rows)) if left else 0
    return counts | {"stale": stale, "unchanged": left - stale}


def _count(session: Session, query: Select[int]) -> int:
    return int(session.execute(query).scalar_one())


def _rows(session: Session, statement: Executable) -> int:
    counted = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast(CursorResult[Any], counted).rowcount
