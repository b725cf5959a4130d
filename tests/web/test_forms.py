"""What a form says back."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from pydantic import BaseModel, Field, field_validator
from sqlmodel import Session, select
from starlette.datastructures import FormData

from core import database
from core.errors import Conflict, Invalid
from core.identity import Team
from tests.web.records import rows
from web.forms import WHOLE, Form, read_form


class Colour(StrEnum):
    RED = "red"


class Order(BaseModel):
    title: str = Field(min_length=2, max_length=4)
    count: int = Field(1, ge=1, le=9)
    day: date | None = None
    colour: Colour = Colour.RED
    tags: list[str] = Field(default=[], max_length=2)
    code: str = Field("A", pattern="^[A-Z]$")

    @field_validator("title")
    @classmethod
    def not_a_test(cls, title: str) -> str:
        if title == "测试":
            raise ValueError("请写真实的标题。")
        return title


def _read(**typed: Any) -> Form[Order]:
    several = {name: value if isinstance(value, list) else [value] for name, value in typed.items()}
    posted = FormData([(name, each) for name, values in several.items() for each in values])
    return read_form(Request({"type": "http", "state": {"posted": posted}}), Order)


def test_a_good_form_is_read_into_its_shape() -> None:
    form = _read(title="开户", count="3", day="2026-11-23", tags=["甲", "乙"])

    assert form.errors == {}
    assert form.data == Order(title="开户", count=3, day=date(2026, 11, 23), tags=["甲", "乙"])


def test_an_empty_box_means_what_the_shape_says_of_nothing() -> None:
    form = _read(title="开户", count="", day="")

    assert form.data == Order(title="开户")


def test_a_list_keeps_its_empty_places() -> None:
    """Two lists may belong together line by line."""
    form = _read(title="开户", tags=["", "乙"])

    assert form.data
    assert form.data.tags == ["", "乙"]


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("title", "", "请填写这一项。"),
        ("title", "甲", "至少填写 2 个字。"),
        ("title", "甲乙丙丁戊", "最多 4 个字，请缩短。"),
        ("title", "测试", "请写真实的标题。"),
        ("count", "三", "请填写整数。"),
        ("count", "0", "不能小于 1。"),
        ("count", "10", "不能大于 9。"),
        ("day", "2026-02-30", "请填写正确的日期，例如 2026-11-23。"),
        ("colour", "blue", "请从列表中选择。"),
        ("tags", ["甲", "乙", "丙"], "最多选择 2 项。"),
        ("code", "a", "格式不正确，请检查。"),
    ],
)
def test_each_mistake_is_said_in_chinese_beside_its_field(field: str, typed: Any, message: str) -> None:
    form = _read(**({"title": "开户"} | {field: typed}))

    assert form.data is None
    assert form.errors == {field: message}
    assert form.values[field] == typed


def test_what_is_refused_late_leaves_nothing_behind(centre: Path) -> None:
    def half(session: Session) -> None:
        session.add(Team(code="half", name="半途"))
        session.flush()
        raise Conflict("刚被别人改过。")

    form = _read(title="开户")
    with database.unit_of_work() as session:
        session.add(Team(code="whole", name="先前"))
        form.carry_out(session, lambda _said: half(session))

    assert rows(select(Team.code)) == ["whole"]
    assert (form.errors, form.status) == ({WHOLE: "刚被别人改过。"}, 409)


def test_what_the_domain_refuses_stands_beside_the_field_it_names(session: Session) -> None:
    def refuse() -> None:
        raise Invalid("标题已用过。", field="title")

    form = _read(title="开户")
    form.carry_out(session, lambda _said: refuse())

    assert (form.errors, form.status) == ({"title": "标题已用过。"}, 422)


def test_a_form_with_mistakes_is_not_carried_out(session: Session) -> None:
    form = _read(title="")

    assert form.carry_out(session, lambda _said: pytest.fail("carried out")) is None
