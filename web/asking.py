"""What the search form sends, and the addresses of other searches beside this one."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, Field

from kb.finding import Wish
from kb.models import Kind
from kb.search_context import SearchContext
from web.forms import OrAll, read_form

_CODE = re.compile(r"[A-Za-z0-9_-]{0,32}")
_CODES = re.compile(r"[A-Za-z0-9_-]{0,32}(?:,[A-Za-z0-9_-]{1,32}){0,19}")


def _code(given: str | None) -> str | None:
    return given if given is None or _CODE.fullmatch(given) else ""


def _codes(given: str | None) -> str | None:
    return given if given is None or _CODES.fullmatch(given) else ""


def _day(given: str | None) -> str | None:
    """Let half a date, as a browser without a calendar sends it, be none."""
    try:
        return date.fromisoformat(given or "").isoformat()
    except ValueError:
        return None


Code = Annotated[str | None, BeforeValidator(_code)]
Codes = Annotated[str | None, BeforeValidator(_codes)]
RowId = Annotated[int, Field(ge=1, lt=2**63)]
Day = Annotated[date | None, BeforeValidator(_day)]


class InContext(BaseModel):
    """For which caller and day. Codes that nobody has are borne: they narrow to what holds everywhere.

    A caller may have several products: their codes stand in one field, with commas between.
    """

    region: Code = None
    brand: Code = None
    product: Codes = None
    channel: Code = None
    tier: Code = None
    as_of: Day = None

    def context(self, remembered: SearchContext | None = None) -> SearchContext:
        """Return what was sent; if nothing was, what is remembered."""
        sent = (self.region, self.brand, self.product, self.channel, self.tier)
        if remembered and all(one is None for one in sent):
            return replace(remembered, as_of=self.as_of)
        products = tuple(self.product.split(",")) if self.product else ()
        return SearchContext(
            self.region or "", self.brand or "", products, self.channel or "", self.tier or "", self.as_of
        )


class Asked(InContext):
    """What the search form sends. Without a context the one chosen last holds, but for its day.

    `customer` and their `line` (a subscription), or the number of a `caller`, say who is on the left;
    `another`, that it is not whom the call is taken for. `exact` is the text for which a correction was
    refused: for another text it is not.
    """

    q: str = ""
    customer: OrAll[RowId] = None
    line: OrAll[RowId] = None
    caller: str = Field("", max_length=40)
    call: OrAll[UUID] = None
    another: bool = False
    category: OrAll[UUID] = None
    kind: OrAll[Kind] = None
    exact: str = ""

    @property
    def has_caller(self) -> bool:
        return bool(self.customer or self.caller or self.call)

    def wish(self, otherwise: SearchContext) -> Wish:
        """Return the search; `otherwise` is for whom it is if nothing was sent."""
        context = self.context(otherwise)
        return Wish(
            self.q, context, self.category, self.kind, to_the_letter=self.exact != "" and self.exact == self.q
        )


class Sought(BaseModel):
    """What is known of a customer who is looked for."""

    text: str = Field("", max_length=60)
    call: OrAll[UUID] = None


def sought_in(request: Request) -> Sought:
    return read_form(request, Sought).data or Sought()


def fields_of(context: SearchContext) -> dict[str, str]:
    """Return the context as the fields of the form."""
    return {
        "region": context.region,
        "brand": context.brand,
        "product": ",".join(context.products),
        "channel": context.channel,
        "tier": context.tier,
        "as_of": context.as_of.isoformat() if context.as_of else "",
    }


def chosen_in(context: SearchContext) -> dict[str, str]:
    return {name: value for name, value in fields_of(context).items() if value}


def address(wish: Wish, beside: Mapping[str, str] | None = None, **changed: Any) -> str:
    """Return where the same search is with something changed, with the caller that is `beside` it.

    The region stays even if it is empty: that is a choice, and not the lack of one.
    """
    fields = {"q": wish.text, **fields_of(wish.context), "kind": wish.kind, "category": wish.category_id}
    fields |= {"exact": wish.text if wish.to_the_letter else ""}
    fields |= beside or {}
    fields |= changed
    if fields["exact"] != fields["q"]:
        fields["exact"] = ""
    kept = {name: value for name, value in fields.items() if value or name in {"q", "region"}}
    return f"/desk?{urlencode({name: value or '' for name, value in kept.items()})}"
