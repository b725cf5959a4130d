"""When what was typed now goes on with what was typed before: the keystrokes of one search."""

import re
from datetime import date, datetime, timedelta
from typing import Protocol

from search.text import normalise

PAUSE = timedelta(seconds=30)
_REST_OF_NUMBER = re.compile(r"(?<=\d)\*+\d+")


class Typed(Protocol):
    text: str
    at: datetime
    filters: dict[str, list[str]]
    as_of: date | None


def are_one_search(one: Typed, other: Typed) -> bool:
    """Tell whether, without a long pause, one text begins the other or is the same looked for elsewhere.

    Another day is another question: what held then says nothing of what holds now.
    """
    if abs(one.at - other.at) > PAUSE or one.as_of != other.as_of:
        return False
    first, second = sorted((_growing(one.text), _growing(other.text)), key=len)
    return second.startswith(first) if one.filters == other.filters else first == second


def _growing(text: str) -> str:
    """Return a text as it grows under the fingers: a masked number begins with the digits that are left."""
    return "".join(normalise(_REST_OF_NUMBER.sub("", text)).split())
