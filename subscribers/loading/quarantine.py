"""Rows that were put aside, each with its reasons; what they say is sealed until somebody mends them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from core import sealing
from subscribers.loading.models import Load, QuarantinedRow, RowState
from subscribers.loading.preparing import Problem
from subscribers.loading.turning import id_of

PURPOSE = "quarantined row"


@dataclass(frozen=True)
class Aside:
    row_number: int
    raw: str
    problems: list[Problem]
    key: str = ""
    parent: str = ""
    parent_entity: str = ""


def put_aside(
    session: Session, load: Load, rows: Iterable[Aside], state: RowState = RowState.WAITING
) -> None:
    session.add_all(
        QuarantinedRow(
            load_id=id_of(load),
            source=load.source,
            entity=load.entity,
            row_number=row.row_number,
            key=row.key,
            parent=row.parent,
            parent_entity=row.parent_entity,
            raw=sealing.seal(row.raw, PURPOSE),
            problems=row.problems,
            state=state,
        )
        for row in rows
    )


def raw_of(row: QuarantinedRow) -> str:
    """Return the row as it stood in its file, or as somebody mended it."""
    return sealing.unseal(row.raw_mended or row.raw, PURPOSE)


def sealed(raw: str) -> str:
    return sealing.seal(raw, PURPOSE)
