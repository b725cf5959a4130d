"""What was typed beside plain words, as this knowledge base understands it: 品牌:银龄, “违约金”, -移机."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.scope import Dimension
from kb.categories import tree
from kb.models import Kind
from kb.search_context import SearchContext
from search import text as texts
from search.query_syntax import Constraint, Sort, constraints_in

_DIMENSIONS = {
    "地区": Dimension.REGION,
    "品牌": Dimension.BRAND,
    "产品": Dimension.PRODUCT,
    "渠道": Dimension.CHANNEL,
    "等级": Dimension.TIER,
}
CATEGORY, KIND = "类别", "类型"
Choice = tuple[Any, str]  # what is chosen, and a name by which it is called


@dataclass(frozen=True)
class Understood:
    """A part of the query said back; `rest` is the text without it."""

    label: str
    rest: str
    was_ignored: bool = False


@dataclass(frozen=True)
class Narrowing:
    """The context and what else narrows the search, the typed filters included."""

    context: SearchContext
    category_id: UUID | None = None
    kind: Kind | None = None
    said: tuple[Understood, ...] = ()


def understand(session: Session, typed: str, chosen: Narrowing) -> Narrowing:
    """Return what is chosen, the typed filters in its place; one that nobody knows is ignored aloud."""
    for constraint in constraints_in(typed):
        if constraint.sort is Sort.FILTER:
            chosen = _with_filter(session, chosen, constraint)
        else:
            name = "必含" if constraint.sort is Sort.PHRASE else "不含"
            chosen = _and_say(chosen, Understood(f"{name}“{constraint.value}”", constraint.rest))
    return chosen


def _with_filter(session: Session, chosen: Narrowing, said: Constraint) -> Narrowing:
    fitting = _fitting(_choices(session, said.name), said.value)
    if len(fitting) != 1:
        what = f"没有叫“{said.value}”的{said.name}" if not fitting else _which(fitting, said)
        return _and_say(chosen, Understood(f"{what}，已忽略", said.rest, was_ignored=True))
    [(value, name)] = fitting.items()
    chosen = _and_say(chosen, Understood(f"{said.name}：{name}", said.rest))
    if said.name == CATEGORY:
        return replace(chosen, category_id=value)
    if said.name == KIND:
        return replace(chosen, kind=value)
    return replace(chosen, context=_in(chosen.context, _DIMENSIONS[said.name], value))


def _and_say(chosen: Narrowing, understood: Understood) -> Narrowing:
    return replace(chosen, said=(*chosen.said, understood))


def _which(fitting: dict[Any, str], said: Constraint) -> str:
    return f"“{said.value}”可能是{'、'.join(list(fitting.values())[:3])}，请写全{said.name}"


def _in(context: SearchContext, dimension: Dimension, code: str) -> SearchContext:
    if dimension is Dimension.PRODUCT:
        return replace(context, products=(code,))
    changed: dict[str, Any] = {str(dimension): code}
    return replace(context, **changed)


def _choices(session: Session, name: str) -> list[Choice]:
    if name == CATEGORY:
        return [(node.id, node.name) for node in tree(session)]
    if name == KIND:
        return [(kind, kind.label) for kind in Kind]
    table: Any = _DIMENSIONS[name].table
    living = select(table.code, table.name).where(~col(table.retired)).order_by(table.position, table.code)
    return [(code, label) for code, label in session.exec(living)]


def _fitting(choices: Sequence[Choice], said: str) -> dict[Any, str]:
    """Return what is called so by name or code, or else what begins so."""
    spelt = texts.spelling(said)
    names = [(value, name, {texts.spelling(name), str(value).casefold()}) for value, name in choices]
    exact = {value: name for value, name, called in names if spelt in called}
    begun = {value: name for value, name, called in names if any(each.startswith(spelt) for each in called)}
    return exact or begun
