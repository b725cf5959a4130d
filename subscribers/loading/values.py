"""One value of a file as it is kept: days and moments, cents, phone numbers, full-width digits made half."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache, partial

from core.clock import CENTRE_TIME
from subscribers.entities import Field, Shape

Value = str | int
Reader = Callable[[str], Value]
MOST = 2**63 - 1
MOST_SMALL = 2**31 - 1
SHORT = 10  # digits that are not more than any of these

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_MONEY = re.compile(r"([+-]?)(\d{1,16})(?:\.(\d{1,2}))?")
_COUNT = re.compile(r"\d{1,18}")
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_MOMENT = re.compile(r"(\d{4}-?\d\d-?\d\d)[ T]?(\d\d:?\d\d:?\d\d)")
_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")
_NOT_DIALLED = re.compile(r"[\s()-]+")
_PLAIN_PHONE = re.compile(r"(?!00)[0-9]{3,20}")
_PHONE = re.compile(r"\d{3,20}")


class BadValue(Exception):
    """A value that cannot be kept; `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def half_width(text: str) -> str:
    return text if text.isascii() else text.translate(_HALF)


def reader_of(field: Field) -> Reader:
    """Return what turns the text of a cell into what is stored, or raises BadValue."""
    by_shape: dict[Shape, Reader] = {
        Shape.DATE: day,
        Shape.MOMENT: moment,
        Shape.MONTH: month,
        Shape.MONEY: cents,
        Shape.COUNT: partial(count, most=MOST_SMALL if field.width < 10 else MOST),
        Shape.PHONE: phone,
        Shape.CHOICE: lru_cache(maxsize=64)(partial(_choice, field.choices)),
    }
    return by_shape.get(field.shape, _text_of(field.width))


def _text_of(width: int) -> Reader:
    def text(written: str) -> str:
        found = written.strip()
        if len(found) > width:
            raise BadValue("too_long", f"超过 {width} 个字")
        return found

    return text


def _choice(choices: tuple[str, ...], written: str) -> str:
    value = written.strip()
    if value not in choices:
        raise BadValue("choice", f"只能是 {'、'.join(choices)}")
    return value


@lru_cache(maxsize=50_000)  # every day of a century
def day(written: str) -> str:
    found = _DAY.fullmatch(half_width(written).strip())
    if found:
        try:
            return date(*map(int, found.groups())).isoformat()
        except ValueError:
            found = None
    raise BadValue("date", "不是日期，应为 2026-11-26 或 20261126")


@lru_cache(maxsize=20_000)
def moment(written: str) -> str:
    """Return the moment in UTC, as SQLite keeps it; PostgreSQL is told the zone when it is written."""
    found = _MOMENT.fullmatch(half_width(written).strip())
    if found:
        try:
            local = datetime.fromisoformat(f"{day(found[1])}T{found[2]}").replace(tzinfo=CENTRE_TIME)
        except (BadValue, ValueError):
            found = None
        else:
            return local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    raise BadValue("moment", "不是时间，应为 2026-11-26 08:30:00")


@lru_cache(maxsize=2_000)
def month(written: str) -> int:
    text = half_width(written).strip()
    if not _MONTH.fullmatch(text):
        raise BadValue("month", "不是账期，应为 202611")
    return int(text)


@lru_cache(maxsize=50_000)
def cents(written: str) -> int:
    found = _MONEY.fullmatch(half_width(written).strip())
    if not found:
        raise BadValue("money", "不是金额，应为最多两位小数的元")
    sign, yuan, rest = found.groups(default="")
    amount = int(yuan) * 100 + int(rest.ljust(2, "0"))
    return -amount if sign == "-" else amount


def count(written: str, *, most: int = MOST) -> int:
    if len(written) < SHORT and written.isascii() and written.isdigit():
        return int(written)
    text = half_width(written).strip()
    if not _COUNT.fullmatch(text) or int(text) > most:
        raise BadValue("count", "不是数量，应为不带小数的非负数")
    return int(text)


def phone(written: str) -> str:
    if _PLAIN_PHONE.fullmatch(written):
        return written
    text = _NOT_DIALLED.sub("", half_width(written))
    text = text.removeprefix("+86") if text.startswith("+86") else text.removeprefix("0086")
    if not _PHONE.fullmatch(text):
        raise BadValue("phone", "不是电话号码")
    return text
