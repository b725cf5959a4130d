"""What a full file lacks: suspected after one, taken for gone after two in a row."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, except_, func, insert, literal, null, select, update
from sqlmodel import Session, col

from core import database
from subscribers.loading.merge_statements import image, tables
from subscribers.loading.models import BeforeImage, Load, LoadChunk, QuarantinedRow, Step
from subscribers.loading.turning import id_of

FULLS_UNTIL_GONE = 2
AT_ONCE = 5_000


def suspect(load: Load, *, at: datetime) -> None:
    """Count one more full without them, for what the file lacks; clear what it has."""
    with database.reading() as session:
        if session.get(LoadChunk, (id_of(load), Step.ABSENCE, 1)):
            return
        missing = [] if _all_sent(session, load) else [row.id for row in session.execute(_missing(load))]
        back = [row.id for row in session.execute(_back(load))] if _any_suspected(session, load) else []
    with database.unit_of_work() as session:
        for at_once in _in_parts(missing):
            _suspect(session, load, at_once, at)
        _, target = tables(load.entity)
        for at_once in _in_parts(back):
            _keep_before(session, load, at_once)
            session.execute(update(target).where(target.c.id.in_(at_once)).values(absent_fulls=0))
        session.add(
            LoadChunk(
                load_id=id_of(load),
                step=Step.ABSENCE,
                number=1,
                first_row=1,
                last_row=load.rows,
                finished_at=at,
            )
        )
        session.execute(update(Load).where(col(Load.id) == load.id).values(absent=len(missing)))


def _all_sent(session: Session, load: Load) -> bool:
    """Tell, by counting alone, that every living row was in the file: the usual case, and quickly seen."""
    staged, target = tables(load.entity)
    ends = select(staged.c.key).where(staged.c.load_id == load.id, staged.c.op == "D").exists()
    living = and_(target.c.source == load.source, target.c.gone_at.is_(None))
    here = session.execute(select(func.count()).select_from(target).where(living)).scalar_one()
    sent = load.inserted + load.updated + load.unchanged
    return not load.stale and sent == here and not session.execute(select(ends)).scalar_one()


def _any_suspected(session: Session, load: Load) -> bool:
    _, target = tables(load.entity)
    suspected = select(target.c.id).where(target.c.source == load.source, target.c.absent_fulls > 0)
    return session.execute(suspected.limit(1)).first() is not None


def _missing(load: Load) -> Select[Any]:
    """Rows of this source that are neither in the file nor among what was put aside of it."""
    staged, target = tables(load.entity)
    living = and_(target.c.source == load.source, target.c.gone_at.is_(None))
    sent = select(staged.c.key).where(staged.c.load_id == load.id)
    aside = select(col(QuarantinedRow.key)).where(col(QuarantinedRow.load_id) == load.id)
    keys = except_(select(target.c.key).where(living), sent, aside).subquery()
    return select(target.c.id).join(keys, keys.c.key == target.c.key).order_by(target.c.id)


def _back(load: Load) -> Select[Any]:
    staged, target = tables(load.entity)
    sent = select(staged.c.key).where(staged.c.load_id == load.id)
    suspected = and_(target.c.source == load.source, target.c.gone_at.is_(None), target.c.absent_fulls > 0)
    return select(target.c.id).where(suspected, target.c.key.in_(sent)).order_by(target.c.id)


def _suspect(session: Session, load: Load, ids: list[int], at: datetime) -> None:
    _, target = tables(load.entity)
    _keep_before(session, load, ids)
    fulls = target.c.absent_fulls + 1
    ends = case((fulls >= FULLS_UNTIL_GONE, literal(at, target.c.gone_at.type)), else_=null())
    values = {"absent_fulls": fulls, "gone_at": ends, "load_id": load.id}
    session.execute(update(target).where(target.c.id.in_(ids)).values(values))


def _keep_before(session: Session, load: Load, ids: list[int]) -> None:
    _, target = tables(load.entity)
    made = image(target, session.get_bind().dialect.name)
    chosen = select(literal(load.id), target.c.id, literal(load.entity), made).where(target.c.id.in_(ids))
    session.execute(insert(BeforeImage).from_select(["load_id", "row_id", "entity", "before"], chosen))


def _in_parts(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
