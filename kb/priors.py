"""What speaks for an article whatever was asked: taken up by agents, new, promoted by an editor."""

from collections.abc import Collection, Mapping
from datetime import datetime
from math import exp
from uuid import UUID

from sqlmodel import Session

from kb.adoption import weights
from kb.reading import ArticleCard
from kb.search_source import key_of
from search.document import DocumentKey
from search.query import SearchQuery
from search.ranking import Prior

FADES_IN_DAYS = 180.0


def priors_of(
    session: Session,
    cards: Mapping[UUID, ArticleCard],
    query: SearchQuery,
    *,
    close: Collection[UUID] = (),
    at: datetime,
) -> dict[DocumentKey, Prior]:
    """Return the priors of what was found; adoption is measured against the most adopted of them.

    `close`: which of them were written for just this caller.
    """
    known = weights()
    adopted = {id_: known.get(id_, 0.0) for id_ in cards}
    most = max(adopted.values(), default=0.0) or 1.0
    promoted = {pin.key for pin in query.pins if pin.is_promotion}
    return {
        key_of(id_): Prior(
            adoption=adopted[id_] / most,
            freshness=_freshness(card, at),
            closeness=float(id_ in close),
            is_promoted=key_of(id_) in promoted,
        )
        for id_, card in cards.items()
    }


def _freshness(card: ArticleCard, at: datetime) -> float:
    return exp(-max(0, (at - card.effective_from).days) / FADES_IN_DAYS)
