"""The loads and the rows that were put aside, as a person asks for them."""

from typing import Any

from sqlmodel import Session, col, select

from core.errors import NotFound
from subscribers.loading.models import Load, LoadState, QuarantinedRow, Via


class NoSuchRow(NotFound):
    message = "没有这一行，它可能已被处理。请返回这次装载查看。"


def row_of(session: Session, load_id: int, row_id: int) -> QuarantinedRow:
    """
    :raises NoSuchRow: if this load put no such row aside
    """
    row = session.get(QuarantinedRow, row_id)
    if row is None or row.load_id != load_id:
        raise NoSuchRow
    return row


def listed(*, entity: str = "", state: LoadState | None = None, via: Via | None = None) -> Any:
    """Return the select of loads, newest first; single rows of the interface only if asked for."""
    statement = select(Load).order_by(col(Load.id).desc())
    if entity:
        statement = statement.where(Load.entity == entity)
    if via is not None:
        statement = statement.where(Load.via == via)
    elif state is None:
        is_single = (col(Load.via) == Via.API) & (col(Load.rows) == 1)
        statement = statement.where(~(is_single & (col(Load.state) == LoadState.ACKNOWLEDGED)))
    return statement if state is None else statement.where(Load.state == state)


def put_aside(load_id: int) -> Any:
    """Return the select of the rows that a load put aside, those that wait first."""
    order = (col(QuarantinedRow.mended_at).is_not(None), col(QuarantinedRow.row_number))
    return select(QuarantinedRow).where(QuarantinedRow.load_id == load_id).order_by(*order)
