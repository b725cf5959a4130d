"""What only shows when all rows are seen together, and beside the copy: doubles, orphans, strangers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, update
from sqlmodel import Session, SQLModel, col

from core import database
from subscribers.entities import ENTITIES, Shape
from subscribers.loading import completing, gates, turning
from subscribers.loading.models import Load, LoadState, RowState
from subscribers.loading.preparing import problem
from subscribers.loading.progress import Told, breathe
from subscribers.loading.quarantine import Aside, put_aside
from subscribers.loading.reading import line_at, shown
from subscribers.loading.staged import ACCEPTED, PUT_ASIDE, STAGED, SUPERSEDED
from subscribers.loading.turning import id_of

AT_ONCE = 2_000


def check(load: Load, *, at: datetime, told: Told) -> None:
    """
    :raises Held: if too much is wrong with the file to take it without a person
    """
    told(LoadState.STAGED, 0, load.rows)
    gates.pass_sizes(load)
    has_doubled = _count(_doubled_keys(load)) > 0
    doubled = _count(_all_doubled(load)) if has_doubled else 0
    strangers = _count(_strangers(load))
    gates.pass_errors(load, doubled, strangers)
    orphans = {name: _count(query) for name, query in _orphans(load).items()}
    gates.pass_orphans(load, orphans)
    if has_doubled:
        _settle_doubled(load)
    if strangers:
        _put_strangers_aside(load)
    for name in filter(orphans.get, orphans):
        _put_orphans_aside(load, name, _orphans(load)[name])
    completing.complete(load)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.CHECKED, at=at)


def _count(query: Select[Any]) -> int:
    with database.reading() as session:
        return int(session.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _of(load: Load) -> Any:
    staged = STAGED[load.entity]
    return and_(staged.c.load_id == load.id, staged.c.verdict == ACCEPTED)


def _doubled_keys(load: Load) -> Select[Any]:
    staged = STAGED[load.entity]
    return select(staged.c.key).where(_of(load)).group_by(staged.c.key).having(func.count() > 1)


def _all_doubled(load: Load) -> Select[Any]:
    """Rows whose key comes again in the file without a rising version: nobody can say which one holds."""
    staged = STAGED[load.entity]
    before = func.lag(staged.c.version).over(partition_by=staged.c.key, order_by=staged.c.row_number)
    doubled = _of(load) & staged.c.key.in_(_doubled_keys(load))
    ordered = select(staged.c.key, staged.c.version, before.label("before")).where(doubled).subquery()
    unsettled = select(ordered.c.key).where(ordered.c.before >= ordered.c.version)
    return _whole_rows(load).where(staged.c.key.in_(unsettled))


def _whole_rows(load: Load) -> Select[Any]:
    staged = STAGED[load.entity]
    return select(staged.c.row_number, staged.c.position, staged.c.key).where(_of(load))


def _settle_doubled(load: Load) -> None:
    """Put unsettled doubles aside; where the version rises, the last one holds."""
    message = "同一编号在文件里出现多次，版本号没有递增，不知以哪行为准"
    with database.reading() as session:
        doubled = list(session.execute(_all_doubled(load)))
    for some in _in_parts(doubled):
        told = [problem("key", "doubled", message)]
        _put_aside(load, [Aside(*_raw(load, row), told, row.key) for row in some])
    staged = STAGED[load.entity]
    again = select(staged.c.key, func.max(staged.c.row_number).label("last")).where(_of(load))
    last = again.group_by(staged.c.key).having(func.count() > 1).subquery()
    earlier = select(staged.c.row_number).join(last, last.c.key == staged.c.key)
    with database.reading() as session:
        rows = list(session.scalars(earlier.where(_of(load), staged.c.row_number < last.c.last)))
    for some in _in_parts(rows):
        with database.unit_of_work() as session:
            _mark(session, load, some, SUPERSEDED)
            _add(session, load, superseded=len(some))


def _strangers(load: Load) -> Select[Any]:
    """Rows whose key belongs to another source."""
    staged, target = STAGED[load.entity], _target(load.entity)
    anybody = target.alias("anybody")
    others = select(anybody.c.id).where(anybody.c.source != load.source).exists()
    owned = target.c.source != load.source
    return _whole_rows(load).join(target, target.c.key == staged.c.key).where(owned, others)


def _put_strangers_aside(load: Load) -> None:
    with database.reading() as session:
        rows = list(session.execute(_strangers(load)))
    for some in _in_parts(rows):
        told = [problem("key", "other_source", "这个编号属于另一个来源")]
        _put_aside(load, [Aside(*_raw(load, row), told, row.key) for row in some])


def _orphans(load: Load) -> dict[str, Select[Any]]:
    """Return, for each parent, the rows that name one which is not there."""
    staged = STAGED[load.entity]
    found = {}
    for one in ENTITIES[load.entity].fields:
        if one.shape is Shape.REFERENCE:
            parent, key = _target(one.refers_to), staged.c[f"{one.refers_to}_key"]
            missing = (staged.c.op != "D") & key.is_not(None) & parent.c.id.is_(None)
            rows = _whole_rows(load).add_columns(key.label("parent"))
            found[one.name] = rows.outerjoin(parent, parent.c.key == key).where(missing)
    return found


def _put_orphans_aside(load: Load, name: str, query: Select[Any]) -> None:
    staged = STAGED[load.entity]
    field = ENTITIES[load.entity].field(name)
    told = problem(name, "orphan", f"{field.label}对应的数据还没有到")
    last = 0
    while True:
        page = query.where(staged.c.row_number > last).order_by(staged.c.row_number).limit(AT_ONCE)
        with database.reading() as session:
            rows = list(session.execute(page))
        if not rows:
            return
        last = rows[-1].row_number
        aside = [Aside(*_raw(load, row), [told], row.key, row.parent, field.refers_to) for row in rows]
        _put_aside(load, aside, RowState.ORPHAN)


def _put_aside(load: Load, rows: Sequence[Aside], state: RowState = RowState.WAITING) -> None:
    """Keep rows with what the file says of them, and leave them out of what is merged."""
    with database.unit_of_work() as session:
        put_aside(session, load, rows, state)
        _mark(session, load, [row.row_number for row in rows], PUT_ASIDE)
        _add(session, load, **{"orphans" if state is RowState.ORPHAN else "bad": len(rows)})
    breathe()


def _raw(load: Load, row: Row[Any]) -> tuple[int, str]:
    line = line_at(Path(load.path), load.encoding, row.row_number, row.position)
    return row.row_number, shown(line.content, load.encoding)


def _mark(session: Session, load: Load, numbers: Sequence[int], verdict: int) -> None:
    staged = STAGED[load.entity]
    rows = (staged.c.load_id == load.id) & staged.c.row_number.in_(numbers)
    session.execute(update(staged).where(rows).values(verdict=verdict))


def _add(session: Session, load: Load, **counts: int) -> None:
    more = {name: getattr(Load, name) + count for name, count in counts.items()}
    session.execute(update(Load).where(col(Load.id) == load.id).values(more))


def _target(entity: str) -> Any:
    return SQLModel.metadata.tables[str(ENTITIES[entity].table.__tablename__)]


def _in_parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
