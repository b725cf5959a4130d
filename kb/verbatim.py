"""Quoted phrases and exclusions, kept to the letter: an index knows only pairs of characters."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from kb.models import ArticleVersion, Script
from kb.reading import ArticleCard
from kb.sanitising import text_of
from search import text as texts
from search.query import SearchQuery


def kept_verbatim(
    session: Session, cards: dict[UUID, ArticleCard], query: SearchQuery
) -> dict[UUID, ArticleCard]:
    """Return those that have every phrase of the query somewhere, and nowhere anything that it excludes."""
    if not query.is_constrained:
        return cards
    said = _said(session, [card.version_id for card in cards.values()])
    return {id_: card for id_, card in cards.items() if satisfies([card.code, *said[card.version_id]], query)}


def satisfies(parts: Sequence[str], query: SearchQuery) -> bool:
    spelt = [texts.spelling(part) for part in parts if part]
    has_all = all(any(texts.says(part, phrase) for part in spelt) for phrase in query.phrases)
    return has_all and not any(texts.says(part, phrase) for part in spelt for phrase in query.excluded)


def _said(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return all that the versions say, in parts."""
    said: dict[UUID, list[str]] = defaultdict(list)
    versions = select(ArticleVersion).where(col(ArticleVersion.id).in_(version_ids))
    for version in session.exec(versions):
        said[version.id] += _parts(version)
    scripts = select(Script.version_id, Script.text).where(col(Script.version_id).in_(version_ids))
    for version_id, text in session.exec(scripts):
        said[version_id].append(text)
    return said


def _parts(version: ArticleVersion) -> Iterator[str]:
    yield from (version.title, version.answer, version.body_text, text_of(version.internal_note))
    yield from (*version.similar_questions, *version.keywords, *version.codes)
