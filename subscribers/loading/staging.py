"""Reading a file into its staging table, chunk by chunk, each with its place in the file."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core import database
from subscribers.entities import entity
from subscribers.loading import bulk, turning
from subscribers.loading.layouts import Layout, layout_of
from subscribers.loading.models import Hold, Load, LoadChunk, LoadState, Step
from subscribers.loading.preparing import BadRow, Prepared, Preparer, problem
from subscribers.loading.progress import Told, breathe
from subscribers.loading.quarantine import Aside, put_aside
from subscribers.loading.reading import Line, lines, shown, text_of
from subscribers.loading.staged import OWN_COLUMNS, STAGED
from subscribers.loading.turning import Held, Rejected, id_of
from subscribers.loading.values import BadValue

AT_ONCE = 10_000
_HEAD = ("load_id", "row_number", "position")
_KEPT = ("verdict", "op", "key", "version", "changed_at", "digest", "bucket", "unknown", "cleared")


def stage(load: Load, *, at: datetime, told: Told) -> None:
    """Read what is not read yet, then compare rows and sums with the manifest.

    :raises Rejected: if the file has other rows or sums than its manifest says
    """
    chunk = _last_chunk(load)
    rows = _rows_from(load, chunk)
    reader = _Reader(load)
    while batch := list(islice(rows, AT_ONCE)):
        chunk = reader.take(batch, chunk, at)
        told(LoadState.VERIFIED, chunk.last_row, load.rows)
        breathe()
    _compare(load, chunk.last_row if chunk else 0)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.STAGED, at=at)


class _Reader:
    """Prepares lines of one file and writes them; the ledger of a chunk comes in its transaction."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._entity = entity(load.entity)
        self._layout: Layout = layout_of(self._entity, load.columns, load.layout)
        self._preparer = Preparer(self._entity, load.columns, load.seen_at)
        self._columns = (*_HEAD, *_KEPT, *OWN_COLUMNS[load.entity])

    def take(self, batch: list[Line], before: LoadChunk | None, at: datetime) -> LoadChunk:
        self._preparer.begin_sums()
        good: list[Prepared] = []
        aside: list[Aside] = []
        for line in batch:
            try:
                good.append((id_of(self._load), line.number, line.position, *self._prepared(line)))
            except BadRow as bad:
                raw = shown(line.content, self._load.encoding)
                aside.append(Aside(line.number, raw, bad.problems, bad.key))
        chunk = LoadChunk(
            load_id=id_of(self._load),
            step=Step.STAGE,
            number=before.number + 1 if before else 1,
            first_row=batch[0].number,
            last_row=batch[-1].number,
            ends_at=batch[-1].ends_at,
            sums=self._preparer.sums.totals,
            unsummed=self._preparer.sums.unread,
            finished_at=at,
        )
        with database.unit_of_work() as session:
            self._write(session, good, aside)
            session.add(chunk)
        return chunk

    def _prepared(self, line: Line) -> Prepared:
        try:
            cells = self._layout.split(text_of(line.content, self._load.encoding))
        except BadValue as bad:
            self._preparer.sums.unread += 1
            raise BadRow([problem("", bad.code, bad.message)]) from bad
        return self._preparer.prepare(cells)

    def _write(self, session: Session, good: list[Prepared], aside: list[Aside]) -> None:
        bulk.insert(session, STAGED[self._load.entity], self._columns, good)
        put_aside(session, self._load, aside)
        more = {"staged": Load.staged + len(good), "bad": Load.bad + len(aside)}
        session.execute(update(Load).where(col(Load.id) == self._load.id).values(more))


def _last_chunk(load: Load) -> LoadChunk | None:
    mine = (col(LoadChunk.load_id) == load.id) & (col(LoadChunk.step) == Step.STAGE)
    with database.reading() as session:
        return session.exec(select(LoadChunk).where(mine).order_by(col(LoadChunk.number).desc())).first()


def _rows_from(load: Load, chunk: LoadChunk | None) -> Iterator[Line]:
    after, position = (chunk.last_row, chunk.ends_at) if chunk else (0, 0)
    return lines(Path(load.path), load.encoding, after=after, position=position)


def _compare(load: Load, rows: int) -> None:
    if rows != load.rows:
        raise Rejected(f"清单说有 {load.rows} 行，文件里是 {rows} 行。请来源核对后重发。")
    mine = (col(LoadChunk.load_id) == load.id) & (col(LoadChunk.step) == Step.STAGE)
    with database.reading() as session:
        chunks = session.exec(select(LoadChunk.sums).where(mine)).all()
        unread = session.exec(select(func.sum(LoadChunk.unsummed)).where(mine)).one() or 0
    differing = [
        entity(load.entity).field(name).label
        for name, said in load.sums.items()
        if said != sum(chunk.get(name, 0) for chunk in chunks)
    ]
    if not differing:
        return
    what = f"控制合计与清单不符：{'、'.join(differing)}"
    if not unread:
        raise Rejected(f"{what}。请来源核对后重发。")
    if Hold.SUMS not in load.waived:
        raise Held(Hold.SUMS, f"{what}，有 {unread} 个值读不出来，无法核对。请看被搁置的行，再决定。")
