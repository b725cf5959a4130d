"""Documents and queries of the tests."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from search.document import DocumentKey, SearchDocument
from search.engines.base import Engine, Matches
from search.hits import Signal
from search.query import SearchQuery, parse_query

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # as in conftest, which other processes need not load


def make_document(id_: str, title: str = "宽带移机", **fields: Any) -> SearchDocument:
    return SearchDocument(DocumentKey("kb", id_), title, **fields)


def make_query(
    text: str,
    *,
    at: datetime = MORNING,
    filters: Mapping[str, Collection[str]] | None = None,
    of_another_day: bool = False,
) -> SearchQuery:
    return replace(parse_query(text, at=at, filters=filters), of_another_day=of_another_day)


def fill(engine: Engine, *documents: SearchDocument) -> str:
    """Make these the whole index."""
    with engine.writing(wait=5) as writer:
        generation = writer.begin()
        writer.put(documents, only=generation)
        writer.switch(generation)
    return generation


def put(engine: Engine, *documents: SearchDocument) -> None:
    with engine.writing(wait=5) as writer:
        writer.put(documents)


def remove(engine: Engine, *ids: str) -> None:
    with engine.writing(wait=5) as writer:
        writer.remove([DocumentKey("kb", id_) for id_ in ids])


def ids_of(matches: Matches, signal: Signal) -> list[str]:
    return [hit.key.id for hit in matches.by_signal[signal]]


def by_words(engine: Engine, text: str, **wish: Any) -> list[str]:
    """Return the ids that share a word with the text, best first."""
    return ids_of(engine.match_words(make_query(text, **wish), 10), Signal.WORDS)
