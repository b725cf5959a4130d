"""Vectors on disk: each text is encoded once, a refusal is remembered too, another recipe begins anew."""

from pathlib import Path

import numpy as np

from benchmarks.kept_vectors import KeptVectors


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
