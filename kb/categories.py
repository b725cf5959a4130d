"""The category tree: add, rename, move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import audit, events
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from kb.events import CategoryMoved
from kb.models import ArticleVersion, Category
from search.live import Live

LONGEST_NAME = 40
DEEPEST = 4


class NoSuchCategory(NotFound):
    message = "没有这个分类，可能已被删除。请刷新后重新选择。"


class CategoryExists(Conflict):
    message = "同一级里已有同名分类，请换一个名称。"


class CategoryInUse(Conflict):
    message = "这个分类下还有知识或下级分类，请先移走再删除。"


class CategoryMisplaced(Invalid):
    message = "不能移到自己或自己的下级，且分类最多四级。请另选上级分类。"


class CategoryNameless(Invalid):
    message = "请填写分类名称（40 字以内，不含斜杠）。"


@dataclass(frozen=True)
class CategoryNode:
    id: UUID
    name: str
    path: str
    depth: int
    parent_id: UUID | None


def tree(session: Session) -> list[CategoryNode]:
    """Return every category, parents before their children, in the order of the screen."""
    children: dict[UUID | None, list[tuple[UUID, str]]] = {}
    in_order = select(Category.id, Category.parent_id, Category.name).order_by(
        col(Category.position), col(Category.name)
    )
    for id_, parent_id, name in session.exec(in_order):
        children.setdefault(parent_id, []).append((id_, name))
    return _below(None, children, "", 0)


def _below(
    parent: UUID | None, children: dict[UUID | None, list[tuple[UUID, str]]], path: str, depth: int
) -> list[CategoryNode]:
    nodes = []
    for id_, name in children.get(parent, []):
        own = f"{path} › {name}" if path else name
        nodes.append(CategoryNode(id_, name, own, depth, parent))
        nodes += _below(id_, children, own, depth + 1)
    return nodes


def tops() -> Mapping[UUID | None, CategoryNode]:
    """Return the category at the top of each one's branch, as it was half a second ago at the latest."""
    return _tops.latest()


def _load_tops(session: Session) -> Mapping[UUID | None, CategoryNode]:
    found: dict[UUID | None, CategoryNode] = {}
    for node in tree(session):  # parents come first
        found[node.id] = found[node.parent_id] if node.parent_id else node
    return found


def _changes(session: Session) -> object:
    return audit.newest_of(session, ("kb.category.added", "kb.category.changed", "kb.category.removed"))


_tops = Live(_changes, _load_tops)


def with_ancestors(session: Session) -> dict[UUID, tuple[UUID, ...]]:
    """Return, for each category, itself and all that it lies in."""
    chains: dict[UUID, tuple[UUID, ...]] = {}
    for node in tree(session):
        chains[node.id] = (node.id, *(chains[node.parent_id] if node.parent_id else ()))
    return chains


def with_descendants(session: Session, category_id: UUID) -> set[UUID]:
    nodes = tree(session)
    found = {category_id}
    for node in nodes:  # parents come first, so one pass is enough
        if node.parent_id in found:
            found.add(node.id)
    return found


def add_category(
    session: Session, name: str, *, parent_id: UUID | None, actor: Actor, at: datetime
) -> Category:
    """
    :raises CategoryNameless: if the name cannot be used
    :raises CategoryExists: if its parent has one of that name
    :raises CategoryMisplaced: if it would lie too deep
    """
    require(actor, Permission.MANAGE_CATEGORIES)
    name = _usable(name)
    _refuse_twin(session, name, parent_id)
    if parent_id and _depth(session, parent_id) + 1 >= DEEPEST:
        raise CategoryMisplaced(field="parent_id")
    position = session.exec(select(func.count()).where(Category.parent_id == parent_id)).one()
    category = Category(name=name, parent_id=parent_id, position=position, created_at=at)
    session.add(category)
    session.flush()
    audit.record(session, actor=actor, action="kb.category.added", subject_id=category.id, at=at)
    return category


def change_category(
    session: Session, category_id: UUID, *, name: str, parent_id: UUID | None, actor: Actor, at: datetime
) -> None:
    """Rename and move in one go.

    :raises CategoryMisplaced: if it would come under itself or lie too deep
    """
    require(actor, Permission.MANAGE_CATEGORIES)
    category = _category(session, category_id)
    name = _usable(name)
    if (name, parent_id) != (category.name, category.parent_id):
        _refuse_twin(session, name, parent_id)
    if parent_id and not _fits(session, category_id, parent_id):
        raise CategoryMisplaced(field="parent_id")
    if parent_id != category.parent_id:
        events.publish(session, CategoryMoved(str(category_id)), at=at)
    category.name, category.parent_id = name, parent_id
    session.add(category)
    audit.record(session, actor=actor, action="kb.category.changed", subject_id=category_id, at=at)


def remove_category(session: Session, category_id: UUID, *, actor: Actor, at: datetime) -> None:
    """
    :raises CategoryInUse: while articles or other categories are in it
    """
    require(actor, Permission.MANAGE_CATEGORIES)
    category = _category(session, category_id)
    holds = session.exec(select(ArticleVersion.id).where(ArticleVersion.category_id == category_id)).first()
    below = session.exec(select(Category.id).where(Category.parent_id == category_id)).first()
    if holds or below:
        raise CategoryInUse
    session.delete(category)
    audit.record(session, actor=actor, action="kb.category.removed", subject_id=category_id, at=at)


def by_path(session: Session, path: str, *, actor: Actor, at: datetime) -> UUID:
    """Return the category of that path ("宽带/移机"); what is missing of it is added."""
    parent_id: UUID | None = None
    for name in filter(None, (part.strip() for part in path.split("/"))):
        same = select(Category).where(Category.parent_id == parent_id, Category.name == name)
        category = session.exec(same).first()
        parent_id = (category or add_category(session, name, parent_id=parent_id, actor=actor, at=at)).id
    if parent_id is None:
        raise CategoryNameless(field="category")
    return parent_id


def _category(session: Session, category_id: UUID) -> Category:
    category = session.get(Category, category_id)
    if category is None:
        raise NoSuchCategory
    return category


def _usable(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or "/" in name:
        raise CategoryNameless(field="name")
    return name


def _refuse_twin(session: Session, name: str, parent_id: UUID | None) -> None:
    same = select(Category.id).where(Category.parent_id == parent_id, Category.name == name)
    if session.exec(same).first():
        raise CategoryExists


def _fits(session: Session, category_id: UUID, parent_id: UUID) -> bool:
    """Tell whether the category, with all that it holds, may come under that parent."""
    moved = with_descendants(session, category_id)
    depths = {node.id: node.depth for node in tree(session)}
    height = max(depths[one] for one in moved) - depths[category_id]
    return parent_id not in moved and depths[parent_id] + 1 + height < DEEPEST


def _depth(session: Session, category_id: UUID) -> int:
    category = _category(session, category_id)
    return 0 if category.parent_id is None else _depth(session, category.parent_id) + 1
