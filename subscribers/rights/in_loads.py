"""What files and their loads keep about people: it goes with them, and what a file brings back goes again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from core import database
from subscribers.entities import ENTITIES, Entity
from subscribers.loading import expiring
from subscribers.loading.models import BeforeImage, Load, LoadState, QuarantinedRow
from subscribers.loading.staged import STAGED
from subscribers.models import Account, Customer, Subscription
from subscribers.rights import erasing
from subscribers.rights.erasing import Fate, Part
from subscribers.rights.holdings import belongs
from subscribers.rights.kept import held
from subscribers.rights.retention import Kept

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


def _keys_of(customers: Any) -> dict[str, Any]:
    """Return the selects of the keys by which rows name these customers as theirs."""
    return {
        "customer": select(Customer.key).where(col(Customer.id).in_(customers)),
        "account": select(Account.key).where(col(Account.customer_id).in_(customers)),
        "subscription": select(Subscription.key).where(col(Subscription.customer_id).in_(customers)),
    }


def _own_keys(entity: Entity, customers: Any) -> Any:
    table: Any = entity.table
    return select(table.key).where(belongs(entity, customers))


def _aside(customers: Any) -> ColumnElement[bool]:
    """Return what was put aside of their rows; whose a row is that could not be read at all, nobody knows."""
    own = [
        (col(QuarantinedRow.entity) == name) & col(QuarantinedRow.key).in_(_own_keys(entity, customers))
        for name, entity in ENTITIES.items()
    ]
    named = [
        (col(QuarantinedRow.parent_entity) == name) & col(QuarantinedRow.parent).in_(keys)
        for name, keys in _keys_of(customers).items()
    ]
    return or_(*own, *named)


def _staged_of(entity: Entity) -> Callable[[Any], ColumnElement[bool]]:
    """Return which rows of any file are theirs, merged or not."""
    staged = STAGED[entity.name].c

    def theirs(customers: Any) -> ColumnElement[bool]:
        own = staged.key.in_(_own_keys(entity, customers))
        parents = _keys_of(customers).items()
        named = [staged[f"{name}_key"].in_(keys) for name, keys in parents if name in entity.parents]
        return or_(own, *named)

    return theirs


def _staged(name: str, blank: dict[str, Any] | None = None) -> Part:
    entity = ENTITIES[name]
    fate = Fate.BLANKED if blank else Fate.REMOVED
    return Part(f"文件里读入的行：{entity.label}", fate, STAGED[name], _staged_of(entity), blank)


# blanked as the rows of the copy are, so that a load under way neither names them nor counts otherwise
PARTS = (
    _staged("customer", erasing.NOBODY),
    _staged("account", erasing.NO_ACCOUNT),
    _staged("number", erasing.NO_NUMBER),
    _staged("product"),
    _staged("event"),
    *(
        Part(f"装载前的旧值：{ENTITIES[name].label}", Fate.REMOVED, BeforeImage, _images_of(ENTITIES[name]))
        for name in _NAMING
    ),
    Part("隔离的行", Fate.REMOVED, QuarantinedRow, _aside),
)


def _old_aside(before: datetime) -> ColumnElement[bool]:
    over = col(Load.state).in_([state for state in LoadState if state.is_over])
    loads = select(Load.id).where(over, col(Load.seen_at) < before)
    return col(QuarantinedRow.load_id).in_(loads) & ~_aside(held())


KEPT = (
    Kept("aside", "装载时隔离的行", "收到文件", 6, 3, col(QuarantinedRow.id), _old_aside),
    Kept("file", "已装载、退回和反馈的文件", "归档时间", 3, 1, sweep=expiring.drop_files),
)
