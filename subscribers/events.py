"""What others may want to hear of: news of subscribers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadMerged:
    """A file has changed the copy; every chunk of it is in."""

    load_id: int
    entity: str
    source: str


@dataclass(frozen=True)
class LoadUndone:
    """What a file changed was taken back, but for the rows that somebody needs as they are."""

    load_id: int
    entity: str
    source: str
