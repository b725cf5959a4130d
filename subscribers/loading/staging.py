"""Reading a file into its staging table, chunk by chunk, each with its place in the file."""

from contextlib import closing
from datetime import datetime

from sqlalchemy import func, text, update
from sqlmodel import col, select

from core import database
from subscribers.entities import entity
from subscribers.loading import bulk, side_by_side, turning
from subscribers.loading.decoding import Decoded, Span, recipe_of, spans
from subscribers.loading.models import Hold, Load, LoadChunk, LoadState, Step
from subscribers.loading.progress import Told, breathe
from subscribers.loading.quarantine import Aside, put_aside
from subscribers.loading.staged import OWN_COLUMNS, STAGED
from subscribers.loading.turning import Held, Rejected, id_of

AT_ONCE = 10_000
_HEAD = ("load_id", "row_number", "position")
_KEPT = ("verdict", "op", "key", "version", "changed_at", "digest", "bucket", "unknown", "cleared")


def stage(load: Load, *, at: datetime, told: Told) -> None:
    """Read what is not read yet, then compare rows and sums with the manifest.

    :raises Rejected: if the file has other rows or sums than its manifest says
    """
    chunk, recipe = _last_chunk(load), recipe_of(load)
    after, position = (chunk.last_row, chunk.ends_at) if chunk else (0, 0)
    ahead = spans(recipe, after=after, position=position, at_once=AT_ONCE)
    with closing(side_by_side.decoded(recipe, ahead, rows=load.rows - after)) as taken:
        for span, found in taken:
            chunk = _keep(load, span, found, number=chunk.number + 1 if chunk else 1, at=at)
            told(LoadState.VERIFIED, chunk.last_row, load.rows)
            breathe()
    _compare(load, chunk.last_row if chunk else 0)
    _analyse(load)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.STAGED, at=at)


def _keep(load: Load, span: Span, found: Decoded, *, number: int, at: datetime) -> LoadChunk:
    """Write what was decoded; the ledger of a chunk comes in its transaction."""
    chunk = LoadChunk(
        load_id=id_of(load),
        step=Step.STAGE,
        number=number,
        first_row=span.after + 1,
        last_row=span.after + span.rows,
        ends_at=span.ends_at,
        sums=found.totals,
        unsummed=found.unread,
        finished_at=at,
    )
    columns = (*_HEAD, *_KEPT, *OWN_COLUMNS[load.entity])
    more = {"staged": Load.staged + len(found.good), "bad": Load.bad + len(found.bad)}
    with database.unit_of_work() as session:
        bulk.insert(session, STAGED[load.entity], columns, found.good)
        put_aside(session, load, [Aside(*parts) for parts in found.bad])
        session.execute(update(Load).where(col(Load.id) == load.id).values(more | turning.WENT_ON))
        session.add(chunk)
    return chunk


def _analyse(load: Load) -> None:
    """Tell PostgreSQL what came: the checks join a table that it has not counted yet, and would guess."""
    if database.engine().dialect.name == "postgresql":
        with database.unit_of_work() as session:
            session.execute(text(f'ANALYZE "{STAGED[load.entity].name}"'))


def _last_chunk(load: Load) -> LoadChunk | None:
    mine = (col(LoadChunk.load_id) == load.id) & (col(LoadChunk.step) == Step.STAGE)
    with database.reading() as session:
        return session.exec(select(LoadChunk).where(mine).order_by(col(LoadChunk.number).desc())).first()


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
