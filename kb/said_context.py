"""What a search was narrowed to, in the words of the centre: 地区：浙江, 类型：资费."""

from uuid import UUID

from sqlmodel import Session

from core.scope import Dimension, all_terms
from kb.categories import tree
from kb.models import Kind
from kb.search_context import SearchContext


def in_words(
    session: Session, context: SearchContext, *, kind: Kind | None = None, category_id: UUID | None = None
) -> dict[str, str]:
    """Return what was chosen, by name. Only what was chosen; a code that nobody knows stays as it is."""
    terms = all_terms(session)
    codes = {
        Dimension.REGION: [context.region],
        Dimension.BRAND: [context.brand],
        Dimension.PRODUCT: list(context.products),
        Dimension.CHANNEL: [context.channel],
        Dimension.TIER: [context.tier],
    }
    said = {
        dimension.label: "、".join(terms.name(dimension, code) for code in filter(None, chosen))
        for dimension, chosen in codes.items()
    }
    said["日期"] = context.as_of.isoformat() if context.as_of else ""
    said["类型"] = kind.label if kind else ""
    said["分类"] = _path(session, category_id) if category_id else ""
    return {name: words for name, words in said.items() if words}


def _path(session: Session, category_id: UUID) -> str:
    return next((node.path for node in tree(session) if node.id == category_id), "")
