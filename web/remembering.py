"""The callers an agent works for: chosen once, kept by the browser, for that person only; no day is."""

import re

from fastapi import Request
from fastapi.responses import Response

from core.identity import Actor
from core.settings import settings
from kb.search_context import SearchContext

_COOKIE = "zhida_context"
_KEPT = re.compile(r"([A-Za-z0-9_-]{0,32})(?:\.([A-Za-z0-9_-]{0,32})){4}")
_HALF_A_YEAR = 182 * 24 * 3600


def context_of(request: Request, actor: Actor) -> SearchContext:
    """Return what this person chose last; empty means everybody."""
    whose, _, kept = request.cookies.get(_COOKIE, "").partition(":")
    if whose != str(actor.staff_id) or not _KEPT.fullmatch(kept):
        return SearchContext()
    region, brand, product, channel, tier = kept.split(".")
    return SearchContext(region, brand, (product,) if product else (), channel, tier)


def keep_context(response: Response, actor: Actor, context: SearchContext) -> None:
    product = context.products[0] if context.products else ""
    kept = ".".join((context.region, context.brand, product, context.channel, context.tier))
    response.set_cookie(
        _COOKIE,
        f"{actor.staff_id}:{kept}",
        max_age=_HALF_A_YEAR,
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies,
    )
