"""Everything that is held of customers, entity by entity."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from subscribers.entities import Entity
from subscribers.models import Account, Customer, Subscription


def these(customer_ids: Collection[int]) -> Any:
    """Return the set of customers that the conditions here are about, as a select."""
    return select(Customer.id).where(col(Customer.id).in_(customer_ids))


def rows_of(entity: Entity, customer_ids: Collection[int]) -> Any:
    """Return the select of these customers' rows of an entity, in their order."""
    table: Any = entity.table
    return select(table).where(belongs(entity, these(customer_ids))).order_by(col(table.id))


def belongs(entity: Entity, customers: Any) -> ColumnElement[bool]:
    """Return the condition, over the entity's table, that a row belongs to one of these (a select of ids)."""
    table: Any = entity.table
    if entity.name == "customer":
        return col(table.id).in_(customers)
    if "customer" in entity.parents:
        return col(table.customer_id).in_(customers)
    if "subscription" in entity.parents:
        return col(table.subscription_id).in_(subscriptions_of(customers))
    return col(table.account_id).in_(select(Account.id).where(col(Account.customer_id).in_(customers)))


def subscriptions_of(customers: Any) -> Any:
    return select(Subscription.id).where(col(Subscription.customer_id).in_(customers))
