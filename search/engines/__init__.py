"""The engine in use."""

from functools import cache

from core.settings import settings
from search import models
from search.engines.base import Engine
from search.engines.embedded import EmbeddedEngine
from search.lexicon import current as lexicon


@cache
def engine() -> Engine:
    return EmbeddedEngine(settings().data_dir / "index", models.chosen(), _words)


def _words(text: str) -> list[str]:
    return lexicon.current().cutter.words(text)


def forget() -> None:
    """Close it, so that the next use opens one under the settings of then."""
    if engine.cache_info().currsize:
        engine().close()
    engine.cache_clear()
