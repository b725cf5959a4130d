"""Calls among what else happened with somebody: when, about what, with whom, how long, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, cast, func, literal, null, select, union_all
from sqlmodel import Session, col

from core.paging import Page, page_of
from subscribers.calls.listing import Part, parts_of
from subscribers.calls.models import PRACTICE, Call, Direction, Phase
from subscribers.cards import ContactCard, SubscriberCard
from subscribers.models import ServiceEvent, Subscription

CHANNEL = "电话"
MISSED = "未接来电"


@dataclass(frozen=True)
class Contacts:
    """The first of `count`."""

    rows: tuple[ContactCard, ...]
    count: int


def with_calls(session: Session, card: SubscriberCard, *, most: int) -> Contacts:
    """Return what is on the card with the calls of whoever is this person."""
    theirs = select(Call).where(*_of(card.people)).order_by(col(Call.rang_at).desc(), col(Call.id))
    calls = session.execute(theirs.limit(most)).scalars().all()
    count = session.execute(select(func.count()).select_from(Call).where(*_of(card.people))).scalar_one()
    rows = sorted([*card.contacts, *_cards(session, calls).values()], key=lambda one: one.at, reverse=True)
    return Contacts(tuple(rows[:most]), card.contact_count + count)


def page_with_calls(session: Session, people: Sequence[int], number: int) -> Page[ContactCard]:
    """Return a page of all that happened to these customers, who are one person."""
    found = page_of(session, _everything(people), number)
    ids = [row.call_id for row in found.rows if row.call_id]
    calls = session.execute(select(Call).where(col(Call.id).in_(ids))).scalars().all()
    told = _cards(session, calls)
    return found.of(
        [
            told[row.call_id]
            if row.call_id
            else ContactCard(row.at, row.kind, row.title, row.channel, row.handler)
            for row in found.rows
        ]
    )


def _of(people: Sequence[int]) -> tuple[Any, ...]:
    """Calls that are over; one that is made for training is nobody's."""
    return (
        col(Call.customer_id).in_(people),
        col(Call.switch) != PRACTICE,
        col(Call.phase) == Phase.ENDED,
    )


def _everything(people: Sequence[int]) -> Any:
    event, nothing = ServiceEvent, literal("")
    events = (
        select(
            col(event.at),
            col(event.kind),
            col(event.title),
            col(event.channel),
            col(event.handler),
            col(event.id).label("event_id"),
            cast(null(), Uuid).label("call_id"),
        )
        .join(Subscription, col(Subscription.id) == event.subscription_id)
        .where(col(Subscription.customer_id).in_(people), col(event.gone_at).is_(None))
    )
    calls = select(col(Call.rang_at), nothing, nothing, nothing, nothing, literal(0), col(Call.id)).where(
        *_of(people)
    )
    both = union_all(events, calls).subquery("happened")
    return select(both).order_by(both.c.at.desc(), both.c.event_id.desc(), both.c.call_id)


def _cards(session: Session, calls: Sequence[Call]) -> dict[UUID, ContactCard]:
    parts = parts_of(session, [call.id for call in calls])
    return {call.id: _card(call, parts[call.id]) for call in calls}


def _card(call: Call, parts: Sequence[Part]) -> ContactCard:
    saved = [part for part in parts if part.wrap_up and part.wrap_up.saved_at]
    notes = [part.wrap_up.note for part in saved if part.wrap_up and part.wrap_up.note]
    is_missed = call.answered_at is None and call.direction == Direction.IN
    return ContactCard(
        at=call.rang_at,
        kind=MISSED if is_missed else Direction(call.direction).label,
        title="；".join(dict.fromkeys(part.code for part in saved if part.code)),
        channel=CHANNEL,
        handler=" → ".join(part.name for part in parts if part.leg.answered_at),
        note="；".join(notes),
        seconds=call.talked_seconds,
    )
