"""Undoing a load: every row it wrote goes back to what was there before, unless somebody needs it as it is.

A row that a later load changed, that an agent corrected since, or on which other rows stand is kept, counted
and listed. In whatever order loads are undone, the rows end the same: a load hands the past of a row that it
leaves to a later one on to that one.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Table, bindparam, exists, insert, update
from sqlmodel import Field, Session, SQLModel, col, delete, func, select
from sqlmodel.sql.sqltypes import UTCDateTime

from core import audit, database, events, jobs
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.entities import ENTITIES
from subscribers.events import LoadUndone
from subscribers.loading.alone import LoadUnderWay, alone_with
from subscribers.loading.clearing import UNDOABLE_FOR
from subscribers.loading.models import BeforeImage, Load, LoadState, QuarantinedRow, RowState
from subscribers.loading.progress import breathe
from subscribers.loading.turning import find
from subscribers.models import BIG, MonthlyFact
from subscribers.steering.going_on import PAUSE
from subscribers.steering.mending import OPEN

UNDO = "subscribers.undo_load"
CHUNK = 2_000
_UNDOABLE = frozenset({LoadState.MERGED, LoadState.RECONCILED, LoadState.ACKNOWLEDGED})


class NotUndoable(Conflict):
    message = f"只有已经合并完、不超过 {UNDOABLE_FOR.days} 天的装载可以撤销。请刷新页面查看它现在的状态。"


class Kept(StrEnum):
    """Why a row was not put back."""

    LATER = "later"
    CORRECTED = "corrected"
    NEEDED = "needed"

    @property
    def label(self) -> str:
        return _KEPT[self]


_KEPT = {
    Kept.LATER: "后来的文件改过",
    Kept.CORRECTED: "座席更正过",
    Kept.NEEDED: "其他资料还在用它",
}


class Undoing(SQLModel, table=True):
    """The undoing of a load: who asked for it, and what it has done so far."""

    __tablename__ = "subscribers_undoing"

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    staff_id: UUID
    asked_at: datetime
    restored: int = Field(default=0, sa_type=BIG)
    removed: int = Field(default=0, sa_type=BIG)
    kept: int = Field(default=0, sa_type=BIG)
    finished_at: datetime | None = None


class KeptRow(SQLModel, table=True):
    __tablename__ = "subscribers_kept_row"

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    row_id: int = Field(primary_key=True, sa_type=BIG)
    key: str
    reason: str


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(UNDO, _run, label="撤销装载", lane="slow"),)


def ask(session: Session, load_id: int, *, actor: Actor, at: datetime) -> None:
    """Have a load undone in the background. From now on it counts as undone, its open rows as given up.

    :raises NotUndoable: if it is not merged to the end, was undone before, or is too long ago
    """
    require(actor, Permission.RUN_LOADS)
    load = find(session, load_id)
    if not is_undoable(load, at=at):
        raise NotUndoable
    load.state, load.state_since, load.reason = LoadState.UNDONE, at, f"{actor.name}撤销"
    session.add(load)
    session.add(Undoing(load_id=load_id, staff_id=actor.staff_id, asked_at=at))
    put_aside = col(QuarantinedRow.load_id) == load_id
    still_open = col(QuarantinedRow.state).in_(OPEN) & col(QuarantinedRow.redriven_load_id).is_(None)
    session.execute(update(QuarantinedRow).where(put_aside & still_open).values(state=RowState.DROPPED))
    jobs.enqueue(session, UNDO, {"load": load_id}, at=at)
    audit.record(
        session,
        actor=actor,
        action="subscribers.load.undone",
        subject_id=load_id,
        at=at,
        details={"name": load.name},
    )


def is_undoable(load: Load, *, at: datetime) -> bool:
    """Tell whether it can be undone; what was before it is not kept for ever."""
    return load.state in _UNDOABLE and at - load.state_since < UNDOABLE_FOR


def _run(payloads: Sequence[jobs.Payload], at: datetime) -> None:
    for payload in payloads:
        try:
            carry_out(payload["load"], at=at)
        except LoadUnderWay as error:
            raise jobs.TryLater(PAUSE) from error


def carry_out(load_id: int, *, at: datetime) -> None:
    """Undo to the end, a chunk a transaction; where it was interrupted it goes on.

    :raises LoadUnderWay: if a load of the same entity is under way
    """
    with database.reading() as session:
        entity = find(session, load_id).entity
    with alone_with(entity):
        while _one_chunk(load_id, at):
            breathe()


def _one_chunk(load_id: int, at: datetime) -> bool:
    """Return whether there may be more."""
    with database.unit_of_work() as session:
        undoing, load = session.get_one(Undoing, load_id), session.get_one(Load, load_id)
        if undoing.finished_at:
            return False
        table = _table(load)
        images = _next_images(session, load_id)
        if images:
            undoing.restored += _put_back(session, table, load, images)
        elif rows := _next_brought(session, table, load):
            undoing.removed += _remove(session, table, load, rows)
        elif rows := _next_overtaken(session, table, load):
            _list(session, load, {row.id: (row.key, Kept.LATER) for row in rows})
        else:
            undoing.finished_at = at
            events.publish(session, LoadUndone(load_id, load.entity, load.source), at=at)
        kept = select(func.count()).where(KeptRow.load_id == load_id)
        undoing.kept = session.exec(kept).one()
        session.add(undoing)
        return undoing.finished_at is None


def _table(load: Load) -> Table:
    return SQLModel.metadata.tables[str(ENTITIES[load.entity].table.__tablename__)]


def _next_images(session: Session, load_id: int) -> Sequence[BeforeImage]:
    in_order = select(BeforeImage).where(BeforeImage.load_id == load_id).order_by(col(BeforeImage.row_id))
    return session.exec(in_order.limit(CHUNK)).all()


def _put_back(session: Session, table: Table, load: Load, images: Sequence[BeforeImage]) -> int:
    """Restore the rows that are as this load left them, list the others; return how many were restored."""
    ids = [image.row_id for image in images]
    stand = {
        row.id: row
        for row in session.execute(
            select(table.c.id, table.c.key, table.c.load_id).where(table.c.id.in_(ids))
        )
    }
    corrected = _corrected_since(session, load, ids)
    later = {row_id for row_id, row in stand.items() if row.load_id != load.id}
    restored = [image for image in images if image.row_id in stand.keys() - later - corrected]
    if restored:
        values = [_values(table, image) for image in restored]
        names = [column.name for column in table.columns if column.name != "id"]
        by_id = update(table).where(table.c.id == bindparam("b_id"))
        session.connection().execute(by_id.values({name: bindparam(f"b_{name}") for name in names}), values)
    _hand_on(session, load, [image for image in images if image.row_id in later])
    kept = dict.fromkeys(corrected & stand.keys(), Kept.CORRECTED) | dict.fromkeys(later, Kept.LATER)
    _list(session, load, {row_id: (stand[row_id].key, reason) for row_id, reason in kept.items()})
    done = (col(BeforeImage.load_id) == load.id) & col(BeforeImage.row_id).in_(ids)
    session.exec(delete(BeforeImage).where(done))
    return len(restored)


def _values(table: Table, image: BeforeImage) -> dict[str, Any]:
    said = {f"b_{column.name}": _read(column.type, image.before[column.name]) for column in table.columns}
    return said | {"b_id": image.row_id}


def _read(kind: object, said: Any) -> Any:
    """Return a value as the database takes it: dates and moments are kept as text."""
    if said is None or not isinstance(kind, Date | UTCDateTime):
        return said
    if isinstance(kind, Date):
        return date.fromisoformat(said)
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hand_on(session: Session, load: Load, images: Sequence[BeforeImage]) -> None:
    """Give the load that changed a row next the past that this one knew, in case it is undone as well."""
    past = {image.row_id: image.before for image in images}
    theirs = (col(BeforeImage.entity) == load.entity) & (col(BeforeImage.load_id) != load.id)
    for image in session.exec(select(BeforeImage).where(theirs, col(BeforeImage.row_id).in_(past))):
        if image.before["load_id"] == load.id:
            image.before = past[image.row_id]
            session.add(image)
    session.flush()


def _next_brought(session: Session, table: Table, load: Load) -> Sequence[Any]:
    """Return rows that this load brought and nobody changed since.

    So are those of a load undone before it, which was not given them back because this one had changed them.
    """
    same = (col(KeptRow.load_id) == table.c.load_id) & (col(KeptRow.row_id) == table.c.id)
    waited = exists().where(same, col(KeptRow.reason) == Kept.LATER)
    brought = (table.c.first_load_id == table.c.load_id) & ((table.c.load_id == load.id) | waited)
    kept = select(KeptRow.row_id).where(KeptRow.load_id == load.id)
    rows = select(table.c.id, table.c.key).where(brought, table.c.id.not_in(kept))
    return session.execute(rows.order_by(table.c.id).limit(CHUNK)).all()


def _next_overtaken(session: Session, table: Table, load: Load) -> Sequence[Any]:
    """Return rows that this load brought and a later one changed."""
    overtaken = (table.c.first_load_id == load.id) & (table.c.load_id != load.id)
    kept = select(KeptRow.row_id).where(KeptRow.load_id == load.id)
    rows = select(table.c.id, table.c.key).where(overtaken, table.c.id.not_in(kept))
    return session.execute(rows.order_by(table.c.id).limit(CHUNK)).all()


def _remove(session: Session, table: Table, load: Load, rows: Sequence[Any]) -> int:
    """Delete those on which nothing stands; list the others. Return how many were deleted."""
    keys = {row.id: row.key for row in rows}
    kept = dict.fromkeys(_needed(session, table, list(keys)), Kept.NEEDED)
    kept |= dict.fromkeys(_corrected_since(session, load, list(keys)), Kept.CORRECTED)
    _list(session, load, {row_id: (keys[row_id], reason) for row_id, reason in kept.items()})
    gone = sorted(keys.keys() - kept.keys())
    if load.entity == "subscription":
        session.exec(delete(MonthlyFact).where(col(MonthlyFact.subscription_id).in_(gone)))
    session.execute(table.delete().where(table.c.id.in_(gone)))
    return len(gone)


def _corrected_since(session: Session, load: Load, ids: list[int]) -> set[int]:
    """Return those of which an agent said something after this load was merged, and has not taken it back."""
    of_these = (col(Correction.entity) == load.entity) & col(Correction.row_id).in_(ids)
    since = col(Correction.affirmed_at) >= (load.finished_at or load.seen_at)
    stands = col(Correction.state) != CorrectionState.WITHDRAWN
    return set(session.exec(select(Correction.row_id).where(of_these, since, stands)).all())


def _needed(session: Session, table: Table, ids: list[int]) -> set[int]:
    """Return those that a row of any other table refers to; monthly facts are only reckoned from them."""
    needed: set[int] = set()
    for other in SQLModel.metadata.tables.values():
        for column in other.columns:
            refers = any(key.column.table is table for key in column.foreign_keys)
            if refers and other.name != MonthlyFact.__tablename__:
                needed |= set(session.execute(select(column).where(column.in_(ids)).distinct()).scalars())
    return needed


def _list(session: Session, load: Load, kept: dict[int, tuple[str, Kept]]) -> None:
    rows = [
        {"load_id": load.id, "row_id": row_id, "key": key, "reason": reason}
        for row_id, (key, reason) in kept.items()
    ]
    if rows:
        session.execute(insert(KeptRow), rows)


def progress(session: Session, load_id: int) -> Undoing | None:
    return session.get(Undoing, load_id)


def kept_rows(load_id: int) -> Any:
    """Return the select of the rows that were kept, in the order of their keys."""
    return select(KeptRow).where(KeptRow.load_id == load_id).order_by(col(KeptRow.key))
