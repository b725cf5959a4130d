"""What somebody typed about a customer, and the ways in which that may name one."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, select
from sqlmodel import col

from core import sealing
from search.pinyin import HANZI, folded_letters
from subscribers.correcting.models import Correction
from subscribers.loading.preparing import CERTIFICATE, spoken
from subscribers.models import (
    END_OF_CONTACT,
    MIDDLE_OF_CONTACT,
    Account,
    Customer,
    Subscription,
    SubscriptionNumber,
)
from subscribers.spelling import plain_certificate, plain_number

FEWEST_DIGITS = 4
FEWEST_OF_ADDRESS = 4
LONGEST = 60
_NUMBER = re.compile(r"[+\d][\d\s-]*")
_PLACE = re.compile(r"[0-9路街巷弄号栋幢座楼层室镇乡村区组苑园]")
_CERTIFICATE = re.compile(r"(?=.*\d)[A-Z0-9]{6,30}")


class Way(StrEnum):
    """In the order in which they are believed."""

    NUMBER = "number"
    CONTACT = "contact"
    CERTIFICATE = "certificate"
    KEY = "key"
    NAME = "name"
    HEAD = "head"
    TAIL = "tail"
    MIDDLE = "middle"
    CONTACT_PART = "contact_part"
    SOUND = "sound"
    INITIALS = "initials"
    CORRECTED = "corrected"
    ADDRESS = "address"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_contact(self) -> bool:
        """Tell whether it was no number of theirs, only one at which they can be reached."""
        return self in {Way.CONTACT, Way.CONTACT_PART}

    @property
    def is_last_resort(self) -> bool:
        """Tell whether it reads every customer: only if nobody was found otherwise."""
        return self is Way.ADDRESS


_LABELS = {
    Way.NUMBER: "号码",
    Way.CONTACT: "联系电话",
    Way.CERTIFICATE: "证件号",
    Way.KEY: "编号",
    Way.NAME: "姓名",
    Way.HEAD: "号码开头",
    Way.TAIL: "号码末尾",
    Way.MIDDLE: "号码中段",
    Way.CONTACT_PART: "联系电话",
    Way.SOUND: "姓名读音",
    Way.INITIALS: "姓名首字母",
    Way.CORRECTED: "座席更正的资料",
    Way.ADDRESS: "地址",
}
Found = tuple[Way, Any, dict[str, Any]]


def ways(text: str, dialect: str) -> Iterator[Found]:
    """Yield statements that select ids of customers, with what they ask for, the most certain first."""
    said = unicodedata.normalize("NFKC", text).strip()[:LONGEST]
    if not said:
        return
    if _NUMBER.fullmatch(said):
        yield from _by_number(plain_number(said), dialect)
    yield from _by_certificate(said)
    if said.isascii():
        yield from ((Way.KEY, statement, {"said": said}) for statement in _by_key())
    yield from _by_name(said, dialect)
    if HANZI.search(said) and len(said) > 1:
        yield Way.CORRECTED, _by_correction("address"), {"said": f"%{_literal(said)}%"}
    if is_like_an_address(said):
        yield Way.ADDRESS, _by_address(), {"said": f"%{_literal(said)}%"}


def is_like_an_address(said: str) -> bool:
    """Tell whether it may be a place: every customer is read for it, so a name half typed must not count."""
    return len(said) >= FEWEST_OF_ADDRESS and bool(HANZI.search(said) and _PLACE.search(said))


def _by_number(digits: str, dialect: str) -> Iterator[Found]:
    if len(digits) < FEWEST_DIGITS:
        return
    if len(digits) >= 7:
        said = {"said": digits}
        yield Way.NUMBER, _by_whole_number(), said
        yield Way.CONTACT, _by_whole_contact(), said
    for way, column, start in (
        (Way.HEAD, "number", digits),
        (Way.TAIL, "backwards", digits[::-1]),
        (Way.MIDDLE, "middle", digits),
    ):
        yield way, _by_part(column, dialect), _range(start)
    for place in (col(Customer.phone), MIDDLE_OF_CONTACT):
        yield Way.CONTACT_PART, _by_contact(place, dialect), _range(digits)
    tail = {"tail": digits[-FEWEST_DIGITS:], "said": f"%{digits}"}
    yield Way.CONTACT_PART, _by_end_of_contact(), tail
    yield Way.CORRECTED, _by_correction("phone"), {"said": f"%{digits}%"}


def _by_certificate(said: str) -> Iterator[Found]:
    plain = plain_certificate(said)
    if _CERTIFICATE.fullmatch(plain):
        yield Way.CERTIFICATE, _by_hash(), {"hashes": sealing.hashes_of(plain, CERTIFICATE)}


def _by_name(said: str, dialect: str) -> Iterator[Found]:
    if HANZI.search(said):
        heard = spoken(said)[0]
        yield Way.NAME, _by_written_name(dialect), {"said": f"{_literal(said)}%"} | _range(heard)
        if len(said) > 1:
            yield Way.SOUND, _by_start("name_sound", dialect), _range(heard)
    letters = said.replace(" ", "").lower()
    if letters.isascii() and letters.isalpha() and len(letters) > 1:
        yield Way.SOUND, _by_start("name_sound", dialect), _range(folded_letters(letters))
        yield Way.INITIALS, _by_start("name_initials", dialect), _range(letters)


def _range(start: str) -> dict[str, str]:
    return {"start": start, "end": start[:-1] + chr(ord(start[-1]) + 1)}


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _begins(column: Any, dialect: str) -> Any:
    """Return the condition that a column begins with something, in the form that its index understands.

    PostgreSQL compares in the language of the database unless it is told to compare bytes.
    """
    start: Any = bindparam("start")
    end: Any = bindparam("end")
    if dialect == "postgresql":
        return column.op("~>=~", is_comparison=True)(start) & column.op("~<~", is_comparison=True)(end)
    return (column >= start) & (column < end)


@cache
def _by_part(column: str, dialect: str) -> Any:
    return _of_numbers().where(_begins(getattr(SubscriptionNumber, column), dialect))


@cache
def _by_whole_number() -> Any:
    return _of_numbers().where(col(SubscriptionNumber.number) == bindparam("said"))


@cache
def _by_whole_contact() -> Any:
    return select(col(Customer.id)).where(col(Customer.phone) == bindparam("said"))


@cache
def _by_contact(place: Any, dialect: str) -> Any:
    return select(col(Customer.id)).where(_begins(place, dialect))


@cache
def _by_end_of_contact() -> Any:
    """The index knows the last four digits; what is longer is compared among those who share them."""
    tail: Any = bindparam("tail", type_=String)
    return select(col(Customer.id)).where(tail == END_OF_CONTACT, col(Customer.phone).like(bindparam("said")))


def _of_numbers() -> Any:
    return (
        select(col(Subscription.customer_id))
        .select_from(SubscriptionNumber)
        .join(Subscription, col(Subscription.id) == SubscriptionNumber.subscription_id)
    )


@cache
def _by_hash() -> Any:
    hashes: Any = bindparam("hashes", expanding=True)
    return select(col(Customer.id)).where(col(Customer.certificate_hash).in_(hashes))


@cache
def _by_key() -> tuple[Any, ...]:
    said: Any = bindparam("said")
    return (
        select(col(Customer.id)).where(col(Customer.key) == said),
        select(col(Account.customer_id)).where(col(Account.key) == said),
        select(col(Subscription.customer_id)).where(col(Subscription.key) == said),
    )


@cache
def _by_start(column: str, dialect: str) -> Any:
    return select(col(Customer.id)).where(_begins(getattr(Customer, column), dialect))


@cache
def _by_written_name(dialect: str) -> Any:
    return _by_start("name_sound", dialect).where(col(Customer.name).like(bindparam("said"), escape="\\"))


@cache
def _by_correction(field: str) -> Any:
    """What an agent heard counts before the source has taken it; only what is open is read."""
    heard = (col(Correction.entity) == "customer") & (col(Correction.field) == field)
    said: Any = bindparam("said")
    return select(col(Correction.customer_id)).where(
        col(Correction.is_open), heard, col(Correction.proposed).like(said, escape="\\")
    )


@cache
def _by_address() -> Any:
    return select(col(Customer.id)).where(col(Customer.address).like(bindparam("said"), escape="\\"))
