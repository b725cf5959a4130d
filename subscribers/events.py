"""What others may want to hear of: news of subscribers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadMerged:
    """A file has changed the copy; every chunk of it is in."""

    load_id: int
    entity: str
    source: str
