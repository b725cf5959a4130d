"""Made-up certificates and phone numbers: each its own, whatever the number of people."""

from datetime import date, timedelta

from operations.generating.places import DISTRICTS, District
from subscribers.loading.certificates import check_digit

# Multiplying by a prime near the golden part of what there is scatters 0, 1, 2 … without a collision.
_SCATTER = 1_236_068_023
_HEADS = ("134", "135", "136", "137", "138", "139", "147", "150", "151", "152", "157", "158", "159",
          "172", "178", "182", "183", "184", "187", "188")  # fmt: skip
_TAILS = 99_990_000  # 000 0xxxx is left to callers that are written by hand
_FIRST_BIRTHDAY = date(1938, 1, 1)
_BIRTHDAYS = 25_567  # seventy years


def mobile(number: int) -> str:
    head, tail = divmod((number + 1) * _SCATTER % (len(_HEADS) * _TAILS), _TAILS)
    return f"{_HEADS[head]}{tail + 10_000:08}"


def thing(number: int) -> str:
    """Return the long number of a thing's card."""
    return f"14400{number * _SCATTER % 100_000_000:08}"


def broadband(number: int) -> str:
    """Return the name by which a line dials in; people read it aloud as a number."""
    return f"05{number * _SCATTER % 10_000_000_000:010}"


def identity(number: int) -> tuple[District, date, str]:
    """Return where and when somebody was born, and the certificate that says so; odd ranks are men's."""
    place = (number + 1) * _SCATTER % (len(DISTRICTS) * _BIRTHDAYS * 900)
    place, rank = divmod(place, 900)
    at, days = divmod(place, _BIRTHDAYS)
    born = _FIRST_BIRTHDAY + timedelta(days=days)
    body = f"{DISTRICTS[at].code}{born:%Y%m%d}{rank + 1:03}"
    return DISTRICTS[at], born, body + check_digit(body)


def credit_code(number: int) -> str:
    """Return a unified social credit code with its check character (GB 32100)."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"91330100{number * _SCATTER % 1_000_000_000:09}"
    total = sum(signs.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + signs[(31 - total % 31) % 31]
