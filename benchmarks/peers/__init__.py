"""What Zhida is compared with: each library searches the same texts as it would be used out of the box."""

from collections.abc import Sequence
from typing import Protocol

from search.document import SearchDocument


class Peer(Protocol):
    """`name` is how the tables call it."""

    name: str

    def index(self, documents: Sequence[SearchDocument]) -> None: ...

    def ask(self, text: str, limit: int) -> list[str]:
        """Return the ids of what was found, best first."""
        ...


def whole(document: SearchDocument) -> str:
    """Return all that a document says as one text, for those that know no fields."""
    parts = (
        document.title,
        *document.questions,
        document.summary,
        document.body,
        *document.keywords,
        *document.codes,
    )
    return "\n".join(part for part in parts if part)
