"""Both engines answer the golden questions of the sample centre alike, within a stated tolerance."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from search.embeddings import Asking
from search.engines.base import Engine
from search.engines.embedded import EmbeddedEngine
from search.evaluation import read_judged
from search.finder import find_in
from search.hits import Signal
from tests.search.library import fill, make_document, make_query
from tests.search.nodes import Centre, Nodes, centre_on, needs_elasticsearch
from tests.search.stand_ins import RECIPE, AskingLetters, LetterEncoder
from tests.search.test_evaluation import GOLDEN, sample_documents

pytestmark = needs_elasticsearch
TEXTS, QUERIES, DEEP = 3000, 40, 100


@pytest.fixture(scope="module")
def both(one_node: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    root = tmp_path_factory.mktemp("both")
    with centre_on(one_node, root) as centre:
        embedded, served = EmbeddedEngine(root / "index", RECIPE), centre.engine()
        for engine in (embedded, served):
            fill(engine, *sample_documents())
            while engine.encode_pending(LetterEncoder(), 500):
                pass
        yield embedded, served
        embedded.close()
        served.close()


def top_ten(engine: Engine, asking: Asking | None, text: str) -> list[str]:
    return [hit.key.id for hit in find_in(engine, asking, make_query(text), limit=10).ranked]


def alike(both: tuple[Engine, Engine], asking: Asking | None, texts: Sequence[str]) -> tuple[float, float]:
    """Return how often the first answer is the same, and how much of the ten first on average."""
    firsts, shares = [], []
    for text in texts:
        one, other = (top_ten(engine, asking, text) for engine in both)
        firsts.append(one[:1] == other[:1])
        shares.append(len(set(one) & set(other)) / max(len(one), len(other), 1) if one or other else 1.0)
    return float(np.mean(firsts)), float(np.mean(shares))


@pytest.mark.parametrize("asking", [None, AskingLetters(LetterEncoder())], ids=["words", "with meaning"])
def test_the_first_ten_are_the_same(both: tuple[Engine, Engine], asking: Asking | None) -> None:
    texts = sorted({one.query for one in read_judged(GOLDEN)})

    first, share = alike(both, asking, texts)

    print(f"same first answer {first:.3f}, of the first ten {share:.3f}")  # noqa: T201 - the figure itself
    assert first >= 0.98
    assert share >= 0.97


def test_the_nearest_are_those_of_an_exact_search(on_one_node: Centre) -> None:
    """Of the 100 exactly nearest, at least 0.98 are found."""
    served, letters = on_one_node.engine(), LetterEncoder()
    words = [one.query for one in read_judged(GOLDEN)]
    texts = sorted(
        {f"{words[n % len(words)]}{words[(n * 7 + n // len(words)) % len(words)]}" for n in range(TEXTS)}
    )
    fill(served, *(make_document(str(n), text) for n, text in enumerate(texts)))
    while served.encode_pending(letters, 1000):
        pass
    vectors = np.stack([letters.vector_of(text) for text in texts])

    recalls = []
    for text in words[:QUERIES]:
        vector = letters.vector_of(text)
        exact = {str(n) for n in np.argsort(-(vectors @ vector))[:DEEP]}
        found = served.match_meaning(make_query(text), vector, DEEP, made_by=RECIPE).by_signal[Signal.MEANING]
        recalls.append(len(exact & {hit.key.id for hit in found}) / DEEP)

    print(f"recall@{DEEP} {np.mean(recalls):.4f}")  # noqa: T201 - the figure itself
    assert np.mean(recalls) >= 0.98
    served.close()
