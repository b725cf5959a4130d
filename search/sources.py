"""Who has documents, and how theirs reach the index."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from search.document import DocumentKey, Source
from search.engines.base import Writer
from search.lexicon import current

_sources: dict[str, Source] = {}


def introduce(name: str, source: Source) -> None:
    """Let the documents of this source be found."""
    _sources[name] = source


def introduced() -> Mapping[str, Source]:
    return _sources


def bring(
    writer: Writer, session: Session, keys: Sequence[DocumentKey], *, at: datetime, only: str | None = None
) -> int:
    """Index what should be found of one source's keys, remove the rest; return how many were indexed."""
    current.refresh()  # whoever writes later must also know the later words
    documents = _sources[keys[0].source].documents(session, [key.id for key in keys], at) if keys else {}
    writer.put(documents.values(), only=only)
    writer.remove([key for key in keys if key.id not in documents], only=only)
    return len(documents)
