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
from kb.search_context import SearchContext
from subscribers.cards import SubscriberCard, SubscriptionCard, card_of
from subscribers.lookup import Owner, owners_of
from subscribers.masking import masked_phone
from subscribers.quick_profile import ProfileCard, profile_of
from subscribers.spelling import plain_number
from subscribers.verifying import Contact, Method, Standing, standing
from web.asking import Asked
from web.forms import blank


@dataclass(frozen=True)
class Line:
    """By what somebody is on the left: a customer and the subscription that calls, or a number of nobody."""

    customer: int | None = None
    line: int | None = None
    number: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """Return it as fields of a form."""
        if self.customer:
            return {"customer": str(self.customer)} | ({"line": str(self.line)} if self.line else {})
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

    @property
    def is_unknown(self) -> bool:
        return bool(self.line.number) and not self.owners and self.card is None

    @property
    def shown_number(self) -> str:
        return masked_phone(self.line.number)


def on_the_left(
    session: Session, actor: Actor, line: Line, *, call_id: UUID | None = None, at: datetime
) -> Caller | None:
    """Return who is on the left of the desk, or None if this person sees no subscribers."""
    if not may(actor, Permission.SEE_SUBSCRIBERS):
        return None
    contact = Contact(actor, call_id)
    if line.customer:
        return _known(session, line, line.customer, contact, at)
    return _by_number(session, plain_number(line.number), contact, at)


def _by_number(session: Session, number: str, contact: Contact, at: datetime) -> Caller:
    owners = owners_of(session, number, at=at)
    if not owners:
        profile = profile_of(session, number) if number else None
        return Caller(Line(number=number), profile=profile)
    first, *others = owners
    if others and not _is_certain(owners):
        return Caller(Line(number=number), owners=owners)
    found = Line(first.customer_id, first.subscription_id, number)
    return replace(_known(session, found, first.customer_id, contact, at), others=tuple(others))


def _is_certain(owners: Iterable[Owner]) -> bool:
    """Tell whether one of them has the number, and the others can only be reached at it."""
    return sum(owner.subscription_id is not None for owner in owners) == 1


def _known(session: Session, line: Line, customer_id: int, contact: Contact, at: datetime) -> Caller:
    card = card_of(session, customer_id, line=line.line, at=at)
    return Caller(line, card, standing(session, customer_id, contact, at=at))


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
    shown = {"caller": caller, "terms": terms, "dimensions": Dimension, "form": form, "methods": Method}
    if caller is None or not line.fields:
        return Left(shown=shown)
    return Left(caller.line, context_of_caller(caller, terms, chosen), shown)


def _noted(profile: ProfileCard | None) -> dict[str, str]:
    return {name: getattr(profile, name, "") for name in ("name", "region", "note")}


def line_in(asked: Asked) -> Line:
    return Line(asked.customer, asked.line, asked.caller)


def context_of_caller(caller: Caller, terms: Terms, chosen: SearchContext) -> SearchContext:
    """Return for whom the search is: the region, brand and products of the caller as far as the centre knows
    these words, and the channel that the agent chose."""
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
        tier="",
    )


def _brand(caller: Caller, lines: tuple[SubscriptionCard, ...]) -> str:
    """Return the brand of the line that calls, or the one that all lines share."""
    if caller.line.line and caller.card and caller.card.main:
        return caller.card.main.brand
    brands = {line.brand for line in lines}
    return brands.pop() if len(brands) == 1 else ""


def _known_code(terms: Terms, dimension: Dimension, code: str) -> str:
    return code if any(term.code == code for term in terms.living(dimension)) else ""
