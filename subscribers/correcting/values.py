"""From what an agent types to a value as the files write it, or a message about what is wrong with it."""

import re
import unicodedata
from datetime import date

from core.errors import Invalid
from subscribers.entities import Field, Shape

_PHONE = re.compile(r"\d{3,20}")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ValueUnfit(Invalid):
    message = "这个值不合要求，请检查。"


def written(field: Field, typed: str, *, today: date) -> str:
    """Return the value in its one form, so that the same thing said twice is the same text.

    :raises ValueUnfit: with what to do, if it cannot be a value of the field
    """
    value = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    if not value:
        raise ValueUnfit(f"请填写客户说的{field.label}。", field="proposed")
    if field.shape is Shape.PHONE:
        value = _phone(value)
    elif field.shape is Shape.DATE:
        value = _day(field, value, today)
    elif field.shape is Shape.CHOICE:
        _require(value in field.choices, f"{field.label}请从列表中选择。")
    elif field.name == "email":
        value = unicodedata.normalize("NFKC", value)
        _require(_EMAIL.fullmatch(value), "邮箱不完整，例如 chen@example.com。")
    _require(len(value) <= field.width, f"{field.label}最多 {field.width} 个字，请缩短。")
    return value


def _phone(value: str) -> str:
    digits = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", value))
    _require(_PHONE.fullmatch(digits), "电话请填 3 到 20 位数字，座机带区号，例如 0571-88886666。")
    return digits


def _day(field: Field, value: str, today: date) -> str:
    parts = _DAY.fullmatch(unicodedata.normalize("NFKC", value))
    try:
        day = date(*map(int, parts.groups())) if parts else date.max
    except ValueError as error:
        raise ValueUnfit(f"{field.label}请填写正确的日期，例如 1985-06-01。", field="proposed") from error
    _require(parts, f"{field.label}请填写正确的日期，例如 1985-06-01。")
    _require(day <= today, f"{field.label}不能晚于今天。")
    return day.isoformat()


def _require(fits: object, message: str) -> None:
    if not fits:
        raise ValueUnfit(message, field="proposed")
