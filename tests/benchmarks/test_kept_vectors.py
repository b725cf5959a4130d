"""Vectors on disk: each text is encoded once, a refusal is remembered too, another recipe begins anew."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import kept_vectors
from benchmarks.kept_vectors import KeptVectors
from search.embeddings import MeaningUnavailable
from tests.search.stand_ins import AskingLetters, LetterEncoder


def test_a_text_is_encoded_once_and_a_refusal_stays_one(tmp_path: Path) -> None:
    asked: list[str] = []

    def make(texts: list[str]) -> list[np.ndarray | None]:
        asked.extend(texts)
        return [None if text == "坏" else np.array([len(text), 1], np.float32) for text in texts]

    KeptVectors(tmp_path / "v.sqlite3").of("e5", "passage", ["话费", "坏", "话费"], make)
    again = KeptVectors(tmp_path / "v.sqlite3").of("e5", "passage", ["坏", "话费", "漫游费"], make)

    assert asked == ["话费", "坏", "漫游费"]
    assert again[0] is None
    assert again[1] is not None
    assert again[1].tolist() == [2, 1]


def test_a_query_and_another_recipe_are_other_vectors(tmp_path: Path) -> None:
    kept = KeptVectors(tmp_path / "v.sqlite3")

    def one(texts: list[str]) -> list[np.ndarray | None]:
        return [np.ones(2, np.float32) for _ in texts]

    def two(texts: list[str]) -> list[np.ndarray | None]:
        return [np.zeros(2, np.float32) for _ in texts]

    kept.of("e5", "passage", ["话费"], one)

    for recipe, role in (("e5", "query"), ("bge", "passage")):
        (made,) = kept.of(recipe, role, ["话费"], two)
        assert made is not None
        assert made.tolist() == [0, 0]


def test_an_encoder_that_was_taken_for_dead_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_vectors, "PAUSES_SECONDS", (0.0, 0.0))
    letters = LetterEncoder()
    asking = AskingLetters(letters)
    asking.fails_with = MeaningUnavailable()
    monkeypatch.setattr(kept_vectors.time, "sleep", lambda _seconds: setattr(asking, "fails_with", None))

    vector = kept_vectors.patient_vector(asking, "话费")

    assert vector.tolist() == letters.vector_of("话费").tolist()
