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
from subscribers.loading.models import Load, LoadChunk, LoadKind, LoadState, Step
from subscribers.loading.progress import Told, breathe
from subscribers.loading.staged import STAGED
from subscribers.loading.turning import Rejected, id_of
from subscribers.loading.verifying import last_merged

AT_ONCE, FEWEST = 50_000, 5_000
CHUNK_SECONDS = 1.0
_CHUNK_BY_CHUNK = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")


def begin(load: Load, *, at: datetime, told: Told) -> None:
    """
    :raises Rejected: if a later file has been merged since this one was verified
    """
    told(LoadState.CHECKED, 0, load.rows)
    with database.unit_of_work() as session:
        last = last_merged(session, load)
        if not load.is_piece and last is not None and last >= load.sequence:
            raise Rejected(f"序号 {last} 的文件已先装载，这份 {load.sequence} 已过时。")
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(f'ANALYZE "{STAGED[load.entity].name}"'))  # it was filled just now
        turning.turn(session, id_of(load), LoadState.MERGING, at=at)


def merge(load: Load, *, at: datetime, told: Told) -> None:
    """Merge the chunks that are not merged yet, then say so to whoever listens."""
    number, done = _done(load)
    at_once = _first_size()
    while done < load.rows:
        number, last = number + 1, min(done + at_once, load.rows)
        seconds = _merge_chunk(load, number, Rows(id_of(load), done + 1, last), at)
        at_once, done = _next_size(last - done, seconds), last
        told(LoadState.MERGING, last, load.rows)
        breathe()
    if load.kind == LoadKind.FULL:
        with database.reading() as session:
            merged = turning.find(session, id_of(load))  # with what the chunks have counted
        absence.suspect(merged, at=at)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.MERGED, at=at)
        events.publish(session, LoadMerged(id_of(load), load.entity, load.source), at=at)


def _first_size() -> int:
    return min(AT_ONCE, FEWEST) if database.engine().dialect.name == "sqlite" else AT_ONCE


def _next_size(rows: int, seconds: float) -> int:
    """Return how many rows take about a second: whoever writes beside a load on SQLite waits for a chunk."""
    if database.engine().dialect.name != "sqlite":
        return AT_ONCE
    in_a_second = int(rows * CHUNK_SECONDS / max(seconds, 0.001))
    return max(min(in_a_second, 2 * rows, AT_ONCE), min(AT_ONCE, FEWEST))


def _done(load: Load) -> tuple[int, int]:
    """Return how many chunks are merged and the last row in them."""
    mine = (col(LoadChunk.load_id) == load.id) & (col(LoadChunk.step) == Step.MERGE)
    with database.reading() as session:
        last = session.exec(select(LoadChunk).where(mine).order_by(col(LoadChunk.number).desc())).first()
    return (last.number, last.last_row) if last else (0, 0)


def _merge_chunk(load: Load, number: int, rows: Rows, at: datetime) -> float:
    """Return how many seconds it took."""
    with database.unit_of_work() as session:
        begun = time.perf_counter()  # whoever had the database before it is not counted
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
        more = {name: getattr(Load, name) + count for name, count in counts.items()} | turning.WENT_ON
        more["merge_seconds"] = Load.merge_seconds + (time.perf_counter() - begun)
        session.execute(update(Load).where(col(Load.id) == load.id).values(more))
    return time.perf_counter() - begun


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
