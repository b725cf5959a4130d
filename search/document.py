"""What a domain hands in to be found."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, Protocol

from sqlmodel import Session

ANY = "*"


class DocumentKey(NamedTuple):  # a search looks hundreds of them up, which a tuple's own hash bears
    source: str
    id: str

    def __str__(self) -> str:
        return f"{self.source}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "DocumentKey":
        source, _, id_ = text.partition("/")
        return cls(source, id_)


@dataclass(frozen=True)
class SearchDocument:
    """Plain text in, whatever its home. A filter whose values contain `ANY` matches every wish.

    `codes` are what the document is about (a plan's code, an error number), not every number in its text.
    It holds from `valid_from` until just before `valid_until`. One that is `of_another_day` has ended or has
    not begun: only a query for another day finds it, and no other one pays for its being there.
    """

    key: DocumentKey
    title: str
    summary: str = ""
    body: str = ""
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    of_another_day: bool = False

    @property
    def digest(self) -> str:
        """Return what differs as soon as anything that is indexed does."""
        said = asdict(self) | {"filters": {name: sorted(values) for name, values in self.filters.items()}}
        told = json.dumps(said, sort_keys=True, default=str)
        return blake2b(told.encode(), digest_size=12).hexdigest()


class Source(Protocol):
    """How a domain shows its documents to search."""

    def ids(self, session: Session) -> Iterator[str]:
        """Yield, in order, the id of everything that should be found now."""
        ...

    def documents(self, session: Session, ids: Sequence[str], at: datetime) -> dict[str, SearchDocument]:
        """Return the documents by id; an id that is missing should not be found."""
        ...
