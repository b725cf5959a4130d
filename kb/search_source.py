"""How an article looks to search: what is in force of it, and what held or will hold on other days."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

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

SOURCE, PERIODS = "kb", "kb.period"
KEPT = timedelta(days=3 * 366)  # a claim can be brought for three years (民法典 188)
_SCOPES: dict[str, Any] = {
    "region": VersionRegion,
    "brand": VersionBrand,
    "product": VersionProduct,
    "channel": VersionChannel,
    "team": VersionTeam,
}


def key_of(article_id: UUID) -> DocumentKey:
    return DocumentKey(SOURCE, str(article_id))


def period_key(publication_id: UUID) -> DocumentKey:
    return DocumentKey(PERIODS, str(publication_id))


class ArticleSource:
    """What `search` asks when it needs an article's text."""

    def ids(self, session: Session) -> Iterator[str]:
        """Every article that was ever published; `documents` says which are in force."""
        ever = select(Publication.article_id).distinct().order_by(col(Publication.article_id))
        return (str(article_id) for article_id in session.exec(ever).all())

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        wanted = [UUID(one) for one in ids]
        found = _published(session, in_force(at) & col(Article.id).in_(wanted))
        return {str(article_id): document for article_id, _, document in found}


class PeriodSource:
    """What search asks for the periods that are over or have not begun: one document for each."""

    def ids(self, session: Session) -> Iterator[str]:
        """Every period that ends or was published ahead; `documents` says which are of another day."""
        ends, waited = col(Publication.effective_until), col(Publication.effective_from)
        some = select(Publication.id).where(or_(ends.is_not(None), waited > col(Publication.published_at)))
        return (str(one) for one in session.exec(some.order_by(col(Publication.id))).all())

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        wanted = col(Publication.id).in_([UUID(one) for one in ids])
        found = _published(session, wanted & _of_another_day(at))
        return {
            str(id_): replace(document, key=period_key(id_), of_another_day=True)
            for _, id_, document in found
        }


def _of_another_day(at: datetime) -> ColumnElement[bool]:
    begins, ends = col(Publication.effective_from), col(Publication.effective_until)
    is_over = (ends <= at) & (ends > at - KEPT)
    return (ends.is_(None) | (ends > begins)) & or_(begins > at, is_over)


def _published(session: Session, which: ColumnElement[bool]) -> Iterator[tuple[UUID, UUID, SearchDocument]]:
    """Yield the ids of article and publication, and the document."""
    them = (
        select(Article, ArticleVersion, Publication)
        .join(Publication, col(Publication.article_id) == Article.id)
        .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
        .where(which)
    )
    rows = session.exec(them).all()
    parts = _Parts(session, [version.id for _, version, _ in rows])
    for article, version, held in rows:
        yield article.id, held.id, parts.document(article, version, held)


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
            valid_from=publication.effective_from,
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
