"""From the names that people write to what they stand for: scope codes, categories, kinds, days."""

import re
import unicodedata
from collections import defaultdict
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid5

from sqlmodel import Session

from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, may
from core.scope import Dimension, Terms, all_terms
from kb import categories

E = TypeVar("E", bound=StrEnum)
_BETWEEN = re.compile(r"[,，、;；|\n]+")
_LINES = re.compile(r"[\n|｜;；]+")
_STEPS = re.compile(r"[/／›»>＞\\]+")
_EVERYWHERE = {"全部", "不限", "所有", "全国", "全网", "通用", "all", "*"}
_OPEN_END = {"长期", "长期有效", "永久", "永久有效", "无", "不限", "-"}
_HOUR = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
_DAY = re.compile(
    rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*日?{_HOUR}|(\d{{4}})(\d\d)(\d\d)"
)
_PLANNED = UUID("7f1d4a52-8f0c-4b2f-9d57-6a0f5d1f9c11")  # the name space of categories to come


class Unfit(Invalid):
    """A cell that cannot be understood; its message says what to write instead."""


class ScopeNames:
    """Regions, brands, products and channels by code and by name."""

    def __init__(self, terms: Terms) -> None:
        self._codes: dict[Dimension, dict[str, set[str]]] = {}
        self._retired: set[tuple[Dimension, str]] = set()
        for dimension, listed in terms.by_dimension.items():
            known = self._codes.setdefault(dimension, defaultdict(set))
            for term in listed:
                known[_plain(term.name)].add(term.code)
                if term.retired:
                    self._retired.add((dimension, term.code))
            for term in listed:
                known[_plain(term.code)] = {term.code}

    def codes(self, dimension: Dimension, text: str) -> list[str]:
        """
        :raises Unfit: if a name is unknown, retired or means several
        """
        names = [name for name in several(text) if _plain(name) not in _EVERYWHERE]
        return [self._code(dimension, name) for name in names]

    def _code(self, dimension: Dimension, name: str) -> str:
        found = self._codes[dimension].get(_plain(name), set())
        if not found:
            raise Unfit(
                f"没有名为“{name}”的{dimension.label}。请改成代码表里的名称或代码，或先请管理员添加。"
            )
        if len(found) > 1:
            raise Unfit(f"有多个{dimension.label}叫“{name}”，请改写代码：{'、'.join(sorted(found))}。")
        code = next(iter(found))
        if (dimension, code) in self._retired:
            raise Unfit(f"{dimension.label}“{name}”已停用。请改成在用的名称，或留空。")
        return code


class CategoryPaths:
    """Categories by path; with `writing`, what is missing is added for whoever may."""

    def __init__(self, session: Session, *, writing: bool, actor: Actor, at: datetime) -> None:
        self._session, self._writing, self._actor, self._at = session, writing, actor, at
        known = categories.tree(session)
        self._by_path = {tuple(node.path.split(" › ")): node.id for node in known}

    def find(self, text: str) -> UUID:
        """
        :raises Unfit: if it is unknown and the person may not add categories, or cannot be a path
        """
        path = tuple(part.strip() for part in _STEPS.split(text) if part.strip())
        if path not in self._by_path:
            self._by_path[path] = self._add(path)
        return self._by_path[path]

    def _add(self, path: tuple[str, ...]) -> UUID:
        short_enough = all(len(name) <= categories.LONGEST_NAME for name in path)
        if not 0 < len(path) <= categories.DEEPEST or not short_enough:
            raise Unfit(
                f"分类最多 {categories.DEEPEST} 级，每级不超过 {categories.LONGEST_NAME} 字。"
                "请改成例如“宽带/移机”。"
            )
        if not may(self._actor, Permission.MANAGE_CATEGORIES):
            raise Unfit(
                f"没有分类“{'/'.join(path)}”，您没有新增分类的权限。请改成已有分类，或请知识编辑先添加。"
            )
        if not self._writing:
            return uuid5(_PLANNED, "/".join(path))
        return categories.by_path(self._session, "/".join(path), actor=self._actor, at=self._at)


def scope_names(session: Session) -> ScopeNames:
    return ScopeNames(all_terms(session))


def several(text: str) -> list[str]:
    """Return the parts of a list that a person wrote in one cell."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def lines(text: str) -> list[str]:
    """Return questions written in one cell: on lines of their own, or with bars or semicolons between."""
    return [part.strip() for part in _LINES.split(text) if part.strip()]


def choice(kinds: type[E], text: str) -> E:
    """Return the member of that label or value.

    :raises Unfit: if there is none
    """
    for kind in kinds:
        if _plain(text) in {kind.value, _plain(_label(kind))}:
            return kind
    raise Unfit(f"不认识“{text[:20]}”，请改成：{'、'.join(_label(kind) for kind in kinds)}。")


def day(text: str) -> date | None:
    """Return the day, or None where somebody wrote that there is no end.

    :raises Unfit: if it is no date
    """
    text = text.strip()
    if text in _OPEN_END:
        return None
    found = _DAY.fullmatch(text)
    numbers = [int(part) for part in found.groups() if part] if found else []
    try:
        return date(*numbers)
    except (TypeError, ValueError) as error:
        raise Unfit(f"“{text[:20]}”不是日期，请写成 2026-03-01。") from error


def _label(kind: StrEnum) -> str:
    return str(getattr(kind, "label", kind.value))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
