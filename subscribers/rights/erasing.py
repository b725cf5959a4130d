"""Deleting people from the copy: what may go goes, what law keeps stays nameless, and a report says which."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, ColumnElement, CursorResult, Table, Text, bindparam, func, or_, update
from sqlalchemy import cast as cast_to
from sqlmodel import Session, SQLModel, col, delete, select

from core.errors import Conflict
from core.identity import Actor
from subscribers import restrictions
from subscribers.entities import ENTITIES
from subscribers.joining import the_person
from subscribers.models import Account, MonthlyFact, Status, Subscription
from subscribers.restrictions import Restriction
from subscribers.rights.holdings import belongs, subscriptions_of, these
from subscribers.rights.models import PersonFile, RightsRequest, RightsStep
from subscribers.suppressions import Suppression, SuppressionSource

NAME_OF_THE_ERASED = "已删除客户"
NUMBER_OF_THE_ERASED = "****"


class StillServed(Conflict):
    message = "这位客户还有没销户的业务，不能删除资料。请先销户，或改办“限制处理”。"


class StillOwes(Conflict):
    message = "这位客户的账户还有欠费或余额，结清之前不能删除资料。可先办“限制处理”。"


class Fate(StrEnum):
    BLANKED = "抹去身份"
    REMOVED = "删除"
    KEPT = "依法留存"


@dataclass(frozen=True)
class Part:
    """A kind of row about customers. `of` says, for a select of customers, which rows are theirs."""

    label: str
    fate: Fate
    table: type[SQLModel] | Table
    of: Callable[[Any], ColumnElement[bool]]
    blank: dict[str, Any] | None = None


_introduced: dict[str, Part] = {}


def introduce(parts: Iterable[Part]) -> None:
    """Let a part of the house that keeps something about customers have it erased with them."""
    for part in parts:
        _introduced[part.label] = part


def prospect(session: Session, customer_id: int) -> list[tuple[Part, int]]:
    """Return what erasing this person would touch, and what it would leave, in rows."""
    people = these(the_person(session, customer_id))
    return [(part, _count(session, part, people)) for part in _parts()]


def require_erasable(session: Session, customer_id: int) -> None:
    """Look at all customers who are this person.

    :raises StillServed: while they have a subscription that is not closed
    :raises StillOwes: while money is open, either way
    """
    people = the_person(session, customer_id)
    theirs = select(Subscription.id).where(col(Subscription.customer_id).in_(people))
    if session.exec(theirs.where(Subscription.status != Status.GONE).limit(1)).first() is not None:
        raise StillServed
    money = (col(Account.arrears) != 0) | (col(Account.balance) != 0)
    unsettled = select(Account.id).where(col(Account.customer_id).in_(people), money)
    if session.exec(unsettled.limit(1)).first() is not None:
        raise StillOwes


def obstacle(session: Session, customer_id: int) -> str:
    """Return why the person cannot be erased now; nothing if they can."""
    try:
        require_erasable(session, customer_id)
    except (StillServed, StillOwes) as reason:
        return str(reason)
    return ""


def erase(
    session: Session, customer_id: int, *, reason: str, actor: Actor, at: datetime
) -> list[tuple[Part, int]]:
    """Erase a person, under each customer they are, and hide what stays for good; return it, in rows.

    :raises StillServed: while they have a subscription that is not closed
    :raises StillOwes: while money is open, either way
    """
    require_erasable(session, customer_id)
    people = the_person(session, customer_id)
    for one in people:
        restrictions.make_final(session, one, reason=reason, actor=actor, at=at)
    return _erase(session, these(people))


def erase_closed(session: Session, customer_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Erase customers whose time is over and who are not hidden yet; the round that asks writes the trail."""
    session.add_all(
        [
            Restriction(
                customer_id=customer_id,
                reason="保留期满",
                staff_id=actor.staff_id,
                since=at,
                is_final=True,
                created_at=at,
            )
            for customer_id in customer_ids
        ]
    )
    session.flush()
    _erase(session, these(customer_ids))


def erase_again(session: Session) -> int:
    """Take away what a file brought back of customers who were erased; return how many rows."""
    erased = select(Restriction.customer_id).where(
        col(Restriction.is_final), col(Restriction.lifted_at).is_(None)
    )
    return sum(rows for part, rows in _erase(session, erased) if part.fate is not Fate.KEPT)


def _erase(session: Session, customers: Any) -> list[tuple[Part, int]]:
    # the parts that name the person last: others may be found through them
    return [(part, _do(session, part, customers)) for part in _parts()]


def _do(session: Session, part: Part, customers: Any) -> int:
    if part.fate is Fate.KEPT:
        return _count(session, part, customers)
    if part.blank is None:
        statement: Any = delete(part.table).where(part.of(customers))
    else:
        statement = update(part.table).where(_touched(part, customers)).values(**part.blank)
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def _count(session: Session, part: Part, customers: Any) -> int:
    return session.exec(select(func.count()).select_from(part.table).where(_touched(part, customers))).one()


def _touched(part: Part, customers: Any) -> ColumnElement[bool]:
    if part.blank is None:
        return part.of(customers)
    columns: Any = part.table.c if isinstance(part.table, Table) else part.table
    differs = [_differs(getattr(columns, name), value) for name, value in part.blank.items()]
    return part.of(customers) & or_(*differs)


def _differs(column: Any, value: Any) -> ColumnElement[bool]:
    if isinstance(column.type, JSON):  # PostgreSQL compares JSON only as text
        column, value = (cast_to(one, Text) for one in (column, bindparam(None, value, column.type)))
    different: ColumnElement[bool] = column.is_distinct_from(value)
    return different


def _copied(name: str, fate: Fate, blank: dict[str, Any] | None = None) -> Part:
    entity = ENTITIES[name]
    return Part(entity.label, fate, entity.table, lambda customers: belongs(entity, customers), blank)


NOBODY: dict[str, Any] = {
    "name": NAME_OF_THE_ERASED,
    "name_sound": "",
    "name_initials": "",
    "gender": "",
    "birthday": None,
    "certificate_kind": "",
    "certificate_sealed": "",
    "certificate_hash": "",
    "phone": "",
    "email": "",
    "address": "",
    "manager": "",
}
NO_NUMBER: dict[str, Any] = {"number": "", "middle": "", "backwards": ""}
NO_ACCOUNT: dict[str, Any] = {"name": ""}


def _of_person(customers: Any) -> ColumnElement[bool]:
    return col(Suppression.customer_id).in_(customers) & (col(Suppression.number) == "")


def _requests_of(customers: Any) -> Any:
    return select(RightsRequest.id).where(col(RightsRequest.customer_id).in_(customers))


_OURS = (
    _copied("event", Fate.REMOVED),
    _copied("product", Fate.REMOVED),
    Part(
        "月度指标",
        Fate.REMOVED,
        MonthlyFact,
        lambda customers: col(MonthlyFact.subscription_id).in_(subscriptions_of(customers)),
    ),
    Part(
        "单个号码的谢绝营销",
        Fate.REMOVED,
        Suppression,
        lambda customers: col(Suppression.customer_id).in_(customers) & (col(Suppression.number) != ""),
    ),
    Part(
        "制作给本人的资料副本",
        Fate.REMOVED,
        PersonFile,
        lambda customers: col(PersonFile.request_id).in_(_requests_of(customers)),
    ),
    Part(
        "谢绝营销的凭据",
        Fate.BLANKED,
        Suppression,
        lambda customers: _of_person(customers) & (col(Suppression.source) != SuppressionSource.RIGHTS),
        {"proof": ""},
    ),
    Part("重新同意的凭据", Fate.BLANKED, Suppression, _of_person, {"ended_proof": ""}),
    Part(
        "权利请求的说明和凭据",
        Fate.BLANKED,
        RightsStep,
        lambda customers: col(RightsStep.request_id).in_(_requests_of(customers)),
        {"note": "", "proof": ""},
    ),
    Part(
        "权利请求的原话",
        Fate.BLANKED,
        RightsRequest,
        lambda customers: col(RightsRequest.customer_id).in_(customers),
        {"asked": ""},
    ),
    Part(
        "权利请求的号码",
        Fate.BLANKED,
        RightsRequest,
        lambda customers: (
            col(RightsRequest.customer_id).in_(customers) & (col(RightsRequest.for_number) != "")
        ),
        {"for_number": NUMBER_OF_THE_ERASED},
    ),
    Part(
        "解除限制的原因",
        Fate.BLANKED,
        Restriction,
        lambda customers: col(Restriction.customer_id).in_(customers),
        {"lifted_reason": ""},
    ),
    _copied("number", Fate.BLANKED, NO_NUMBER),
    _copied("account", Fate.BLANKED, NO_ACCOUNT),
    _copied("customer", Fate.BLANKED, NOBODY),
    _copied("subscription", Fate.KEPT),
    _copied("bill", Fate.KEPT),
    _copied("payment", Fate.KEPT),
)


def _parts() -> tuple[Part, ...]:
    return (*_introduced.values(), *_OURS)
