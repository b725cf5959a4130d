"""A row of the result list: which words of an article to show, and what in it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from kb.models import ArticleVersion, Script
from kb.reading import ArticleCard
from search.hits import Hit, Hits
from search.query import SearchQuery
from search.readings import Reading
from search.snippets import Piece, highlight, snippet
from search.text import normalise

SNIPPET = 90


@dataclass(frozen=True)
class FoundArticle:
    """A row of the result list; pieces are (text, is it a hit). Without an excerpt, the answer is awaited.

    `readings`: in which other wordings of the query the article was found. `out_of_scope` is the reason, of
    one that is not for the caller.
    """

    card: ArticleCard
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    hit: Hit
    readings: tuple[Reading, ...] = ()
    is_pinned: bool = False
    is_promoted: bool = False
    out_of_scope: str = ""


def rows_of(
    session: Session, query: SearchQuery, hits: Hits, cards: Sequence[ArticleCard]
) -> tuple[FoundArticle, ...]:
    texts = _texts(session, [card.version_id for card in cards])
    by_article = {hit.key.id: hit for hit in hits.ranked}
    return tuple(
        FoundArticle(
            card,
            highlight(card.title, query),
            _excerpt(card.answer, texts[card.version_id], query),
            by_article[str(card.article_id)],
            readings=_read_in(query, f"{card.title}\n{card.answer}\n{texts[card.version_id]}"),
            **_raised(query, card),
        )
        for card in cards
    )


def _read_in(query: SearchQuery, text: str) -> tuple[Reading, ...]:
    """Return the readings of the query that stand in the text."""
    if not query.readings:
        return ()
    spelt = normalise(text)
    return tuple(reading for reading in query.readings if reading.is_sure and reading.meant in spelt)


def _raised(query: SearchQuery, card: ArticleCard) -> dict[str, Any]:
    pins = [pin for pin in query.pins if pin.key.id == str(card.article_id)]
    return {
        "is_pinned": any(not pin.is_promotion for pin in pins),
        "is_promoted": any(pin.is_promotion for pin in pins),
    }


def _excerpt(answer: str, body: str, query: SearchQuery) -> tuple[Piece, ...]:
    """Return the one-sentence answer, unless only the rest of the article speaks of what was asked."""
    told = highlight(answer, query)
    if answer and (any(is_hit for _, is_hit in told) or not body):
        return told
    within = snippet(body, query, longest=SNIPPET)
    return within if any(is_hit for _, is_hit in within) or not answer else told


def _texts(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what each says beside its one-sentence answer."""
    texts: dict[UUID, str] = dict(session.execute(_bodies(), {"ids": version_ids}).all())
    silent = [id_ for id_, text in texts.items() if not text]
    return texts | (_spoken(session, silent) if silent else {})


@cache
def _bodies() -> Any:
    """Put together once: it is asked with every key that is pressed."""
    wanted = col(ArticleVersion.id).in_(bindparam("ids", expanding=True))
    return select(ArticleVersion.id, ArticleVersion.body_text).where(wanted)


def _spoken(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what is said to everybody, of versions that have nothing but scripts."""
    scripts = select(Script.version_id, Script.text).where(col(Script.version_id).in_(version_ids))
    return dict(session.exec(scripts.order_by(col(Script.position).desc())).all())
