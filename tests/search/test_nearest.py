"""The first, rough look over very many vectors loses next to nothing, and follows what changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from search.encoder_worker import Vectors
from search.engines import embedded_nearest
from search.engines.embedded import EmbeddedEngine
from search.engines.embedded_coarse import ROUGHLY_BEST, Coarse
from search.engines.embedded_growing import Growing
from search.hits import Signal
from tests.search.library import fill, ids_of, make_document, make_query, put, remove
from tests.search.stand_ins import RECIPE, LetterEncoder


def like_embeddings(count: int, seed: int) -> Vectors:
    """Unit vectors in a narrow cone, with directions that matter less and less, as those of e5 have."""
    dice = np.random.default_rng(seed)
    spread = 0.08 * (1 + np.arange(384) / 12) ** -0.7
    cone = np.random.default_rng(1).standard_normal(384)
    made = cone / np.linalg.norm(cone) + dice.standard_normal((count, 384)) * spread
    unit: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_the_rough_look_keeps_the_hundred_nearest() -> None:
    vectors, everybody = like_embeddings(80_000, seed=2), np.ones(80_000, np.bool_)
    coarse = Coarse(vectors)

    kept = []
    for query in like_embeddings(20, seed=3):
        rows = coarse.roughly_best(query, everybody, np.arange(80_000, dtype=np.int32))
        nearest = np.argsort(-(vectors @ query))[:100]
        kept.append(np.isin(nearest, rows).mean())
        assert len(rows) < 3 * ROUGHLY_BEST

    assert np.mean(kept) >= 0.98


@pytest.mark.parametrize("every", [1, 2, 4, 40])
def test_the_rough_look_returns_enough_and_nobody_who_is_not_allowed(every: int) -> None:
    vectors = like_embeddings(20_000, seed=2)
    allowed = np.zeros(20_001, np.bool_)  # the last stands for nobody
    allowed[:20_000:every] = True

    rows = Coarse(vectors).roughly_best(vectors[0], allowed, np.arange(20_000, dtype=np.int32))

    assert allowed[rows].all()
    assert len(rows) >= min(ROUGHLY_BEST // 2, 20_000 // every)


def test_what_is_added_later_is_looked_at_too() -> None:
    coarse = Coarse(like_embeddings(10_000, seed=2))
    late, everybody = like_embeddings(500, seed=5), np.ones(10_501, np.bool_)

    coarse.append(late)

    owners = np.arange(10_500, dtype=np.int32)
    assert 10_007 in coarse.roughly_best(late[7], everybody, owners)
    assert max(coarse.roughly_best(late[7], everybody, owners[:10_000])) < 10_000


def test_a_reader_keeps_what_it_saw_while_the_array_grows() -> None:
    growing = Growing(np.arange(3))
    seen = growing.view

    growing.append(np.arange(100))
    growing.append(np.arange(100))

    assert seen.tolist() == [0, 1, 2]
    assert len(growing.view) == 203


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedEngine]:
    """An engine that takes the rough look, and tidies up, from very few vectors on."""
    monkeypatch.setattr(embedded_nearest, "EXACT_ROWS", 20)
    monkeypatch.setattr(embedded_nearest, "GATHERED_DOCUMENTS", 5)
    engine = EmbeddedEngine(tmp_path / "index", RECIPE)
    fill(engine, *(make_document(str(n), f"第{n}号业务办理说明") for n in range(60)))
    while engine.encode_pending(LetterEncoder(), 100):
        pass
    yield engine
    engine.close()


def found(engine: EmbeddedEngine, text: str, **wish: object) -> list[str]:
    query = make_query(text, **wish)  # type: ignore[arg-type]  # passed on as they came
    return ids_of(
        engine.match_meaning(query, LetterEncoder().vector_of(text), 5, made_by=RECIPE), Signal.MEANING
    )


def test_beyond_the_exact_size_the_nearest_are_still_found(engine: EmbeddedEngine) -> None:
    assert found(engine, "第17号业务办理说明")[0] == "17"


def test_rounds_of_change_leave_neither_ghosts_nor_gaps(engine: EmbeddedEngine) -> None:
    letters = LetterEncoder()
    for round_ in range(4):
        put(engine, *(make_document(str(n), f"第{n}号业务第{round_}次修订") for n in range(0, 60, 2)))
        remove(engine, str(2 * round_ + 1))
        while engine.encode_pending(letters, 100):
            pass
        assert found(engine, f"第20号业务第{round_}次修订")[0] == "20"

    assert found(engine, "第3号业务办理说明")[0] != "3"
    assert found(engine, "第59号业务办理说明")[0] == "59"


def test_few_that_are_allowed_are_all_looked_at(engine: EmbeddedEngine) -> None:
    put(engine, *(make_document(f"o{n}", f"特批{n}", filters={"team": ("x",)}) for n in range(3)))
    while engine.encode_pending(LetterEncoder(), 100):
        pass

    assert set(found(engine, "第17号业务", filters={"team": {"x"}})) == {"o0", "o1", "o2"}
