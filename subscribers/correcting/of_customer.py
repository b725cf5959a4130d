"""What may be corrected of one customer: each field with its two values, how complete it is, what to ask."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from subscribers.completeness import Completeness, completeness
from subscribers.correcting.overlaying import Effective, overlaid
from subscribers.correcting.proposing import NoSuchRow, seen_token
from subscribers.correcting.rules import CORRECTABLE, rules_of, weights
from subscribers.entities import ENTITIES, Entity, Field
from subscribers.masking import masked_field
from subscribers.models import Account, Copied, Customer, CustomerKind, Subscription

MOST_ROWS = 20  # a payer of ten thousand numbers is not corrected row by row on the line


@dataclass(frozen=True)
class Choice:
    """A field of a row of the customer. `seen` tells the form apart from one that was drawn earlier."""

    entity: Entity
    row_id: int
    row_key: str
    effective: Effective

    @property
    def field(self) -> Field:
        return self.effective.field

    @property
    def place(self) -> str:
        return f"{self.entity.name}:{self.row_id}:{self.field.name}"

    @property
    def label(self) -> str:
        of_whom = "" if self.entity.name == "customer" else f"（{self.entity.label} {self.row_key}）"
        return self.field.label + of_whom

    @property
    def shown(self) -> str:
        """Return what people see of it, masked."""
        return masked_field(self.field, self.effective.value)

    @property
    def source_shown(self) -> str:
        return masked_field(self.field, self.effective.source)

    @property
    def seen(self) -> str:
        return seen_token(self.effective.source, self.effective.correction)


@dataclass(frozen=True)
class CustomerFields:
    customer: Customer
    choices: tuple[Choice, ...]
    completeness: Completeness

    def choice(self, place: str) -> Choice | None:
        return next((one for one in self.choices if one.place == place), None)

    @property
    def asks(self) -> list[Choice]:
        """Return what to ask the caller, the most useful first."""
        by_name = {one.field.name: one for one in self.choices if one.entity.name == "customer"}
        return [by_name[name] for name in self.completeness.asks if name in by_name]


def fields_of(session: Session, customer_id: int) -> CustomerFields:
    """
    :raises NoSuchRow: if there is no such customer
    """
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NoSuchRow
    choices = [
        one for entity, rows in _rows(session, customer).items() for one in _choices(session, entity, rows)
    ]
    of_customer = {one.field.name: one for one in choices if one.entity.name == "customer"}
    values = {name: one.effective.value for name, one in of_customer.items()}
    doubted = tuple(name for name, one in of_customer.items() if one.effective.is_doubted)
    is_group = customer.kind == CustomerKind.GROUP
    score = completeness(values, weights(rules_of(session)), is_group=is_group, doubted=doubted)
    return CustomerFields(customer, tuple(choices), score)


def _rows(session: Session, customer: Customer) -> dict[str, list[Copied]]:
    accounts = select(Account).where(Account.customer_id == customer.id).order_by(col(Account.id))
    lines = select(Subscription).where(Subscription.customer_id == customer.id)
    lines = lines.order_by(col(Subscription.id)).limit(MOST_ROWS)
    return {
        "customer": [customer],
        "account": [*session.exec(accounts.limit(MOST_ROWS)).all()],
        "subscription": [*session.exec(lines).all()],
    }


def _choices(session: Session, entity: str, rows: list[Copied]) -> list[Choice]:
    seen = overlaid(session, entity, rows)
    return [
        Choice(ENTITIES[entity], row.id, row.key, seen[row.id][name])
        for row in rows
        if row.id is not None
        for name in CORRECTABLE[entity]
    ]
