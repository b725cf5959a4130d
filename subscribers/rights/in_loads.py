"""What files and their loads keep about people: it goes with them, and what a file brings back goes again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from core import database
from subscribers.entities import ENTITIES, Entity
from subscribers.loading.models import BeforeImage, QuarantinedRow
from subscribers.models import Customer
from subscribers.rights import erasing
from subscribers.rights.erasing import Fate, Part
from subscribers.rights.holdings import belongs

_NAMING = ("customer", "account", "number", "product", "event")  # of the rest nothing names a person


def erase_what_came_back(_merged: dict[str, Any], _at: datetime) -> None:
    """Look after each load: of erased customers it may have brought the names again. Nobody saw them."""
    with database.unit_of_work() as session:
        erasing.erase_again(session)


def _images_of(entity: Entity) -> Callable[[Any], ColumnElement[bool]]:
    table: Any = entity.table

    def theirs(customers: Any) -> ColumnElement[bool]:
        rows = select(table.id).where(belongs(entity, customers))
        return (col(BeforeImage.entity) == entity.name) & col(BeforeImage.row_id).in_(rows)

    return theirs


def _aside(customers: Any) -> ColumnElement[bool]:
    keys = select(Customer.key).where(col(Customer.id).in_(customers))
    is_customer = (col(QuarantinedRow.entity) == "customer") & col(QuarantinedRow.key).in_(keys)
    return is_customer | col(QuarantinedRow.parent).in_(keys)


PARTS = (
    *(
        Part(f"装载前的旧值：{ENTITIES[name].label}", Fate.REMOVED, BeforeImage, _images_of(ENTITIES[name]))
        for name in _NAMING
    ),
    Part("隔离的行", Fate.REMOVED, QuarantinedRow, _aside),
)
