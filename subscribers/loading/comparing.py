"""Two copies compared without reading them: what the file says and what the table says, bucket by bucket."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    case,
    except_,
    func,
    literal,
    select,
    union_all,
)
from sqlmodel import Session, SQLModel

from subscribers.entities import ENTITIES, Entity, Field, Shape
from subscribers.loading.models import Load, LoadKind
from subscribers.loading.staged import ACCEPTED, PUT_ASIDE, STAGED

BUCKETS = 256
DELETED = "D"


@dataclass(frozen=True)
class Sides:
    """The rows of a load that were taken, and those of the table that should say the same.

    Of a full file that is every living row of its source; of a delta, the rows that it names.
    """

    load: Load
    entity: Entity
    staged: Table
    table: Table

    @property
    def taken(self) -> ColumnElement[bool]:
        mine = (self.staged.c.load_id == self.load.id) & (self.staged.c.verdict == ACCEPTED)
        return mine & (self.staged.c.op != DELETED)

    @property
    def named(self) -> ColumnElement[bool]:
        return (self.staged.c.load_id == self.load.id) & (self.staged.c.verdict == ACCEPTED)

    @property
    def living(self) -> ColumnElement[bool]:
        alive = self.table.c.gone_at.is_(None)
        if self.load.kind == LoadKind.FULL:
            return alive & (self.table.c.source == self.load.source)
        return alive & self.table.c.key.in_(select(self.staged.c.key).where(self.named))

    def is_unknown(self, name: str) -> ColumnElement[bool]:
        """Tell whether the file said nothing of this field: the table keeps what it had."""
        return self.staged.c.unknown.op("&")(self.bit(name)) != 0

    def bit(self, name: str) -> int:
        return 1 << [field.name for field in self.entity.fields].index(name)


@dataclass(frozen=True)
class Figures:
    """Rows, control sums, and how many rows there are of each status."""

    rows: int
    sums: dict[str, int]
    counts: dict[str, int]


def sides_of(load: Load) -> Sides:
    entity = ENTITIES[load.entity]
    table = SQLModel.metadata.tables[str(entity.table.__tablename__)]
    return Sides(load, entity, STAGED[entity.name], table)


def counted_by(entity: Entity) -> Field | None:
    """Return the field by whose values rows are counted: the status where there is one."""
    choices = [field for field in entity.fields if field.shape is Shape.CHOICE]
    months = [field for field in entity.fields if field.shape is Shape.MONTH]
    named = [field for field in choices if field.name == "status"]
    return next(iter([*named, *choices, *months]), None)


def figures_of_file(session: Session, sides: Sides) -> Figures:
    known: dict[str, ColumnElement[Any]] = {
        field.name: func.sum(case((sides.is_unknown(field.name), 0), else_=sides.staged.c[field.name]))
        for field in sides.entity.sums
    }
    return _figures(session, sides, sides.staged, sides.taken, known)


def figures_of_table(session: Session, sides: Sides) -> Figures:
    """Leave out what the file did not say, so that both sides sum up the same cells."""
    known: dict[str, ColumnElement[Any]] = {
        field.name: func.sum(sides.table.c[field.name]) for field in sides.entity.sums
    }
    figures = _figures(session, sides, sides.table, sides.living, known)
    for name, unsaid in _unsaid(session, sides).items():
        figures.sums[name] -= unsaid
    return figures


def _unsaid(session: Session, sides: Sides) -> dict[str, int]:
    """Return, for each column of which some rows said nothing, what the table has in those rows."""
    silent = sorted(_silent_columns(session, sides))
    if not silent:
        return {}
    staged, table = sides.staged, sides.table
    cells = (func.sum(case((sides.is_unknown(name), table.c[name]), else_=0)) for name in silent)
    both = staged.join(table, table.c.key == staged.c.key)
    found = session.execute(select(*cells).select_from(both).where(sides.taken, sides.living)).one()
    return {name: int(said or 0) for name, said in zip(silent, found, strict=True)}


def _silent_columns(session: Session, sides: Sides) -> set[str]:
    names = [field.name for field in sides.entity.sums]
    if not names:
        return set()
    silent = (func.max(case((sides.is_unknown(name), 1), else_=0)) for name in names)
    found = session.execute(select(*silent).where(sides.taken)).one()
    return {name for name, is_silent in zip(names, found, strict=True) if is_silent}


def _figures(
    session: Session,
    sides: Sides,
    source: FromClause,
    which: ColumnElement[bool],
    sums: dict[str, ColumnElement[Any]],
) -> Figures:
    total = session.execute(select(func.count(), *sums.values()).select_from(source).where(which)).one()
    field = counted_by(sides.entity)
    counts: dict[str, int] = {}
    if field is not None:
        table = sides.staged if source is sides.staged else sides.table
        value = table.c[field.name]
        for said, rows in session.execute(select(value, func.count()).where(which).group_by(value)):
            counts[str(said or "")] = counts.get(str(said or ""), 0) + rows
    named = {name: int(said or 0) for name, said in zip(sums, total[1:], strict=True)}
    return Figures(total[0], named, counts)


def unequal_buckets(session: Session, sides: Sides) -> list[int]:
    """Return the buckets whose rows differ in number or in the sum of their digests."""
    of_file = _buckets(session, sides.staged, sides.taken)
    of_table = _buckets(session, sides.table, sides.living)
    return sorted(bucket for bucket in of_file | of_table if of_file.get(bucket) != of_table.get(bucket))


def _buckets(session: Session, table: Table, which: ColumnElement[bool]) -> dict[int, tuple[int, int]]:
    summed = func.sum(table.c.digest)  # of 44 bits each: half a million rows in a bucket do not overflow
    grouped = select(table.c.bucket, func.count(), summed).where(which).group_by(table.c.bucket)
    return {bucket: (rows, int(digests)) for bucket, rows, digests in session.execute(grouped)}


def differences(sides: Sides, buckets: list[int]) -> Select[Any]:
    """Return the select of the keys that differ in these buckets: kind, reason, key, bucket, row_id."""
    either = union_all(_of_file(sides, buckets), _of_table(sides, buckets)).subquery("difference")
    return select(either)


def _of_file(sides: Sides, buckets: list[int]) -> Select[Any]:
    """The rows of the file that the table lacks or holds otherwise."""
    staged, table = sides.staged, sides.table
    lacks = table.c.id.is_(None) | table.c.gone_at.is_not(None)
    kind = case((lacks, literal("missing")), else_=literal("differing"))
    reason = case(
        (table.c.load_id > sides.load.id, literal("later")),
        (table.c.version > staged.c.version, literal("stale")),
        else_=literal(""),
    )
    return (
        select(
            kind.label("kind"),
            reason.label("reason"),
            staged.c.key,
            staged.c.bucket,
            table.c.id.label("row_id"),
        )
        .select_from(staged.outerjoin(table, table.c.key == staged.c.key))
        .where(sides.taken, staged.c.bucket.in_(buckets), lacks | (table.c.digest != staged.c.digest))
    )


def _of_table(sides: Sides, buckets: list[int]) -> Select[Any]:
    """The rows of the table that the file lacks, or says to be gone.

    Keys of one side less those of the other, as sets: SQLite joins a subquery without an index, row by row.
    """
    table, staged = sides.table, sides.staged
    here = select(table.c.key).where(sides.living, table.c.bucket.in_(buckets))
    told = select(staged.c.key).where(sides.taken, staged.c.bucket.in_(buckets))
    extra = except_(here, told).subquery("extra")
    aside = (staged.c.load_id == sides.load.id) & (staged.c.verdict == PUT_ASIDE) & (staged.c.op != DELETED)
    reason = case(
        (table.c.load_id > sides.load.id, literal("later")),
        (table.c.key.in_(select(staged.c.key).where(aside)), literal("aside")),
        (table.c.absent_fulls > 0, literal("absent")),
        else_=literal(""),
    )
    return select(
        literal("extra").label("kind"), reason.label("reason"), table.c.key, table.c.bucket, table.c.id
    ).select_from(extra.join(table, table.c.key == extra.c.key))
