"""Reading what a person filled in, and giving it back with a message beside each field."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar, get_origin

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import ErrorDetails
from sqlmodel import Session
from starlette.datastructures import FormData

from core.errors import Conflict, Invalid

S = TypeVar("S", bound=BaseModel)
R = TypeVar("R")
T = TypeVar("T")

# A filter in an address: a form sends its empty boxes too, and they mean all.
OrAll = Annotated[T | None, BeforeValidator(lambda given: given or None)]

WHOLE = ""  # the key of a message that belongs to no single field
MESSAGES = {
    "missing": "请填写这一项。",
    "string_too_short": "至少填写 {min_length} 个字。",
    "string_too_long": "最多 {max_length} 个字，请缩短。",
    "string_pattern_mismatch": "格式不正确，请检查。",
    "too_short": "请至少选择 {min_length} 项。",
    "too_long": "最多选择 {max_length} 项。",
    "int_parsing": "请填写整数。",
    "float_parsing": "请填写数字。",
    "decimal_parsing": "请填写数字。",
    "greater_than_equal": "不能小于 {ge}。",
    "greater_than": "须大于 {gt}。",
    "less_than_equal": "不能大于 {le}。",
    "less_than": "须小于 {lt}。",
    "enum": "请从列表中选择。",
    "literal_error": "请从列表中选择。",
    "uuid_parsing": "请从列表中选择。",
    "date_from_datetime_parsing": "请填写正确的日期，例如 2026-11-23。",
    "date_parsing": "请填写正确的日期，例如 2026-11-23。",
    "value_error": "{error}",
}
OTHERWISE = "填写有误，请检查这一项。"


@dataclass
class Form(Generic[S]):
    """What was typed (`values`), what is wrong with it (`errors`, by field), and `data` once nothing is."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    data: S | None = None
    status: int = 422

    def carry_out(self, db: Session, act: Callable[[S], R]) -> R | None:
        """Do what the form asks for; what the domain refuses becomes a message and leaves nothing behind."""
        if self.data is None:
            return None
        try:
            with db.begin_nested():
                return act(self.data)
        except (Invalid, Conflict) as error:
            self.refuse(error)
            return None

    def refuse(self, error: Invalid | Conflict) -> None:
        named = error.field if isinstance(error, Invalid) else None
        self.errors[named or WHOLE] = str(error)
        self.status = 422 if isinstance(error, Invalid) else 409


def blank(**values: Any) -> Form[Any]:
    """Return a form as it is first shown."""
    return Form(values)


def read_form(request: Request, shape: type[S]) -> Form[S]:
    """Return the posted form. An empty box counts as missing; a list comes as it was sent, line by line."""
    values = _values(request.state.posted, shape)
    filled = {name: value for name, value in values.items() if value not in ("", [])}
    try:
        return Form(values, data=shape.model_validate(filled))
    except ValidationError as error:
        return Form(values, {_place(problem): _message(problem) for problem in reversed(error.errors())})


def _values(posted: FormData, shape: type[BaseModel]) -> dict[str, Any]:
    """Return each field as it was typed; one that takes several choices as a list."""
    return {
        name: posted.getlist(name) if _is_many(field.annotation) else posted.get(name, "")
        for name, field in shape.model_fields.items()
    }


def _is_many(annotation: Any) -> bool:
    return get_origin(annotation) in {list, set, frozenset, tuple}


def _place(problem: ErrorDetails) -> str:
    return str(problem["loc"][0]) if problem["loc"] else WHOLE


def _message(problem: ErrorDetails) -> str:
    return MESSAGES.get(problem["type"], OTHERWISE).format(**problem.get("ctx", {}))
