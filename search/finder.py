"""One question, one ranked answer, whatever is working today."""

from enum import StrEnum

from search import embeddings, engines
from search.embeddings import Awaited, MeaningSlow, MeaningUnavailable
from search.engines.base import Engine, EngineUnavailable, Matches, RecipeDiffers
from search.hits import Degradation, Hits
from search.query import SearchQuery
from search.ranking import fuse

CANDIDATES = 100


class Mode(StrEnum):
    """WORDS: as the agent types. HYBRID: words and meaning, once the query has settled."""

    WORDS = "words"
    HYBRID = "hybrid"


def find(query: SearchQuery, *, limit: int, mode: Mode = Mode.HYBRID) -> Hits:
    """Return at most `limit` keys, best first, and what could not be used to find them."""
    if query.is_empty:
        return Hits()
    awaited, degradations = _ask(query) if mode is Mode.HYBRID else (None, set())
    engine, candidates = engines.engine(), max(limit, CANDIDATES)
    try:
        matches = engine.match_words(query, candidates)
        if awaited is not None:
            matches |= _by_meaning(engine, query, awaited, candidates, degradations)
        ranked = fuse(matches.by_signal)
    except EngineUnavailable:
        return Hits(degradations=frozenset({Degradation.ENGINE_UNAVAILABLE}))
    if matches.catching_up:
        degradations.add(Degradation.MEANING_CATCHING_UP)
    return Hits(tuple(ranked[:limit]), frozenset(degradations))


def _ask(query: SearchQuery) -> tuple[Awaited | None, set[Degradation]]:
    """Let the encoder begin, so that it works while the words are looked up."""
    encoder = embeddings.query_encoder()
    return (encoder.ask(query.asked), set()) if encoder else (None, set())


def _by_meaning(
    engine: Engine, query: SearchQuery, awaited: Awaited, candidates: int, degradations: set[Degradation]
) -> Matches:
    try:
        return engine.match_meaning(query, awaited.vector(), candidates)
    except MeaningSlow:
        degradations.add(Degradation.MEANING_SLOW)
    except (MeaningUnavailable, RecipeDiffers):
        degradations.add(Degradation.MEANING_UNAVAILABLE)
    return Matches()
