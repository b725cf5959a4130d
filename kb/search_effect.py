"""What publishing a draft does to search, told before it is published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.errors import Conflict
from kb.finding import COUNTED
from kb.forms import ArticleDraft
from kb.in_force import in_force
from kb.models import Article, ArticleVersion, Publication, code_of
from kb.sanitising import text_of
from kb.search_source import SOURCE, key_of
from kb.writing import body_text_of
from search.document import DocumentKey, SearchDocument
from search.effect import Effect, Move, effect_of
from search.engines.base import EngineUnavailable
from search.hits import Degradation

NEW = DocumentKey(SOURCE, "new")


@dataclass(frozen=True)
class Named:
    code: str
    title: str


@dataclass(frozen=True)
class MovedQuery:
    """`other` is the article whose place is told, if it is not the edited one."""

    move: Move
    other: Named | None


@dataclass(frozen=True)
class SearchEffect:
    effect: Effect
    won: tuple[MovedQuery, ...] = ()
    lost: tuple[MovedQuery, ...] = ()

    @property
    def lost_golden(self) -> tuple[MovedQuery, ...]:
        return tuple(one for one in self.lost if one.move.is_golden)

    @property
    def is_down(self) -> bool:
        return Degradation.ENGINE_UNAVAILABLE in self.effect.degradations


class LosesGolden(Conflict):
    message = (
        "发布后有标准问题会排后或查不到，还没有发布。请看清下面的影响：勾选“我已知晓”再发布，或先改内容。"
    )

    def __init__(self, effect: SearchEffect) -> None:
        super().__init__()
        self.effect = effect


def effect_of_draft(
    session: Session, article: Article | None, draft: ArticleDraft, *, at: datetime
) -> SearchEffect:
    """Return what the watched queries win and lose once agents read this instead of what they read now."""
    document = document_of(article, draft)
    try:
        effect = effect_of(session, document, limit=COUNTED, at=at)
    except EngineUnavailable:
        return SearchEffect(Effect(0, 0, (), frozenset({Degradation.ENGINE_UNAVAILABLE})))
    names = _names(session, (move.change.key for move in effect.moves), at)
    won, lost = (
        tuple(MovedQuery(move, _other(move, document.key, names)) for move in moves)
        for moves in (effect.won, effect.lost)
    )
    return SearchEffect(effect, won, lost)


def refuse_unseen_loss(
    session: Session, article: Article | None, draft: ArticleDraft, *, accepted: str, at: datetime
) -> None:
    """Let a publication pass that loses no golden query, or just those to which the editor agreed.

    :raises LosesGolden: if it loses others
    """
    effect = effect_of_draft(session, article, draft, at=at)
    if effect.effect.digest not in {"", accepted}:
        raise LosesGolden(effect)


def document_of(article: Article | None, draft: ArticleDraft) -> SearchDocument:
    """Return the draft as `kb.search_source` will show it to search once it is in force."""
    spoken = [script.text for script in draft.scripts if script.text]
    return SearchDocument(
        key=key_of(article.id) if article else NEW,
        title=draft.title,
        summary=draft.answer,
        body="\n".join(filter(None, [body_text_of(draft), *spoken, text_of(draft.internal_note)])),
        questions=tuple(draft.similar_questions),
        keywords=tuple(draft.keywords),
        codes=(*((article.code,) if article else ()), *draft.codes),
    )


def _other(move: Move, edited: DocumentKey, names: Mapping[DocumentKey, Named]) -> Named | None:
    key = move.change.key
    return names.get(key) if key and key != edited else None


def _names(session: Session, keys: Iterable[DocumentKey | None], at: datetime) -> dict[DocumentKey, Named]:
    ids = {UUID(key.id) for key in keys if key and key != NEW}
    wanted = (
        select(Article.id, Article.number, ArticleVersion.title)
        .join(Publication, col(Publication.article_id) == Article.id)
        .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
        .where(in_force(at), col(Article.id).in_(ids))
    )
    return {key_of(id_): Named(code_of(number), title) for id_, number, title in session.exec(wanted)}
