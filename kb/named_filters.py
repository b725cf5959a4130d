"""What was typed beside plain words, as this knowledge base understands it: 品牌:银龄, “违约金”, -移机."""

import re
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
from search.query_syntax import Constraint, Sort, constraints_in, touching_filters

_DIMENSIONS = {
    "地区": Dimension.REGION,
    "品牌": Dimension.BRAND,
    "产品": Dimension.PRODUCT,
    "渠道": Dimension.CHANNEL,
    "等级": Dimension.TIER,
}
CATEGORY, KIND = "类别", "类型"
Choice = tuple[Any, str, tuple[str, ...]]  # what is chosen, its name, and all that it is called
_BELOW = re.compile(r"\s*[/›>＞]\s*")


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


def set_apart(session: Session, typed: str) -> str:
    """Put a blank before a filter that touches the word before it: 流量包品牌:银龄.

    Only if there is what it names: 办理渠道：详见附件 is part of a sentence.
    """
    for start, touching in reversed(touching_filters(typed)):
        if len(_fitting(_choices(session, touching.name, touching.value), touching.value)) == 1:
            typed = f"{typed[:start]} {typed[start:]}"
    return typed


def understand(session: Session, typed: str, chosen: Narrowing) -> Narrowing:
    """Return what is chosen, the typed filters in its place; one that nobody knows is ignored aloud."""
    last: dict[
        str, int
    ] = {}  # where each filter that applies is said: a second of the same name takes its place
    for constraint in constraints_in(typed):
        if constraint.sort is Sort.FILTER:
            chosen = _with_filter(session, chosen, constraint)
            if not chosen.said[-1].was_ignored:
                chosen = _and_overridden(chosen, last.get(constraint.name))
                last[constraint.name] = len(chosen.said) - 1
        else:
            name = "必含" if constraint.sort is Sort.PHRASE else "不含"
            chosen = _and_say(chosen, Understood(f"{name}“{constraint.value}”", constraint.rest))
    return chosen


def _with_filter(session: Session, chosen: Narrowing, said: Constraint) -> Narrowing:
    fitting = _fitting(_choices(session, said.name, said.value), said.value)
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


def _and_overridden(chosen: Narrowing, earlier: int | None) -> Narrowing:
    """Say of the earlier filter, if there is one, that the one said last holds."""
    if earlier is None:
        return chosen
    said = list(chosen.said)
    said[earlier] = replace(said[earlier], label=f"{said[earlier].label}，后面另有，已忽略", was_ignored=True)
    return replace(chosen, said=tuple(said))


def _and_say(chosen: Narrowing, understood: Understood) -> Narrowing:
    return replace(chosen, said=(*chosen.said, understood))


def _which(fitting: dict[Any, str], said: Constraint) -> str:
    return f"“{said.value}”可能是{'、'.join(list(fitting.values())[:3])}，请写全{said.name}"


def _in(context: SearchContext, dimension: Dimension, code: str) -> SearchContext:
    if dimension is Dimension.PRODUCT:
        return replace(context, products=(code,))
    changed: dict[str, Any] = {str(dimension): code}
    return replace(context, **changed)


def _choices(session: Session, name: str, said: str) -> list[Choice]:
    if name == CATEGORY:
        return [(node.id, node.path, _called(node.path, said)) for node in tree(session)]
    if name == KIND:
        return [(kind, kind.label, (kind.label, str(kind))) for kind in Kind]
    table: Any = _DIMENSIONS[name].table
    living = select(table.code, table.name).where(~col(table.retired)).order_by(table.position, table.code)
    return [(code, label, (label, code)) for code, label in session.exec(living)]


def _called(path: str, said: str) -> tuple[str, ...]:
    """Return what a category is called at the length at which it was said: 资费, or 宽带/资费."""
    parts = _BELOW.split(path)
    depth = len(_BELOW.split(said))
    return ("/".join(parts[-depth:]),) if depth <= len(parts) else ()


def _fitting(choices: Sequence[Choice], said: str) -> dict[Any, str]:
    """Return what is called so by name or code, or else what begins so; a name that is whole is enough."""
    spelt = _spelt(said)
    exact = {value: name for value, name, called in choices if spelt in map(_spelt, called)}
    whole = {value: name for value, name in exact.items() if _spelt(name) == spelt}
    if len(whole) == 1:
        return whole
    begun = {
        value: name
        for value, name, called in choices
        if any(each.startswith(spelt) for each in map(_spelt, called))
    }
    return exact or begun


def _spelt(name: str) -> str:
    return "/".join(_BELOW.split(texts.spelling(name)))
