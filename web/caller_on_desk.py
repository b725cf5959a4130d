"""The left of the desk: who calls, what may be seen of them, and what of it narrows the search."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission, may
from core.scope import Dimension, Terms, all_terms
from kb.other_days import earliest_kept
from kb.search_context import SearchContext
from subscribers.as_of import Freshness, freshness
from subscribers.calls.contacts import Contacts, with_calls
from subscribers.calls.listing import call_seen_by
from subscribers.calls.models import Call
from subscribers.card_reading import MOST_CONTACTS
from subscribers.cards import SubscriberCard, SubscriptionCard, card_of
from subscribers.lookup import Owner, owners_of
from subscribers.masking import masked_phone, masked_text
from subscribers.quick_profile import ProfileCard, profile_of
from subscribers.spelling import plain_number
from subscribers.suppressions import standing_of
from subscribers.verifying import Contact, Method, Standing, standing
from web.asking import Asked
from web.forms import blank


@dataclass(frozen=True)
class Line:
    """By what somebody is on the left: a customer and the subscription that calls, or a number of nobody.

    `another` asks to look for who is on a call: it is not whom its number says.
    """

    customer: int | None = None
    line: int | None = None
    number: str = ""
    call: UUID | None = None
    another: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """Return it as fields of a form."""
        call = {"call": str(self.call)} if self.call else {}
        if self.customer:
            line = {"line": str(self.line)} if self.line else {}
            return {"customer": str(self.customer), **line, **call}
        if call:
            return call | ({"another": "true"} if self.another else {})
        return {"caller": self.number} if self.number else {}


@dataclass(frozen=True)
class Caller:
    """One of these holds: a card; several owners to choose from; a number of nobody; nothing was asked."""

    line: Line = field(default_factory=Line)
    card: SubscriberCard | None = None
    standing: Standing = field(default_factory=Standing)
    owners: tuple[Owner, ...] = ()
    profile: ProfileCard | None = None
    others: tuple[Owner, ...] = ()
    fresh: tuple[Freshness, ...] = ()
    at: datetime | None = None
    contacts: Contacts = field(default_factory=lambda: Contacts((), 0))
    refused_since: datetime | None = None

    def told(self, *entities: str) -> Freshness | None:
        """Return of these kinds of data the one that was told of longest ago, if any was loaded."""
        return min(
            (one for one in self.fresh if one.entity in entities), key=lambda one: one.moment, default=None
        )

    @property
    def is_unknown(self) -> bool:
        return bool(self.line.number) and not self.owners and self.card is None

    @property
    def shown_number(self) -> str:
        return masked_phone(self.line.number)


def on_the_left(session: Session, actor: Actor, line: Line, *, at: datetime) -> Caller | None:
    """Return who is on the left of the desk, or None if this person sees no subscribers."""
    if not may(actor, Permission.SEE_SUBSCRIBERS):
        return None
    call = call_seen_by(session, line.call, actor)
    line = _of_call(line, call)
    contact = Contact(actor, line.call)
    if line.customer:
        return _known(session, line, line.customer, contact, at)
    by_number = Caller(line) if line.another else _by_number(session, line, at=call.rang_at if call else at)
    if by_number.line.customer is None:
        return by_number
    known = _known(session, by_number.line, by_number.line.customer, contact, at)
    return replace(known, others=by_number.others)


def _of_call(line: Line, call: Call | None) -> Line:
    """Return who is on a call: whoever was chosen, else whose number it was when it rang."""
    if call is None:
        return replace(line, call=None, another=False)
    if line.customer:
        return replace(line, another=False)
    if line.another:
        return Line(call=call.id, another=True)
    return Line(call.customer_id, call.subscription_id, call.party, call.id)


def _by_number(session: Session, line: Line, *, at: datetime) -> Caller:
    """Return whose number it is, the owners to choose from, or that it is nobody's."""
    number = plain_number(line.number)
    owners = owners_of(session, number, at=at)
    if not owners:
        profile = profile_of(session, number) if number else None
        return Caller(Line(number=number, call=line.call), profile=profile)
    first, *others = owners
    if others and not _is_certain(owners):
        return Caller(Line(number=number, call=line.call), owners=owners)
    return Caller(Line(first.customer_id, first.subscription_id, number, line.call), others=tuple(others))


def _is_certain(owners: Iterable[Owner]) -> bool:
    """Tell whether one of them has the number, and the others can only be reached at it."""
    return sum(owner.subscription_id is not None for owner in owners) == 1


def _known(session: Session, line: Line, customer_id: int, contact: Contact, at: datetime) -> Caller:
    card = card_of(session, customer_id, line=line.line, at=at)
    kept = card.customer.id  # another, if two customers of the sources turned out to be one person
    how = standing(session, kept, contact, at=at)
    refused = next((one.valid_from for one in standing_of(session, card.people, at=at)), None)
    return Caller(
        replace(line, customer=kept),
        card,
        how,
        fresh=tuple(freshness(session)),
        at=at,
        contacts=with_calls(session, card, most=MOST_CONTACTS) if how.is_open else Contacts((), 0),
        refused_since=refused,
    )


@dataclass(frozen=True)
class Left:
    """What the left of the desk is drawn with; `context` is for whom the search is, if a caller says so."""

    line: Line | None = None
    context: SearchContext | None = None
    shown: dict[str, Any] = field(default_factory=dict)


def left_of_desk(session: Session, actor: Actor, line: Line, *, chosen: SearchContext, at: datetime) -> Left:
    """Return it for a page. Without a caller it offers to find one."""
    terms = all_terms(session)
    caller = on_the_left(session, actor, line, at=at)
    form = blank(method="", **_noted(caller.profile if caller else None))
    shown: dict[str, Any] = {"caller": caller, "caller_form": form, "methods": Method}
    shown |= {"terms": terms, "dimensions": Dimension, "earliest": earliest_kept(at)}
    if caller is None or not line.fields:
        return Left(shown=shown)
    if caller.line.another:
        return Left(caller.line, shown=shown)
    return Left(caller.line, context_of_caller(caller, terms, chosen), shown)


def _noted(profile: ProfileCard | None) -> dict[str, str]:
    if profile is None:
        return {"name": "", "region": "", "note": ""}
    return {"name": masked_text(profile.name), "region": profile.region, "note": masked_text(profile.note)}


def line_in(asked: Asked) -> Line:
    return Line(asked.customer, asked.line, asked.caller, asked.call, asked.another)


def context_of_caller(caller: Caller, terms: Terms, chosen: SearchContext) -> SearchContext:
    """Return for whom the search is: the region, brand and products of the caller as far as the centre knows
    these words, and the channel and tier that the agent chose: no source tells the centre's own tiers."""
    if caller.card:
        main, lines = caller.card.main, caller.card.in_use
        region = (main.region if main else "") or caller.card.customer.region
        products = tuple(dict.fromkeys(line.product for line in lines))
        brand = _brand(caller, lines)
    else:
        region, products, brand = (caller.profile.region if caller.profile else ""), (), ""
    return replace(
        chosen,
        region=_known_code(terms, Dimension.REGION, region),
        brand=_known_code(terms, Dimension.BRAND, brand),
        products=tuple(filter(None, (_known_code(terms, Dimension.PRODUCT, one) for one in products))),
    )


def _brand(caller: Caller, lines: tuple[SubscriptionCard, ...]) -> str:
    """Return the brand of the line that calls, or the one that all lines share."""
    if caller.line.line and caller.card and caller.card.main:
        return caller.card.main.brand
    brands = {line.brand for line in lines}
    return brands.pop() if len(brands) == 1 else ""


def _known_code(terms: Terms, dimension: Dimension, code: str) -> str:
    return code if any(term.code == code for term in terms.living(dimension)) else ""
