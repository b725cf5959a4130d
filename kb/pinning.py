"""Which article a pin of the lexicon means, and what it is called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.errors import Invalid, NotFound
from core.identity import Actor
from kb.editing import article_by_code
from kb.finding import Wish, find_articles
from kb.models import Article
from kb.reading import cards_for
from kb.search_source import SOURCE, key_of
from search.document import DocumentKey
from search.finder import Mode

OFFERED = 6


class NoArticleToPin(Invalid):
    message = "没有这个编号的知识。请填知识编号（如 KB-0012），或输入几个字后从下面选一条。"


@dataclass(frozen=True)
class PinnedArticle:
    """Without a title, nothing of it is in force now."""

    code: str
    title: str = ""


def key_by_code(session: Session, code: str) -> DocumentKey:
    """
    :raises NoArticleToPin: if no article has this code
    """
    try:
        return key_of(article_by_code(session, code.strip()).id)
    except NotFound as error:
        raise NoArticleToPin(field="code") from error


def offered(session: Session, text: str, *, actor: Actor, at: datetime) -> list[PinnedArticle]:
    """Return the articles that a code or a few words may mean."""
    found = find_articles(session, actor, Wish(text), mode=Mode.WORDS, at=at)
    return [PinnedArticle(row.card.code, row.card.title) for row in found.rows[:OFFERED]]


def named(
    session: Session, keys: Iterable[DocumentKey], *, actor: Actor, at: datetime
) -> dict[DocumentKey, PinnedArticle]:
    """Return what is pinned, by key; an article that was deleted is missing."""
    ids = {UUID(key.id) for key in keys if key.source == SOURCE}
    cards = cards_for(session, actor, sorted(ids), at=at)
    articles = session.exec(select(Article).where(col(Article.id).in_(ids)))
    return {
        key_of(one.id): PinnedArticle(one.code, cards[one.id].title if one.id in cards else "")
        for one in articles
    }
