"""Two customers of the sources are one person here: a standing bond over rows that stay as they are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, update
from sqlmodel import Session, col, select

from core import audit, staff
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from subscribers import suppressions
from subscribers.correcting import course
from subscribers.correcting.models import Correction, CorrectionState, Duplicate, DuplicateState, Merge
from subscribers.correcting.overlaying import Effective, Overlay, overlaid
from subscribers.correcting.proposing import Evidence, lay
from subscribers.correcting.rules import CORRECTABLE, Rules, rules_of
from subscribers.correcting.survivorship import is_same
from subscribers.entities import ENTITIES, Field, Survives
from subscribers.masking import masked_field
from subscribers.models import Customer, id_of
from subscribers.restrictions import is_restricted


class NoSuchCustomer(NotFound):
    message = "没有这位客户，资料可能已被来源删除。请刷新列表。"


class AlreadyOne(Conflict):
    message = "这两位客户已经合并过了。请刷新列表。"


class NotStanding(Conflict):
    message = "这次合并已经撤销过了。请刷新列表。"


class NotTakeable(Invalid):
    message = "选中的某一项不能从另一位客户带过来，可能刚有座席更正。请看过现在的值再合并。"


@dataclass(frozen=True)
class Takeable:
    """A field in which the two differ. `can_take`: the other's value may be laid over the kept one's."""

    kept: Effective
    merged: Effective
    can_take: bool
    fills: bool

    @property
    def name(self) -> str:
        return self.kept.field.name

    @property
    def kept_shown(self) -> str:
        return masked_field(self.kept.field, self.kept.value)

    @property
    def merged_shown(self) -> str:
        return masked_field(self.kept.field, self.merged.value)


@dataclass(frozen=True)
class Bond:
    """A merge in force as people see it."""

    id: UUID
    kept: Customer
    merged: Customer
    who: str
    at: datetime
    taken: tuple[str, ...]


def everyone(session: Session, customer_id: int) -> list[int]:
    """Return the numbers of all customers who are this person, the kept one first. One statement.

    Those whose data may not be used are left out.
    """
    return _found(session, customer_id, hidden_too=False)


def the_person(session: Session, customer_id: int) -> list[int]:
    """Return what `everyone` does, with those whose data may not be used: for the desk for rights."""
    return _found(session, customer_id, hidden_too=True)


def _found(session: Session, customer_id: int, *, hidden_too: bool) -> list[int]:
    found = session.execute(_everyone(hidden_too=hidden_too), {"customer": customer_id}).all()
    return [row[0] for row in sorted(found, key=lambda row: (row[1], row[0]))]


@cache
def _everyone(*, hidden_too: bool) -> Any:
    """Put together once each: each call asks it."""
    up = select(Customer.id).where(col(Customer.id) == bindparam("customer")).cte("up", recursive=True)
    standing = col(Merge.undone_at).is_(None)
    up = up.union(select(col(Merge.kept_id)).join(up, up.c.id == col(Merge.merged_id)).where(standing))
    down = select(up.c.id).cte("down", recursive=True)
    below = select(col(Merge.merged_id)).join(down, down.c.id == col(Merge.kept_id)).where(standing)
    down = down.union(below)
    bound = select(Merge.merged_id).where(standing, col(Merge.merged_id) == down.c.id).exists()
    found = select(down.c.id, bound)
    return found if hidden_too else found.where(~is_restricted(down.c.id))


def kept_one(session: Session, customer_id: int) -> int:
    """Return the customer under whose name this one is kept.

    :raises NoSuchCustomer: if there is none
    """
    people = everyone(session, customer_id)
    if not people:
        raise NoSuchCustomer
    return people[0]


def kept_ones(session: Session, customer_ids: Iterable[int]) -> dict[int, int]:
    """Return of each the customer under whose name they are kept: themselves, if nobody joined them."""
    kept = {one: one for one in customer_ids}
    while True:
        bonds = select(Merge.merged_id, Merge.kept_id).where(col(Merge.merged_id).in_(set(kept.values())))
        above = dict(session.exec(bonds.where(col(Merge.undone_at).is_(None))).all())
        if not above:
            return kept
        kept = {one: above.get(name, name) for one, name in kept.items()}


def differences(session: Session, kept: Customer, merged: Customer) -> list[Takeable]:
    """Return the fields that say something else, and whether the merged one's value may be taken."""
    seen = overlaid(session, "customer", [kept, merged])
    return differing_fields(seen[id_of(kept)], seen[id_of(merged)], rules_of(session))


def merge(
    session: Session,
    kept_id: int,
    merged_id: int,
    *,
    take: Collection[str] = (),
    actor: Actor,
    at: datetime,
) -> Merge:
    """Make two customers one, under the first one's name, with the second one's values where wanted.

    :raises AlreadyOne: if they are
    :raises NotTakeable: if a value may not be taken
    """
    require(actor, Permission.SETTLE_CORRECTIONS)
    named, joined = _locked(session, kept_one(session, kept_id), kept_one(session, merged_id))
    bond = Merge(kept_id=kept_id, merged_id=id_of(joined), staff_id=actor.staff_id, created_at=at)
    session.add(bond)
    session.flush()
    for field, value in _taken(session, named, joined, set(take)):
        lay(session, named, field, value, Evidence.MERGED, merge_id=bond.id, actor=actor, at=at)
    people = everyone(session, kept_id)
    _mark(session, people, people, DuplicateState.MERGED)
    suppressions.share(session, people, actor=actor, at=at)
    said = {"kept": named.key, "merged": joined.key, "fields": ",".join(sorted(take))}
    audit.record(
        session,
        actor=actor,
        action="subscribers.merged",
        subject_id=kept_id,
        at=at,
        details={name: value for name, value in said.items() if value},
    )
    return bond


def undo(session: Session, merge_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Part them again: what was taken over goes, what agents corrected since stays.

    A refusal of offers stays with both: only a customer's new consent ends one.

    :raises NotStanding: if it was undone before
    """
    require(actor, Permission.SETTLE_CORRECTIONS)
    bond = session.get(Merge, merge_id, with_for_update=True)
    if bond is None or bond.undone_at is not None:
        raise NotStanding
    bond.undone_at, bond.undone_by = at, actor.staff_id
    session.add(bond)
    taken = select(Correction).where(Correction.merge_id == merge_id, col(Correction.is_open))
    for correction in session.exec(taken).all():
        course.move(session, correction, CorrectionState.WITHDRAWN, note="撤销合并", actor=actor, at=at)
    session.flush()
    parted = everyone(session, bond.kept_id), everyone(session, bond.merged_id)
    _mark(session, *parted, DuplicateState.WAITING)
    audit.record(session, actor=actor, action="subscribers.merge_undone", subject_id=bond.kept_id, at=at)


def standing() -> Any:
    """Return the select of the merges in force, the latest first, for `paging.page_of`."""
    return select(Merge).where(col(Merge.undone_at).is_(None)).order_by(col(Merge.created_at).desc())


def bonds(session: Session, merges: Iterable[Merge]) -> list[Bond]:
    merges = list(merges)
    ids = {number for one in merges for number in (one.kept_id, one.merged_id)}
    people = {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(ids)))}
    names = staff.names_of(session, [one.staff_id for one in merges])
    taken: dict[UUID | None, list[str]] = {}
    born = select(Correction.merge_id, Correction.field)
    for merge_id, name in session.exec(born.where(col(Correction.merge_id).in_([one.id for one in merges]))):
        taken.setdefault(merge_id, []).append(ENTITIES["customer"].field(name).label)
    return [
        Bond(
            one.id,
            people[one.kept_id],
            people[one.merged_id],
            names.get(one.staff_id, "系统"),
            one.created_at,
            tuple(taken.get(one.id, ())),
        )
        for one in merges
    ]


def _locked(session: Session, kept_id: int, merged_id: int) -> tuple[Customer, Customer]:
    """Hold both, in one order whoever asks, so that two merges at once cannot make a circle."""
    if kept_id == merged_id:
        raise AlreadyOne
    ids = sorted((kept_id, merged_id))
    held = select(Customer).where(col(Customer.id).in_(ids)).order_by(col(Customer.id)).with_for_update()
    rows = {id_of(row): row for row in session.exec(held)}
    bound = select(Merge.id).where(col(Merge.merged_id).in_(ids), col(Merge.undone_at).is_(None))
    if session.exec(bound).first() is not None:
        raise AlreadyOne
    return rows[kept_id], rows[merged_id]


def _taken(session: Session, named: Customer, joined: Customer, take: set[str]) -> list[tuple[Field, str]]:
    """Return the fields to lay over the kept customer, with the other one's values."""
    open_to_it = {one.name: one for one in differences(session, named, joined) if one.can_take}
    if not take <= set(open_to_it):
        raise NotTakeable(field="take")
    fields = ENTITIES["customer"]
    return [(fields.field(name), open_to_it[name].merged.value) for name in sorted(take)]


def differing_fields(kept: Overlay, merged: Overlay, rules: Rules) -> list[Takeable]:
    """Return what `differences` does, from what is at hand."""
    found = []
    for name in CORRECTABLE["customer"]:
        ours, theirs = kept[name], merged[name]
        if is_same(ours.value, theirs.value):
            continue
        survives = rules["customer", name].survives
        shows = survives in {Survives.AGENT_UNTIL_CONFIRMED, Survives.NEWEST}
        shows = shows or (survives is Survives.FILL_EMPTY and not ours.source)
        can_take = bool(theirs.value) and ours.correction is None and shows
        found.append(Takeable(ours, theirs, can_take, fills=can_take and not ours.value))
    return found


def _mark(session: Session, some: list[int], others: list[int], state: DuplicateState) -> None:
    """Let the pairs between these people follow from who is one now; a pair that was told apart stays so."""
    first, second = col(Duplicate.first_id), col(Duplicate.second_id)
    between = or_(first.in_(some) & second.in_(others), first.in_(others) & second.in_(some))
    undecided = col(Duplicate.state) != DuplicateState.DIFFERENT
    session.execute(update(Duplicate).where(between, undecided).values(state=state))
