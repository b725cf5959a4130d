"""One question, one ranked answer, whatever is working today."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from search import asked_again, engines, meaning
from search.configuration import Configuration
from search.embeddings import Asking, Awaited, MeaningSlow, MeaningUnavailable, ModelMissing
from search.engines.base import Engine, EngineUnavailable, Matches, RecipeDiffers
from search.floor import LOOKED_INTO, evidence, is_an_answer, is_fitted_for
from search.hits import Degradation, Hit, Hits, Signal
from search.query import SearchQuery, parse_query
from search.ranking import fuse
from search.recipes import EmbeddingRecipe
from search.understanding import Understanding

CANDIDATES = 100
PATIENT_SECONDS = 30.0


class Mode(StrEnum):
    """WORDS: as the agent types. HYBRID: words and meaning, once the query has settled."""

    WORDS = "words"
    HYBRID = "hybrid"


def find(query: SearchQuery, *, limit: int, mode: Mode = Mode.HYBRID) -> Hits:
    """Return at most `limit` keys, best first, and what could not be used to find them."""
    if query.is_empty:
        return Hits()
    with_meaning = mode is Mode.HYBRID and query.configuration.with_meaning
    encoder = meaning.encoder() if with_meaning else None
    return find_in(engines.engine(), encoder, query, limit=limit)


def find_in(engine: Engine, encoder: Asking | None, query: SearchQuery, *, limit: int) -> Hits:
    """Find with this engine, by words alone if there is no encoder."""
    recipe = encoder.recipe if encoder else None
    try:
        moment = asked_again.moment_of(engine, query, limit, recipe)
        known = asked_again.found_at(moment, query)
        if known is None:
            known = _find_anew(engine, encoder, query, limit)
            asked_again.keep(moment, query, known)
    except EngineUnavailable:
        return Hits(degradations=frozenset({Degradation.ENGINE_UNAVAILABLE}))
    return known


def _find_anew(engine: Engine, encoder: Asking | None, query: SearchQuery, limit: int) -> Hits:
    asked = _Asked(encoder.recipe, encoder.ask(query.asked)) if encoder else None  # while words are looked up
    degradations: set[Degradation] = set()
    candidates = max(limit, CANDIDATES) if encoder else limit
    matches = _matches(engine, query, asked, candidates, degradations)
    ranked = _above_the_floor(engine, query, matches, encoder.recipe if encoder else None)
    if matches.catching_up:
        degradations.add(Degradation.MEANING_CATCHING_UP)
    return Hits(tuple(ranked[:limit]), frozenset(degradations))


def await_meaning(text: str, reading: Understanding, *, at: datetime) -> None:
    """Have the vector of a question made, however long it takes, so that a search for it need not wait.

    For judging: what a busy machine leaves out must not count against the ranking.
    """
    query = parse_query(text, at=at, understanding=reading)
    encoder = meaning.encoder() if query.configuration.with_meaning else None
    if encoder and not query.is_empty:
        try:
            encoder.ask(query.asked, budget=PATIENT_SECONDS).vector()
        except (MeaningSlow, MeaningUnavailable):
            return  # the search will say that it had to do without


@dataclass(frozen=True)
class _Asked:
    """A vector that is being made, and by which recipe."""

    made_by: EmbeddingRecipe
    awaited: Awaited


def _matches(
    engine: Engine, query: SearchQuery, asked: _Asked | None, limit: int, degradations: set[Degradation]
) -> Matches:
    """Look up the words while the vector is made, unless the engine answers both at once for less."""
    if asked is None:
        return engine.match_words(query, limit)
    if engine.in_one_trip:
        both = _with_vector(engine.match, query, asked, limit, degradations)
        return engine.match_words(query, limit) if both is None else both
    words = engine.match_words(query, limit)
    near = _with_vector(engine.match_meaning, query, asked, limit, degradations)
    return words if near is None else words | near


def _with_vector(
    match: Callable[..., Matches],
    query: SearchQuery,
    asked: _Asked,
    limit: int,
    degradations: set[Degradation],
) -> Matches | None:
    try:
        return match(query, asked.awaited.vector(), limit, made_by=asked.made_by)
    except MeaningSlow:
        degradations.add(Degradation.MEANING_SLOW)
    except ModelMissing:
        degradations.add(Degradation.MODEL_MISSING)
    except (MeaningUnavailable, RecipeDiffers):
        degradations.add(Degradation.MEANING_UNAVAILABLE)
    return None


def _above_the_floor(
    engine: Engine, query: SearchQuery, matches: Matches, recipe: EmbeddingRecipe | None
) -> list[Hit]:
    ranked = fuse(matches.by_signal, _weighed(query.configuration, matches.encoded))
    if not (is_fitted_for(recipe) and _is_judged(query, matches)):
        return ranked  # words that are found are an answer, or the beginning of one
    likely = [hit.key for hit in ranked[:LOOKED_INTO]]
    shares = engine.share_found(query, likely)
    seen = evidence(matches, [shares.get(key, 0.0) for key in likely], query.wordings[0])
    return ranked if is_an_answer(seen, query.configuration.floor) else []


def _is_judged(query: SearchQuery, matches: Matches) -> bool:
    """Tell whether meaning was asked and knows enough to say that there is no answer."""
    knows = not (matches.catching_up and matches.by_signal.get(Signal.WORDS))
    return knows and bool(matches.by_signal.get(Signal.MEANING)) and not query.phrases


def _weighed(chosen: Configuration, encoded: float) -> Configuration:
    """Let meaning say as much as it knows: else the few that have a vector would come first."""
    return chosen if encoded == 1.0 else replace(chosen, meaning=encoded * chosen.meaning)
