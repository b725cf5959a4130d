"""Numbers of Chinese identity cards: their check digit, and fifteen digits made eighteen."""

import re
from datetime import date
from functools import lru_cache
from operator import mul

IDENTITY_CARDS = frozenset({"身份证", "居民身份证", "01"})
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_OF_ZEROS = ord("0") * sum(_WEIGHTS)
_CHECKS = "10X98765432"
_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9X]")
_FIFTEEN = re.compile(r"[1-9][0-9]{14}")
_BORN_BEFORE_1900 = frozenset({"996", "997", "998", "999"})


def check_digit(body: str) -> str:
    """Return the eighteenth character for the seventeen digits before it."""
    return _CHECKS[(sum(map(mul, body.encode("ascii"), _WEIGHTS)) - _OF_ZEROS) % 11]


def as_eighteen(number: str) -> str:
    """Return a number of fifteen digits as it is written today, any other as it is."""
    if not _FIFTEEN.fullmatch(number):
        return number
    century = "18" if number[12:] in _BORN_BEFORE_1900 else "19"
    body = number[:6] + century + number[6:]
    return body + check_digit(body)


def is_sound(number: str) -> bool:
    """Tell whether an eighteen-digit number has a real birthday and the right check digit."""
    if not _EIGHTEEN.fullmatch(number) or check_digit(number[:17]) != number[17]:
        return False
    return _is_day(number[6:14])


@lru_cache(maxsize=50_000)
def _is_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True
