"""The vectors of the embedded index: which texts each document has, encoded or still waiting."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from search.document import DocumentKey, SearchDocument
from search.encoder_worker import Vectors
from search.engines.base import Progress
from search.engines.embedded_failures import said_as_unavailable
from search.engines.embedded_growing import Growing
from search.passages import passages_of
from search.recipes import EmbeddingRecipe, read, written

Owners = npt.NDArray[np.int32]
NO_RECIPE = "none"
REFUSED = b""  # in place of a vector: the encoder cannot bear this text
BUSY_SECONDS = 10
READ_AT_ONCE = 2000

_TABLES = """
CREATE TABLE document (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, filters TEXT NOT NULL,
    digest TEXT NOT NULL, valid_from REAL, valid_until REAL,
    removed INTEGER NOT NULL DEFAULT 0, change INTEGER NOT NULL
);
CREATE INDEX document_change ON document (change);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document (id),
    hash BLOB NOT NULL, text TEXT, vector BLOB, change INTEGER NOT NULL
);
CREATE INDEX passage_document ON passage (document);
CREATE INDEX passage_hash ON passage (hash);
CREATE INDEX passage_pending ON passage (change) WHERE vector IS NULL;
CREATE TABLE recipe (fingerprint TEXT NOT NULL, written TEXT NOT NULL);
"""

_PUT = (
    "INSERT INTO document (key, digest, filters, valid_from, valid_until, change) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET removed = 0, digest = excluded.digest, filters = excluded.filters,"
    " valid_from = excluded.valid_from, valid_until = excluded.valid_until, change = excluded.change"
    " RETURNING id"
)
_KNOWN = "SELECT hash, vector FROM passage WHERE hash IN ({}) AND vector IS NOT NULL"
_ENCODED = "UPDATE passage SET vector = ?, text = NULL WHERE hash = ? AND vector IS NULL"
_ANNOUNCE_ENCODED = (
    "UPDATE document SET change = ? WHERE id IN"
    " (SELECT document FROM passage WHERE hash = ? AND vector IS NULL)"
)
_ADOPT = """
UPDATE passage SET text = NULL, vector = (
    SELECT o.vector FROM other.passage AS o WHERE o.hash = passage.hash AND o.vector IS NOT NULL LIMIT 1)
WHERE vector IS NULL AND change >= ? AND EXISTS (
    SELECT 1 FROM other.passage AS o WHERE o.hash = passage.hash AND o.vector IS NOT NULL)
"""
_ANNOUNCE_ADOPTED = """
UPDATE document SET change = ? WHERE id IN (
    SELECT document FROM passage WHERE vector IS NULL AND change >= ? AND EXISTS (
        SELECT 1 FROM other.passage AS o WHERE o.hash = passage.hash AND o.vector IS NOT NULL))
"""
_CHANGED = (
    "SELECT id, key, filters, valid_from, valid_until, removed, change FROM document"
    " WHERE change > ? ORDER BY change"
)
_ALL_VECTORS = "SELECT document, vector FROM passage WHERE length(vector) = ?"
_VECTORS = (
    "SELECT document, vector FROM document JOIN passage ON passage.document = document.id"
    " WHERE document.change > ? AND length(vector) = ?"
)


@dataclass(frozen=True)
class Pending:
    """A text that waits for its vector."""

    hash: bytes
    text: str


@dataclass(frozen=True)
class ChangedDocument:
    """A document as a reader must now know it."""

    id: int
    key: DocumentKey
    filters: Mapping[str, frozenset[str]]
    valid_from: float | None
    valid_until: float | None
    removed: bool
    change: int


def create(path: Path, recipe: EmbeddingRecipe | None) -> None:
    with said_as_unavailable(), closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.executescript(_TABLES)
        made.execute("INSERT INTO recipe VALUES (?, ?)", (fingerprint_of(recipe), written(recipe)))


def fingerprint_of(recipe: EmbeddingRecipe | None) -> str:
    return recipe.fingerprint if recipe else NO_RECIPE


class VectorStore:
    """One SQLite file. Writers come one at a time; readers follow the growing change number."""

    def __init__(self, path: Path) -> None:
        with said_as_unavailable():
            self._db = sqlite3.connect(
                f"file:{path}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        self._db.close()

    @property
    def fingerprint(self) -> str:
        return str(self._one("SELECT fingerprint FROM recipe"))

    @property
    def recipe(self) -> EmbeddingRecipe | None:
        return read(self._one("SELECT written FROM recipe"))

    def put(self, documents: Iterable[SearchDocument], *, known: Path | None = None) -> list[int]:
        """Record documents; texts that are known here or in `known` keep their vectors, the others wait.

        Return their numbers. A document keeps its number however often it changes.
        """
        encoded = self.fingerprint != NO_RECIPE
        with self._writing() as change:
            numbers = [
                self._put(document, change, passages_of(document) if encoded else [])
                for document in documents
            ]
        if known is not None:
            self.adopt(known, since=change)
        return numbers

    def remove(self, keys: Iterable[DocumentKey]) -> None:
        """Forget documents. Their rows stay as a sign for the readers that follow."""
        with self._writing() as change:
            for key in keys:
                gone = "UPDATE document SET removed = 1, change = ? WHERE key = ? RETURNING id"
                for (id_,) in self._execute(gone, change, str(key)).fetchall():
                    self._execute("DELETE FROM passage WHERE document = ?", id_)

    def adopt(self, other: Path, *, since: int = 0) -> None:
        """Take over what another generation of the same recipe has encoded."""
        self._execute("ATTACH DATABASE ? AS other", f"file:{other}?mode=ro")
        try:
            with self._writing() as change:
                self._execute(_ANNOUNCE_ADOPTED, change, since)
                self._execute(_ADOPT, since)
        finally:
            self._execute("DETACH DATABASE other")

    def pending(self, most: int) -> list[Pending]:
        """Return texts without a vector, those of the latest change first."""
        latest = "SELECT hash, text FROM passage WHERE vector IS NULL ORDER BY change DESC, id LIMIT ?"
        rows = self._execute(latest, most)
        return list({hash_: Pending(hash_, text) for hash_, text in rows}.values())

    def encoded(self, vectors: Mapping[bytes, Vectors | None]) -> None:
        """Keep what was encoded, wherever that text still waits; None marks a text that cannot be."""
        with self._writing() as change:
            for hash_, vector in vectors.items():
                blob = REFUSED if vector is None else vector.astype("<f4").tobytes()
                self._execute(_ANNOUNCE_ENCODED, change, hash_)
                self._execute(_ENCODED, blob, hash_)

    def known(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those texts that are encoded."""
        hashes = {_hash(text): text for text in texts}
        rows = self._execute(_KNOWN.format(",".join("?" * len(hashes))), *hashes)
        return {hashes[hash_]: np.frombuffer(blob, "<f4") for hash_, blob in rows if blob != REFUSED}

    def progress(self) -> Progress:
        total = self._one("SELECT count(*) FROM passage")
        waiting = self._one("SELECT count(*) FROM passage WHERE vector IS NULL")
        return Progress(total - waiting, total)

    def documents(self) -> int:
        return int(self._one("SELECT count(*) FROM document WHERE NOT removed"))

    def digests(self) -> dict[DocumentKey, str]:
        rows = self._execute("SELECT key, digest FROM document WHERE NOT removed")
        return {DocumentKey.parse(key): digest for key, digest in rows}

    def version(self) -> int:
        """Return a number that differs when another connection has written."""
        return int(self._one("PRAGMA data_version"))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold still: what is read inside belongs to one moment."""
        self._execute("BEGIN")
        with self._db:
            yield

    def changed_since(self, change: int) -> list[ChangedDocument]:
        rows = self._execute(_CHANGED, change)
        return [
            ChangedDocument(
                id_, DocumentKey.parse(key), _filters(filters), begin, until, bool(removed), changed
            )
            for id_, key, filters, begin, until, removed, changed in rows
        ]

    def vectors_since(self, change: int, dimension: int) -> tuple[Growing, Owners]:
        """Return the vectors of all changed documents, and beside each the id of its document."""
        size = 4 * dimension
        rows = self._execute(_VECTORS, change, size) if change else self._execute(_ALL_VECTORS, size)
        room = 0 if change else int(self._one("SELECT count(*) FROM passage"))
        owners, vectors = [np.empty(0, np.int32)], Growing(np.empty((0, dimension), np.float32), room)
        while some := rows.fetchmany(READ_AT_ONCE):
            owners.append(np.array([owner for owner, _ in some], np.int32))
            joined = np.frombuffer(b"".join(blob for _, blob in some), "<f4")
            vectors.append(joined.reshape(len(some), dimension))
        return vectors, np.concatenate(owners)

    def waiting(self, at_most: int) -> int:
        """Count the texts that wait, but no further than `at_most`."""
        some = "SELECT count(*) FROM (SELECT 1 FROM passage WHERE vector IS NULL LIMIT ?)"
        return int(self._one(some, at_most))

    def _put(self, document: SearchDocument, change: int, texts: Sequence[str]) -> int:
        hashes = list(map(_hash, texts))
        known = dict(self._execute(_KNOWN.format(",".join("?" * len(hashes))), *hashes))
        holds = [
            moment.timestamp() if moment else None for moment in (document.valid_from, document.valid_until)
        ]
        filters = json.dumps({name: sorted(values) for name, values in document.filters.items()})
        id_ = int(self._one(_PUT, str(document.key), document.digest, filters, *holds, change))
        self._execute("DELETE FROM passage WHERE document = ?", id_)
        for hash_, text in zip(hashes, texts, strict=True):
            vector = known.get(hash_)
            waiting = text if vector is None else None
            self._execute(
                "INSERT INTO passage (document, hash, text, vector, change) VALUES (?, ?, ?, ?, ?)",
                *(id_, hash_, waiting, vector, change),
            )
        return id_

    @contextmanager
    def _writing(self) -> Iterator[int]:
        self._execute("BEGIN IMMEDIATE")
        with self._db:
            yield int(self._one("SELECT coalesce(max(change), 0) + 1 FROM document"))

    def _one(self, sql: str, *values: object) -> Any:
        return self._execute(sql, *values).fetchone()[0]

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        with said_as_unavailable():
            return self._db.execute(sql, values)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


@lru_cache(maxsize=10_000)
def _filters(kept: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(values) for name, values in json.loads(kept).items()}
