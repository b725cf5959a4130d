"""For whom an answer is wanted, and for which day: what is in scope, and why the rest is not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import union
from sqlmodel import Session, col, select

from core.scope import Dimension, related_regions
from kb.models import Script
from kb.reading import SCOPES, ArticleCard

NAMED = 3
Scope = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class SearchContext:
    """Codes; what is empty is everywhere, everybody, or now."""

    region: str = ""
    brand: str = ""
    products: tuple[str, ...] = ()
    channel: str = ""
    tier: str = ""
    as_of: date | None = None

    @property
    def is_narrow(self) -> bool:
        """Tell whether some answers may be out of its scope."""
        return bool(self.region or self.brand or self.products or self.channel)

    @property
    def is_empty(self) -> bool:
        return not (self.is_narrow or self.tier or self.as_of)


def scope_of(session: Session, context: SearchContext) -> dict[str, frozenset[str]]:
    """Return, for each dimension that is set, the codes of which an answer has one, unless it has none."""
    chosen: dict[str, Iterable[str]] = {
        Dimension.REGION: related_regions(session, context.region) if context.region else (),
        Dimension.BRAND: filter(None, [context.brand]),
        Dimension.PRODUCT: context.products,
        Dimension.CHANNEL: filter(None, [context.channel]),
    }
    found = {dimension: frozenset(codes) for dimension, codes in chosen.items()}
    return {dimension: codes for dimension, codes in found.items() if codes}


def reasons(session: Session, version_ids: Sequence[UUID], scope: Scope) -> dict[UUID, str]:
    """Return, of those versions that are out of scope, why: such as 仅限浙江, or 不适用热线渠道."""
    found: dict[UUID, list[str]] = {}
    for dimension in filter(scope.__contains__, Dimension):
        for version_id, links in _links(session, dimension, version_ids).items():
            if not links.keys() & set(scope[dimension]):
                found.setdefault(version_id, []).append(_reason(session, dimension, links, scope))
    return {version_id: "，".join(said) for version_id, said in found.items()}


def closest(session: Session, cards: Iterable[ArticleCard], scope: Scope, tier: str = "") -> set[UUID]:
    """Return which of these articles were written for just what is in scope, or have words for the tier."""
    versions = {card.version_id: card.article_id for card in cards}
    codes: list[tuple[Any, Any, Collection[str]]] = [
        (_any(link).version_id, _any(link).code, scope[dimension])
        for dimension, link in SCOPES.items()
        if dimension in scope
    ]
    if tier:
        codes.append((Script.version_id, Script.tier_code, [tier]))
    own = [
        select(version_id).where(col(version_id).in_(versions), col(code).in_(wanted))
        for version_id, code, wanted in codes
    ]
    return {versions[version_id] for version_id in session.scalars(union(*own))} if own else set()


def _links(session: Session, dimension: Dimension, version_ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    link, term = SCOPES[dimension], _any(dimension.table)
    named = (
        select(link.version_id, link.code, term.name)
        .join(term, term.code == link.code)
        .where(col(link.version_id).in_(version_ids))
        .order_by(term.position, term.code)
    )
    found: dict[UUID, dict[str, str]] = {}
    for version_id, code, name in session.exec(named):
        found.setdefault(version_id, {})[code] = name
    return found


def _reason(session: Session, dimension: Dimension, links: Mapping[str, str], scope: Scope) -> str:
    if dimension is Dimension.CHANNEL:
        terms = (session.get(dimension.table, code) for code in sorted(scope[dimension]))
        return f"不适用{'、'.join(term.name for term in terms if term) or '该'}渠道"
    names = list(links.values())
    more = f"等 {len(names)} 项" if len(names) > NAMED else ""
    unit = "品牌" if dimension is Dimension.BRAND else ""
    return f"仅限{'、'.join(names[:NAMED])}{more}{unit}"


def _any(table: Any) -> Any:
    return table
