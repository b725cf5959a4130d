"""The best of what was found in a closer order, where a reranker is configured."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from kb.reading import ArticleCard
from search import reranking
from search.document import DocumentKey
from search.hits import Degradation, Hit, Signal
from search.query import SearchQuery
from search.ranking import NO_PRIOR, Prior
from search.reranking import RerankingSlow, RerankingUnavailable

MOST = 20
EXACT = 0.5

Cards = Mapping[UUID, ArticleCard]


def look_closer(
    query: SearchQuery, ranked: Sequence[Hit], cards: Cards, priors: Mapping[DocumentKey, Prior]
) -> tuple[list[Hit], frozenset[Degradation]]:
    """Return the hits with the best anew in order, and why they are not, if that could not be had.

    What is pinned stays first, then what has the very code that was asked for. The rest of the best stand by
    how probable it is that they answer the question, with the same priors added as before.
    """
    reranker = reranking.reranker() if query.configuration.with_reranker else None
    best = [hit for hit in ranked if UUID(hit.key.id) in cards][:MOST]
    pinned = {pin.key for pin in query.pins if not pin.is_promotion}
    first = [hit for hit in best if hit.key in pinned]
    exact = [hit for hit in best if hit.key not in pinned and hit.why.get(Signal.CODES, 0.0) >= EXACT]
    rest = [hit for hit in best if hit not in first and hit not in exact]
    if reranker is None or len(rest) < 2:
        return list(ranked), frozenset()
    try:
        found = reranker.probabilities(query.asked, [_said(cards[UUID(hit.key.id)]) for hit in rest])
    except RerankingSlow:
        return list(ranked), frozenset({Degradation.RERANKING_SLOW})
    except RerankingUnavailable:
        return list(ranked), frozenset({Degradation.RERANKING_UNAVAILABLE})
    scores = {
        hit.key: probability + priors.get(hit.key, NO_PRIOR).worth(query.configuration)
        for hit, probability in zip(rest, found, strict=True)
    }
    rest.sort(key=lambda hit: -scores[hit.key])
    seen = {hit.key for hit in best}
    return [*first, *exact, *rest, *(hit for hit in ranked if hit.key not in seen)], frozenset()


def without(query: SearchQuery) -> SearchQuery:
    """Return the query of somebody who is typing or only counts, and does not wait for the order."""
    return replace(query, configuration=replace(query.configuration, with_reranker=False))


def _said(card: ArticleCard) -> str:
    return f"{card.title} {card.answer}"
