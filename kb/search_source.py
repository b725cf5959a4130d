"""How an article looks to search: what is in force of it, as one document."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from kb.categories import with_ancestors
from kb.in_force import in_force
from kb.models import (
    Article,
    ArticleVersion,
    Publication,
    Script,
    VersionBrand,
    VersionChannel,
    VersionProduct,
    VersionRegion,
    VersionTeam,
)
from kb.sanitising import text_of
from search.document import ANY, DocumentKey, SearchDocument

SOURCE = "kb"
_SCOPES: dict[str, Any] = {
    "region": VersionRegion,
    "brand": VersionBrand,
    "product": VersionProduct,
    "channel": VersionChannel,
    "team": VersionTeam,
}


def key_of(article_id: UUID) -> DocumentKey:
    return DocumentKey(SOURCE, str(article_id))


class ArticleSource:
    """What `search` asks when it needs an article's text."""

    def ids(self, session: Session) -> Iterator[str]:
        """Every article that was ever published; `documents` says which are in force."""
        ever = select(Publication.article_id).distinct().order_by(col(Publication.article_id))
        return (str(article_id) for article_id in session.exec(ever).all())

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        wanted = [UUID(one) for one in ids]
        living = (
            select(Article, ArticleVersion, Publication)
            .join(Publication, col(Publication.article_id) == Article.id)
            .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
            .where(in_force(at), col(Article.id).in_(wanted))
        )
        rows = session.exec(living).all()
        parts = _Parts(session, [version.id for _, version, _ in rows])
        return {str(article.id): parts.document(article, version, held) for article, version, held in rows}


class _Parts:
    """Scripts, scopes and category paths of many versions, read in one query each."""

    def __init__(self, session: Session, version_ids: Sequence[UUID]) -> None:
        self._scopes = {name: _codes(session, link, version_ids) for name, link in _SCOPES.items()}
        self._scripts: dict[UUID, list[str]] = defaultdict(list)
        for script in session.exec(select(Script).where(col(Script.version_id).in_(version_ids))):
            self._scripts[script.version_id].append(script.text)
        self._categories = with_ancestors(session)

    def document(self, article: Article, version: ArticleVersion, publication: Publication) -> SearchDocument:
        return SearchDocument(
            key=key_of(article.id),
            title=version.title,
            summary=version.answer,
            body="\n".join(filter(None, self._body(version))),
            questions=tuple(version.similar_questions),
            keywords=tuple(version.keywords),
            codes=(article.code, *version.codes),
            filters=self._filters(version),
            valid_until=publication.effective_until,
        )

    def _body(self, version: ArticleVersion) -> Iterator[str]:
        yield version.body_text
        yield from self._scripts[version.id]
        yield text_of(version.internal_note)

    def _filters(self, version: ArticleVersion) -> dict[str, tuple[str, ...]]:
        scopes = {name: tuple(found[version.id]) or (ANY,) for name, found in self._scopes.items()}
        category = self._categories.get(version.category_id, ()) if version.category_id else ()
        return scopes | {"kind": (version.kind,), "category": tuple(str(one) for one in category)}


def _codes(session: Session, link: Any, version_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for version_id, code in session.exec(
        select(link.version_id, link.code).where(link.version_id.in_(version_ids))
    ):
        found[version_id].append(code)
    return found
