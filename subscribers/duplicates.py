"""Customers who may be one person: they share a certificate, a phone and a name, or a name and an address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core import audit, database
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.correcting.models import Duplicate, DuplicateState
from subscribers.correcting.overlaying import Overlay, overlaid
from subscribers.correcting.rules import rules_of
from subscribers.joining import Takeable, differing_fields
from subscribers.loading.progress import breathe
from subscribers.masking import masked_field
from subscribers.models import Customer
from subscribers.restrictions import is_restricted

AT_ONCE = 2_000
MOST_IN_A_BLOCK = 20  # more than that share no person but a dummy, such as the phone of a shop
_FLAGS = {"same_certificate": 6, "same_address": 3, "same_phone": 2}


class AlreadyJudged(Conflict):
    message = "这一对已有人判断过，没有按您的选择处理。请刷新列表。"


@dataclass(frozen=True)
class Pair:
    """Two customers side by side: who would be kept, and how the other one differs."""

    duplicate: Duplicate
    kept: Customer
    merged: Customer
    kept_phone: str
    merged_phone: str
    differences: tuple[Takeable, ...]


def find(*, at: datetime) -> int:
    """Look for pairs in the whole copy, set-based; return how many wait. Pairs that ceased to match go.

    The copy is read to the end first: nobody who writes waits for that.
    """
    with database.reading() as session:
        found = _found(session)
    pairs = list(found)
    for start in range(0, len(pairs), AT_ONCE):
        with database.unit_of_work() as session:
            _note(session, {pair: found[pair] for pair in pairs[start : start + AT_ONCE]}, at)
        breathe()
    with database.unit_of_work() as session:
        stale = (col(Duplicate.state) == DuplicateState.WAITING) & (col(Duplicate.found_at) < at)
        session.execute(delete(Duplicate).where(stale))
        return waiting(session)


def waiting(session: Session) -> int:
    still = select(func.count()).select_from(Duplicate)
    return session.exec(still.where(Duplicate.state == DuplicateState.WAITING, _both_shown())).one()


def _both_shown() -> ColumnElement[bool]:
    return ~is_restricted(col(Duplicate.first_id)) & ~is_restricted(col(Duplicate.second_id))


def listed(state: DuplicateState) -> Any:
    """Return the select of pairs, the surest first, for `paging.page_of`."""
    order = (col(Duplicate.score).desc(), col(Duplicate.first_id), col(Duplicate.second_id))
    return select(Duplicate).where(Duplicate.state == state, _both_shown()).order_by(*order)


def pairs(session: Session, duplicates: Iterable[Duplicate], *, keep: int | None = None) -> list[Pair]:
    """Return each pair; kept is who was asked for, or who is known better."""
    duplicates = list(duplicates)
    ids = {number for one in duplicates for number in (one.first_id, one.second_id)}
    rows = {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(ids)))}
    seen, rules = overlaid(session, "customer", rows.values()), rules_of(session)
    found = []
    for one in duplicates:
        kept, merged = _kept_first(one, seen, keep)
        differing = tuple(differing_fields(seen[kept], seen[merged], rules))
        phones = _phone(seen[kept]), _phone(seen[merged])
        found.append(Pair(one, rows[kept], rows[merged], *phones, differing))
    return found


def _kept_first(one: Duplicate, seen: Mapping[int, Overlay], keep: int | None) -> tuple[int, int]:
    first, second = one.first_id, one.second_id
    if keep is None:
        known = {
            number: sum(bool(field.value) for field in seen[number].values()) for number in (first, second)
        }
        return (second, first) if known[second] > known[first] else (first, second)
    return (second, first) if keep == second else (first, second)


def _phone(seen: Overlay) -> str:
    return masked_field(seen["phone"].field, seen["phone"].value)


def tell_apart(session: Session, first_id: int, second_id: int, *, actor: Actor, at: datetime) -> None:
    """Note that two customers are two people; they are not proposed again.

    :raises AlreadyJudged: if somebody was first
    """
    require(actor, Permission.SETTLE_CORRECTIONS)
    pair = session.get(Duplicate, (first_id, second_id), with_for_update=True)
    if pair is None or pair.state != DuplicateState.WAITING:
        raise AlreadyJudged
    pair.state, pair.staff_id, pair.decided_at = DuplicateState.DIFFERENT, actor.staff_id, at
    session.add(pair)
    said = {"kept": str(first_id), "merged": str(second_id)}
    audit.record(
        session, actor=actor, action="subscribers.told_apart", subject_id=first_id, at=at, details=said
    )


def _blocks() -> dict[str, tuple[tuple[Any, ...], ColumnElement[bool]]]:
    """Return, by flag, the columns that are the same within a block and what they must not lack."""
    person = Customer
    return {
        "same_certificate": ((person.certificate_hash,), col(person.certificate_hash) != ""),
        # people of one family share a phone; the same sound is the same name written otherwise
        "same_phone": (
            (person.phone, person.name_sound),
            and_(col(person.phone) != "", col(person.name_sound) != ""),
        ),
        "same_address": (
            (person.name, person.address),
            and_(col(person.name) != "", col(person.address) != ""),
        ),
    }


def _found(session: Session) -> dict[tuple[int, int], set[str]]:
    """Return each pair with what the two share."""
    found: dict[tuple[int, int], set[str]] = {}
    for flag, same in _blocks().items():
        for first, second in session.execute(_pairs_of(*same)):
            found.setdefault((first, second), set()).add(flag)
    return found


def _pairs_of(columns: tuple[Any, ...], given: ColumnElement[bool]) -> Any:
    living = col(Customer.gone_at).is_(None)
    block = (
        select_columns(*columns)
        .where(living, given)
        .group_by(*columns)
        .having(func.count().between(2, MOST_IN_A_BLOCK))
        .subquery()
    )
    one, other = aliased(Customer), aliased(Customer)
    in_block = and_(*(getattr(one, c.key) == block.c[c.key] for c in columns))
    alike = and_(
        *(getattr(other, c.key) == getattr(one, c.key) for c in columns),
        col(other.id) > col(one.id),
        col(other.gone_at).is_(None),
    )
    pairs = select_columns(col(one.id), col(other.id)).select_from(block)
    return pairs.join(one, in_block).join(other, alike).where(col(one.gone_at).is_(None))


def _note(session: Session, found: Mapping[tuple[int, int], set[str]], at: datetime) -> None:
    """Write down pairs of people who are still there; what was judged of them stays."""
    ids = {number for pair in found for number in pair}
    here = set(session.exec(select(Customer.id).where(col(Customer.id).in_(ids))))
    rows = [
        {
            "first_id": first,
            "second_id": second,
            "score": sum(_FLAGS[flag] for flag in flags),
            "state": DuplicateState.WAITING,
            "found_at": at,
            **{name: name in flags for name in _FLAGS},
        }
        for (first, second), flags in found.items()
        if {first, second} <= here
    ]
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        noting = dialect.insert(Duplicate)
        again = {name: noting.excluded[name] for name in (*_FLAGS, "score", "found_at")}
        noting = noting.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=again)
        session.connection().execute(noting, rows)
