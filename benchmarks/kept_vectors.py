"""An encoder whose vectors are kept on disk, because 15,000 texts take minutes and never change."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from search.embeddings import Asking, Awaited, Encoder, MeaningSlow, MeaningUnavailable
from search.encoder_worker import Vectors
from search.recipes import EmbeddingRecipe

_TABLE = (
    "CREATE TABLE IF NOT EXISTS kept (recipe TEXT, role TEXT, said TEXT, vector BLOB,"
    " PRIMARY KEY (recipe, role, said)) WITHOUT ROWID"
)
Made = Vectors | None
PATIENT_SECONDS = 30.0
PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)


class KeptVectors:
    """One SQLite file for any number of recipes; a passage and a query of the same text differ."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(_TABLE)

    def of(
        self, recipe: str, role: str, texts: Sequence[str], make: Callable[[list[str]], list[Made]]
    ) -> list[Made]:
        """Return a vector for each text, making those that are not kept yet."""
        known = {text: vector for text in texts if (vector := self._read(recipe, role, text))}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= {text: (made,) for text, made in zip(missing, make(missing), strict=True)}
            rows = [(recipe, role, text, _blob(known[text][0])) for text in missing]
            self._db.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", rows)
        return [known[text][0] for text in texts]

    def _read(self, recipe: str, role: str, text: str) -> tuple[Made] | None:
        asked = "SELECT vector FROM kept WHERE recipe = ? AND role = ? AND said = ?"
        row = self._db.execute(asked, (recipe, role, text)).fetchone()
        return row and (np.frombuffer(row[0], "<f4") if row[0] else None,)


class KeptPassages:
    def __init__(self, kept: KeptVectors, encoder: Encoder) -> None:
        self._kept, self._encoder = kept, encoder

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._encoder.recipe

    def passages(self, texts: Sequence[str]) -> list[Made]:
        return self._kept.of(self.recipe.fingerprint, "passage", texts, self._encoder.passages)


class KeptQueries:
    """Nobody waits here, so a query is encoded at once, however long that takes."""

    def __init__(self, kept: KeptVectors, asking: Asking, recipe: EmbeddingRecipe) -> None:
        self._kept, self._asking, self._recipe = kept, asking, recipe

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._recipe

    def ask(self, text: str, *, budget: float = PATIENT_SECONDS) -> Awaited:
        """Return a vector that is there already; `budget` is a person's, and none is waiting."""

        def make(texts: list[str]) -> list[Made]:
            return [patient_vector(self._asking, one, budget=max(budget, PATIENT_SECONDS)) for one in texts]

        (vector,) = self._kept.of(self._recipe.fingerprint, "query", [text], make)
        assert vector is not None
        return _There(vector)


def patient_vector(asking: Asking, text: str, *, budget: float = PATIENT_SECONDS) -> Vectors:
    """Ask again when the encoder was taken for dead, which it is not on a machine that is merely busy."""
    for pause in PAUSES_SECONDS:
        try:
            return asking.ask(text, budget=budget).vector()
        except (MeaningSlow, MeaningUnavailable):
            time.sleep(pause)
    return asking.ask(text, budget=budget).vector()


class _There:
    def __init__(self, vector: Vectors) -> None:
        self._vector = vector

    def vector(self) -> Vectors:
        return self._vector


def _blob(vector: Made) -> bytes:
    return b"" if vector is None else vector.astype("<f4").tobytes()
