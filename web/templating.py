"""Rendering. A page stands alone; a fragment is a part of one."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.clock import CENTRE_TIME
from search.snippets import Piece
from subscribers.masking import masked_phone, masked_text
from web import load_wording, security
from web.action_names import action_name, details_said
from web.assets import asset
from web.frame import Frame
from web.htmx import wants_fragment


def local_time(moment: datetime, pattern: str = "%Y-%m-%d %H:%M") -> str:
    return moment.astimezone(CENTRE_TIME).strftime(pattern)


def local_day(day: date) -> str:
    """Return a date as it is written; a moment's date is the centre's."""
    return local_time(day, "%Y-%m-%d") if isinstance(day, datetime) else day.isoformat()


def number(value: float) -> str:
    return f"{value:,}"


def lasting(seconds: float) -> str:
    """Return a length of time as one says it."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


def ticking(seconds: int) -> str:
    """Return a length of time as the clocks of a page show it: 03:27, or 1:03:27."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def yuan(cents: int) -> str:
    """Return an amount as it stands on a bill."""
    return f"{'-' if cents < 0 else ''}¥{abs(cents) / 100:,.2f}"


def tenure(months: int) -> str:
    """Return whole months as one says them: 9 年 4 个月."""
    years, rest = divmod(months, 12)
    said = [f"{years} 年"] * bool(years) + [f"{rest} 个月"] * bool(rest)
    return " ".join(said) or "不满 1 个月"


def marked(pieces: Iterable[Piece]) -> Markup:
    """Return the pieces of a text with what was asked for marked."""
    return Markup("").join(_MARK.format(text) if is_hit else text for text, is_hit in pieces)


_MARK = Markup("<mark>{}</mark>")


environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # it would ask the disk for the age of every fragment of every row
    cache_size=-1,
)
environment.filters |= {
    "local_time": local_time,
    "local_day": local_day,
    "number": number,
    "lasting": lasting,
    "ticking": ticking,
    "masked_phone": masked_phone,
    "masked_text": masked_text,
    "yuan": yuan,
    "tenure": tenure,
}
environment.filters |= {"action_name": action_name, "details": details_said}
environment.filters |= load_wording.FILTERS
environment.globals |= {"asset": asset, "marked": marked}


def page_or_fragment(
    request: Request, *, page: str, fragment: str, status_code: int = 200, **context: Any
) -> HTMLResponse:
    return render(request, fragment if wants_fragment(request) else page, status_code, **context)


def render(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    html = environment.get_template(template).render(request=request, frame=Frame(request), **context)
    response = HTMLResponse(html, status_code)
    security.keep_csrf(request, response)
    return response
