"""What the database alone can find by its letters, while the search engine is away."""

import json
from collections.abc import Mapping
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, String, case, cast, literal, or_
from sqlmodel import Session, col, select

from kb.categories import with_descendants
from kb.in_force import in_force
from kb.models import ArticleVersion, Publication
from kb.search_source import key_of
from search.hits import Hit, Signal
from search.query import SearchQuery

TITLE, REST = 3.0, 1.0
MOST_TERMS = 4
AT_ONCE, WAIT_SECONDS = 2, 1.0
_looking = BoundedSemaphore(AT_ONCE)
_LISTS = (ArticleVersion.similar_questions, ArticleVersion.keywords, ArticleVersion.codes)


def found_literally(session: Session, query: SearchQuery, *, limit: int) -> tuple[Hit, ...]:
    """Return what has words or codes of the query in its title, answer, questions, keywords or codes.

    It reads the whole table, and knows neither sounds nor meaning: better than no answer. A few may look at
    once; whoever would have to wait for long finds nothing, so that the rest of the centre goes on.
    """
    terms = _terms(query)
    if not terms or not _looking.acquire(timeout=WAIT_SECONDS):
        return ()
    try:
        return _found(session, query, terms, limit)
    finally:
        _looking.release()


def _found(session: Session, query: SearchQuery, terms: Mapping[str, float], limit: int) -> tuple[Hit, ...]:
    in_titles = {term: _holds(col(ArticleVersion.title), term, term) for term in terms}
    in_the_rest = {term: _in_the_rest(term) for term in terms}
    score: ColumnElement[float] = literal(0.0, Float)
    for term, weight in terms.items():
        score += case((in_titles[term], TITLE * weight), else_=0.0)
        score += case((in_the_rest[term], REST * weight), else_=0.0)
    found = (
        select(Publication.article_id, score)
        .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
        .where(
            in_force(query.at), or_(*in_titles.values(), *in_the_rest.values()), *_narrowed(session, query)
        )
        .order_by(score.desc(), col(Publication.article_id))
        .limit(limit)
    )
    whole = (TITLE + REST) * sum(terms.values())
    return tuple(_hit(article_id, said / whole) for article_id, said in session.exec(found))


def _terms(query: SearchQuery) -> Mapping[str, float]:
    """Return the words of the query, the long ones first; single characters only if there is nothing else."""
    words = {word: weight for word, weight in query.words.items() if len(word) > 1}
    words |= dict.fromkeys(query.codes, 1.0)
    chosen = words or dict(query.grams)
    longest = sorted(chosen, key=lambda term: (-len(term), term))[:MOST_TERMS]
    return {term: chosen[term] for term in longest}


def _in_the_rest(term: str) -> ColumnElement[bool]:
    lists = (
        _holds(cast(col(one), String), json.dumps(term)[1:-1], term) for one in _LISTS
    )  # as it stands there
    return or_(_holds(col(ArticleVersion.answer), term, term), *lists)


def _holds(text: Any, written: str, term: str) -> ColumnElement[bool]:
    """Only letters have a case, and to fold it costs most of the time."""
    found: ColumnElement[bool] = (text.icontains if term.isascii() else text.contains)(
        written, autoescape=True
    )
    return found


def _narrowed(session: Session, query: SearchQuery) -> list[ColumnElement[bool]]:
    """Return the conditions of kind and category; who may read what is checked with every card."""
    found: list[ColumnElement[bool]] = []
    if kinds := query.filters.get("kind"):
        found.append(col(ArticleVersion.kind).in_(kinds))
    if categories := query.filters.get("category"):
        within = set().union(*(with_descendants(session, UUID(one)) for one in categories))
        found.append(col(ArticleVersion.category_id).in_(within))
    return found


def _hit(article_id: UUID, share: float) -> Hit:
    return Hit(key_of(article_id), share, {Signal.WORDS: share}, {Signal.WORDS: share})
