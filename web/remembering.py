"""The region an agent works for: chosen once, kept by the browser, for that person only."""

import re

from fastapi import Request
from fastapi.responses import Response

from core.identity import Actor
from core.settings import settings

_COOKIE = "zhida_region"
_CODE = re.compile(r"[A-Za-z0-9_-]{0,32}")
_HALF_A_YEAR = 182 * 24 * 3600


def region_of(request: Request, actor: Actor, chosen: str | None) -> str:
    """Return the region chosen now, or else the one this person chose last; empty means everywhere."""
    if chosen is not None:
        return chosen if _CODE.fullmatch(chosen) else ""
    whose, _, kept = request.cookies.get(_COOKIE, "").partition(":")
    return kept if whose == str(actor.staff_id) and _CODE.fullmatch(kept) else ""


def keep_region(response: Response, actor: Actor, region: str) -> None:
    response.set_cookie(
        _COOKIE,
        f"{actor.staff_id}:{region}",
        max_age=_HALF_A_YEAR,
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies,
    )
