"""SQLite's own full text: as it comes (unicode61), and by three characters (trigram)."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.peers import whole
from search.document import SearchDocument

TRIGRAM = 3
_RUN = re.compile(r"[^\W_]+")


class Fts5:
    """A query is the OR of its tokens, ranked by SQLite's bm25()."""

    def __init__(self, tokenizer: str, path: Path | None = None) -> None:
        self.name, self._tokenizer = f"SQLite FTS5, {tokenizer}", tokenizer
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)

    def index(self, documents: Sequence[SearchDocument]) -> None:
        self._db.execute(
            f"CREATE VIRTUAL TABLE document USING fts5(id UNINDEXED, said, tokenize='{self._tokenizer}')"
        )
        self._db.execute("BEGIN")
        rows = ((document.key.id, whole(document).replace("\0", " ")) for document in documents)
        self._db.executemany("INSERT INTO document VALUES (?, ?)", rows)
        self._db.execute("COMMIT")

    def ask(self, text: str, limit: int) -> list[str]:
        tokens = trigrams(text) if self._tokenizer == "trigram" else runs(text)
        if not tokens:
            return []
        found = "SELECT id FROM document WHERE document MATCH ? ORDER BY rank LIMIT ?"
        return [id_ for (id_,) in self._db.execute(found, (any_of(tokens), limit))]


def runs(text: str) -> list[str]:
    return list(dict.fromkeys(_RUN.findall(text)))


def trigrams(text: str) -> list[str]:
    """Return each three neighbours. A run of one or two characters has none: it cannot be looked up."""
    ends = ((run, end) for run in runs(text) for end in range(TRIGRAM, len(run) + 1))
    return list(dict.fromkeys(run[end - TRIGRAM : end] for run, end in ends))


def any_of(tokens: Iterable[str]) -> str:
    """Return an FTS5 query that no text can break: each token is a quoted string."""
    return " OR ".join('"' + token.replace('"', '""') + '"' for token in tokens)
