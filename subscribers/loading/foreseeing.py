"""A dry run: what merging a checked file would change, field by field, with a few masked examples."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Select, Table, case, func, select
from sqlmodel import Field, Session, SQLModel

from core import sealing
from core.clock import CENTRE_TIME
from subscribers import entities, masking
from subscribers.entities import Shape
from subscribers.loading import absence, merge_statements
from subscribers.loading.merge_statements import Rows
from subscribers.loading.models import Load, LoadKind
from subscribers.loading.preparing import CERTIFICATE
from subscribers.loading.turning import id_of
from subscribers.models import BIG

EXAMPLES = 3


class Forecast(SQLModel, table=True):
    """What would change. `fields` are `{"name", "rows", "samples": [{"key", "before", "after"}]}`."""

    __tablename__ = "subscribers_forecast"

    load_id: int = Field(primary_key=True, foreign_key="subscribers_load.id")
    at: datetime
    inserted: int = Field(default=0, sa_type=BIG)
    updated: int = Field(default=0, sa_type=BIG)
    unchanged: int = Field(default=0, sa_type=BIG)
    stale: int = Field(default=0, sa_type=BIG)
    removed: int = Field(default=0, sa_type=BIG)
    absent: int = Field(default=0, sa_type=BIG)
    fields: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))

    @property
    def counted(self) -> list[tuple[str, int, str]]:
        """Return each outcome: its name, how many rows, and its tone."""
        return [
            ("新增", self.inserted, "ok"),
            ("更新", self.updated, "brand"),
            ("不变", self.unchanged, ""),
            ("旧版本", self.stale, ""),
            ("注销", self.removed, "warn"),
            ("疑似缺失", self.absent, "warn"),
        ]


def foresee(session: Session, load: Load, *, at: datetime) -> Forecast:
    """Reckon what merging would do, by its own rules; nothing is written."""
    counts = session.execute(_outcomes(load)).mappings().one()
    forecast = Forecast(load_id=id_of(load), at=at)
    for name, number in counts.items():
        setattr(forecast, str(name), int(number or 0))
    if load.kind == LoadKind.FULL:
        missing = absence.missing(load).subquery()
        forecast.absent = session.execute(select(func.count()).select_from(missing)).scalar_one()
    forecast.fields = _fields(session, load)
    return forecast


def latest_of(session: Session, load_id: int) -> Forecast | None:
    return session.get(Forecast, load_id)


def _all_rows(load: Load) -> Rows:
    return Rows(id_of(load), 1, load.rows)


def _joined(load: Load) -> tuple[Table, Table, Any]:
    staged, target = merge_statements.tables(load.entity)
    return staged, target, staged.outerjoin(target, target.c.key == staged.c.key)


def _outcomes(load: Load) -> Select[Any]:
    staged, target, joined = _joined(load)
    is_new, ends = target.c.id.is_(None), staged.c.op == "D"
    changes = target.c.id.is_not(None) & merge_statements.changes(load.entity)
    stale = staged.c.version < target.c.version
    named = {
        "inserted": is_new & ~ends,
        "updated": changes & ~ends,
        "removed": changes & ends,
        "stale": stale,
        "unchanged": ~(is_new & ~ends) & ~func.coalesce(changes, False) & ~func.coalesce(stale, False),
    }
    counted = (func.sum(case((which, 1), else_=0)).label(name) for name, which in named.items())
    return select(*counted).select_from(joined).where(merge_statements.accepted(load.entity, _all_rows(load)))


def _updates(load: Load) -> ColumnElement[bool]:
    staged, _ = merge_statements.tables(load.entity)
    accepted = merge_statements.accepted(load.entity, _all_rows(load))
    return accepted & merge_statements.changes(load.entity) & (staged.c.op != "D")


def _fields(session: Session, load: Load) -> list[dict[str, Any]]:
    """Return the fields that would change in at least one row, in the order of the entity."""
    staged, target = merge_statements.tables(load.entity)
    differs = _differences(load)
    joined = staged.join(target, target.c.key == staged.c.key)
    counted = (func.sum(case((which, 1), else_=0)).label(name) for name, which in differs.items())
    found = session.execute(select(*counted).select_from(joined).where(_updates(load))).mappings().one()
    return [
        {"name": name, "rows": int(rows), "samples": _samples(session, load, name, differs[name])}
        for name, rows in found.items()
        if rows
    ]


def _differences(load: Load) -> dict[str, ColumnElement[bool]]:
    """Return for each field whether a staged row gives it another value."""
    _, target = merge_statements.tables(load.entity)
    values = merge_statements.new_values(load.entity)
    return {
        field.name: values[column].is_distinct_from(target.c[column])
        for field in entities.entity(load.entity).fields
        if (column := _column(field))
    }


def _column(field: entities.Field) -> str:
    """Return the column by which two values of a field are compared: of certificates, their hash."""
    return "certificate_hash" if field.shape is Shape.CERTIFICATE else entities.column_of(field)


def _samples(session: Session, load: Load, name: str, differs: ColumnElement[bool]) -> list[dict[str, str]]:
    staged, target = merge_statements.tables(load.entity)
    field = entities.entity(load.entity).field(name)
    before, after = _shown(load, field)
    joined = staged.join(target, target.c.key == staged.c.key)
    rows = session.execute(
        select(staged.c.key, before.label("before"), after.label("after"))
        .select_from(joined)
        .where(_updates(load), differs)
        .order_by(staged.c.row_number)
        .limit(EXAMPLES)
    )
    return [
        {"key": row.key, "before": _said(field, row.before), "after": _said(field, row.after)} for row in rows
    ]


def _shown(load: Load, field: entities.Field) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return what is shown of a field before and after: of a reference, the key of its row."""
    _, target = merge_statements.tables(load.entity)
    values = merge_statements.new_values(load.entity)
    if field.shape is Shape.CERTIFICATE:
        return target.c.certificate_sealed, values["certificate_sealed"]
    column = entities.column_of(field)
    if field.shape is not Shape.REFERENCE:
        return target.c[column], values[column]
    return tuple(_key_of(field, number) for number in (target.c[column], values[column]))  # type: ignore[return-value]


def _key_of(field: entities.Field, number: ColumnElement[Any]) -> ColumnElement[Any]:
    _, parent = merge_statements.tables(field.refers_to)
    named = parent.alias()
    return select(named.c.key).where(named.c.id == number).scalar_subquery()


def _said(field: entities.Field, value: Any) -> str:
    """Return a value as a person reads it, masked."""
    if value in (None, ""):
        return ""
    if field.shape is Shape.CERTIFICATE:
        return masking.masked_certificate(sealing.unseal(value, CERTIFICATE))
    return masking.masked_field(field, _written(field, value))


def _written(field: entities.Field, value: Any) -> str:
    if field.shape is Shape.MONEY:
        return f"{value / 100:,.2f}"
    if isinstance(value, datetime):
        return value.astimezone(CENTRE_TIME).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
