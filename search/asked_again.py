"""What was found for the same question a while ago, as long as nothing has changed that could change it."""

from dataclasses import replace

from search.engines.base import Engine
from search.hits import Hits
from search.query import SearchQuery
from search.recent import Recent
from search.recipes import EmbeddingRecipe

MOST_KEPT = 300

_kept = Recent[object, tuple[SearchQuery, Hits]](MOST_KEPT)


def moment_of(
    engine: Engine, query: SearchQuery, limit: int, recipe: EmbeddingRecipe | None
) -> object | None:
    """Return what has to be the same for a question to be answered as before, but for the question.

    None: nobody can tell for less than it costs to look.

    :raises EngineUnavailable: if there is nothing to look in
    """
    standing = None if query.of_another_day else engine.standing(query)
    return None if standing is None else (standing, query.text, limit, recipe)


def found_at(moment: object | None, query: SearchQuery) -> Hits | None:
    """Return what was found then for exactly this question, read by the same lexicon and weights."""
    known = _kept.get(moment) if moment else None
    return known[1] if known and replace(known[0], at=query.at) == query else None


def keep(moment: object | None, query: SearchQuery, hits: Hits) -> None:
    """Keep it if nothing was left out: what was slow or away for one must not be so for the next."""
    if moment and not hits.degradations:
        _kept.put(moment, (query, hits))
