"""One name for every way in which the parts beneath the embedded engine fail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from search.engines.base import EngineUnavailable


@contextmanager
def said_as_unavailable() -> Iterator[None]:
    """Give every failure of the parts beneath one name; tantivy panics outside `Exception`."""
    try:
        yield
    except (ValueError, OSError, sqlite3.Error) as error:
        raise EngineUnavailable from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise EngineUnavailable from error
        raise
