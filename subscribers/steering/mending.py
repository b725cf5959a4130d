"""Mending a row that was put aside: what a person types over its cells, checked as a file is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from core import audit, privacy
from core.errors import Conflict, Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers import masking
from subscribers.entities import ENTITIES, Field
from subscribers.loading import quarantine
from subscribers.loading.layouts import HEAD, Cell, Delimited, Layout, layout_of
from subscribers.loading.models import Load, QuarantinedRow, RowState
from subscribers.loading.preparing import BadRow, Preparer
from subscribers.loading.values import BadValue

OPEN = frozenset({RowState.WAITING, RowState.ORPHAN, RowState.MENDED})
HEAD_LABELS = {"op": "操作", "key": "编号", "changed_at": "变更时间", "version": "版本号"}
WHOLE_ROW = "row"  # a row whose cells cannot be told apart is typed anew


class RowIsClosed(Conflict):
    message = "这一行已经重新装载或放弃，不能再改。请返回这次装载查看。"


class RowStillBad(Invalid):
    """`problems` are the messages by field."""

    message = "还有内容不对，请按各项旁边的提示修改。"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True)
class Box:
    """One cell to be typed over. Of personal data only the mask is shown, and an empty box keeps it."""

    name: str
    label: str
    value: str
    mask: str
    is_required: bool
    choices: tuple[str, ...]
    width: int
    message: str


@dataclass(frozen=True)
class Mending:
    """What is shown of a row: its boxes, or its text with digits masked if it does not fall into cells."""

    boxes: Sequence[Box]
    text: str
    message: str


def opened(load: Load, row: QuarantinedRow) -> Mending:
    """Return what a person sees of the row, with what is wrong beside it."""
    messages = {one["field"]: one["message"] for one in reversed(row.problems)}
    cells = _cells(load, row)
    if cells is None:
        return Mending((), privacy.masked(quarantine.raw_of(row)), messages.get("", ""))
    boxes = [_box(name, cell, load, messages) for name, cell in cells.items()]
    return Mending(boxes, "", messages.get("", ""))


def _box(name: str, cell: Cell, load: Load, messages: Mapping[str, str]) -> Box:
    field = _field(load, name)
    hides = field.is_personal and bool(cell)
    return Box(
        name=name,
        label=field.label,
        value="" if hides else cell or "",
        mask=masking.masked_field(field, cell or "") if hides else "",
        is_required=field.required and not hides,
        choices=field.choices,
        width=field.width,
        message=messages.get(name, ""),
    )


def _field(load: Load, name: str) -> Field:
    if name in HEAD_LABELS:
        required = name in {"op", "key"}
        choices = ("I", "U", "D") if name == "op" else ()
        return Field(name, HEAD_LABELS[name], width=HEAD[name], required=required, choices=choices)
    return ENTITIES[load.entity].field(name)


def _names(load: Load) -> list[str]:
    return [*HEAD, *load.columns]


def _cells(load: Load, row: QuarantinedRow) -> dict[str, Cell] | None:
    """Return the cells by name, or None if the text does not fall into them."""
    try:
        return dict(zip(_names(load), _layout(load).split(quarantine.raw_of(row)), strict=True))
    except BadValue:
        return None


def _layout(load: Load) -> Layout:
    return layout_of(ENTITIES[load.entity], load.columns, load.layout)


def mend(
    session: Session, row: QuarantinedRow, typed: Mapping[str, str], *, actor: Actor, at: datetime
) -> None:
    """Keep the row as it was typed over; it waits to be loaded again.

    :raises RowIsClosed: if it was loaded again or dropped
    :raises RowStillBad: if it would be put aside again, by field
    """
    load = _open(session, row, actor)
    cells = _typed_over(load, row, typed)
    try:
        Preparer(ENTITIES[load.entity], load.columns, at).prepare(list(cells.values()))
    except BadRow as bad:
        raise RowStillBad({one["field"]: one["message"] for one in reversed(bad.problems)}) from bad
    row.raw_mended = quarantine.sealed(_joined(load, cells))
    row.key = cells["key"] or ""
    row.state, row.mended_by, row.mended_at = RowState.MENDED, actor.staff_id, at
    session.add(row)
    changed = sorted(_field(load, name).label for name, text in typed.items() if text and name in cells)
    _note(session, row, "subscribers.row.mended", changed, actor=actor, at=at)


def _joined(load: Load, cells: Mapping[str, Cell]) -> str:
    """Return the row as its file writes it."""
    try:
        return _layout(load).join(list(cells.values()))
    except BadValue as bad:
        raise RowStillBad({WHOLE_ROW: bad.message}) from bad


def _typed_over(load: Load, row: QuarantinedRow, typed: Mapping[str, str]) -> dict[str, Cell]:
    cells = _cells(load, row)
    if cells is None:
        return _whole_row(load, typed.get(WHOLE_ROW, ""))
    for name, text in typed.items():
        if name in cells and text != (cells[name] or "") and (text or not _field(load, name).is_personal):
            cells[name] = text
    return cells


def _whole_row(load: Load, text: str) -> dict[str, Cell]:
    try:
        split = Delimited(len(_names(load))).split(text)
    except BadValue as bad:
        raise RowStillBad(
            {WHOLE_ROW: f"{bad.message}。各列用竖线隔开，依次为：{'、'.join(_labels(load))}"}
        ) from bad
    return dict(zip(_names(load), split, strict=True))


def _labels(load: Load) -> list[str]:
    return [_field(load, name).label for name in _names(load)]


def drop(session: Session, row: QuarantinedRow, *, actor: Actor, at: datetime) -> None:
    """Give a row up.

    :raises RowIsClosed: if it was loaded again or dropped
    """
    _open(session, row, actor)
    row.state, row.mended_by, row.mended_at = RowState.DROPPED, actor.staff_id, at
    session.add(row)
    _note(session, row, "subscribers.row.dropped", [], actor=actor, at=at)


def _open(session: Session, row: QuarantinedRow, actor: Actor) -> Load:
    require(actor, Permission.RUN_LOADS)
    if not is_open(row):
        raise RowIsClosed
    return session.get_one(Load, row.load_id)


def _note(
    session: Session, row: QuarantinedRow, action: str, fields: list[str], *, actor: Actor, at: datetime
) -> None:
    """Write down which fields were typed over, never with what."""
    details: dict[str, object] = {"row": row.row_number} | ({"fields": fields} if fields else {})
    audit.record(session, actor=actor, action=action, subject_id=row.load_id, at=at, details=details)


def mended_count(session: Session, load_id: int) -> int:
    """Return how many rows of a load are mended and wait to be loaded again."""
    return session.exec(select(func.count()).where(_ready(load_id))).one()


def ready(session: Session, load_id: int) -> list[QuarantinedRow]:
    in_order = select(QuarantinedRow).where(_ready(load_id)).order_by(col(QuarantinedRow.row_number))
    return list(session.exec(in_order).all())


def _ready(load_id: int) -> ColumnElement[bool]:
    mended = (col(QuarantinedRow.load_id) == load_id) & (col(QuarantinedRow.state) == RowState.MENDED)
    return mended & col(QuarantinedRow.redriven_load_id).is_(None)


def is_open(row: QuarantinedRow) -> bool:
    return row.state in OPEN and row.redriven_load_id is None
