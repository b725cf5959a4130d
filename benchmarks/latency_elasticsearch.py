"""The large centre on Elasticsearch: its index made once and kept, and the parts that only it has."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from benchmarks import fragments, hundred_thousand, msearch_beside, nearest, zhida_side
from benchmarks.elasticsearch_filling import MERGING, fill_with_centre, told
from benchmarks.kept_vectors import patient_vector
from benchmarks.large_centre import dots, kept, seconds
from benchmarks.on_elasticsearch import PREFIX, Place, disk_by_part, instead
from benchmarks.serving import client_of, serving
from core import clock
from core.settings import settings
from search import drift, embeddings, engines, indexing, meaning
from search.embeddings import Encoder
from search.encoder_worker import Vectors
from search.engines.embedded_folder import IndexFolder
from search.engines.embedded_vectors import VectorStore

JUDGED = 200
SEEN_TOGETHER = 50_000


def made_there(options: argparse.Namespace) -> tuple[Place, list[str]]:
    """Have the centre's index on the server, filled from the same vectors; say what that took."""
    place = Place(options.elasticsearch, f"{PREFIX}-{options.articles}-{hundred_thousand.mark()}")
    here = engines.engine().status().documents
    encoder = hundred_thousand.near_real(kept(options.cache), options.articles)
    with instead(place):
        if indexing.needs_rebuild():
            filled = fill_with_centre(place, encoder, quickly=True)
            filled.seconds[MERGING] = seconds(lambda: disk_by_part(place))
            lines = list(told(filled))
        else:
            lines = _mended(encoder, here)
        embeddings.forget()
    return place, lines


def _mended(encoder: Encoder, documents: int) -> list[str]:
    """Bring an index that was kept in step with the centre, which backfills may have changed."""
    status = engines.engine().status()
    if status.documents == documents and not status.meaning.pending:
        return []
    drift.check(clock.now())
    hundred_thousand.encode_all(encoder, lambda done: dots(done, 0))
    return ["the index on Elasticsearch was kept from before and brought in step"]


def beside_msearch(place: Place, token: str, texts: Sequence[str], warm_with: Sequence[str]) -> Iterator[str]:
    asked = list(msearch_beside.as_the_desk_reads(texts, clock.now()))
    with instead(place), serving(jobs=False) as address, client_of(address, token) as browser:
        fragments.warm(browser, warm_with)
        embeddings.forget()  # what was asked before is not to be remembered
        yield from msearch_beside.table(msearch_beside.compare(place, browser, asked))
    embeddings.forget()


def recall(place: Place) -> Iterator[str]:
    """Judge by the vectors that the embedded index keeps: both have the same."""
    encoder = meaning.encoder()
    assert encoder
    asked = [patient_vector(encoder, text) for text in islice(zhida_side.golden_queries(), JUDGED)]
    exact = nearest.Exact(asked)
    vectors = _vectors_that_hold(encoder.recipe.dimension, clock.now().timestamp())
    for start in range(0, len(vectors), SEEN_TOGETHER):
        exact.see(vectors[start : start + SEEN_TOGETHER])
    yield from nearest.table(place, asked, exact, len(vectors))


def _vectors_that_hold(dimension: int, at: float) -> Vectors:
    folder = IndexFolder(settings().data_dir / "index")
    current = folder.pointer().current
    assert current
    store = VectorStore(folder.path(current) / "vectors.sqlite3")
    vectors, owners = store.vectors_since(0, dimension)
    now = [one.id for one in store.changed_since(0) if nearest.holds(one.valid_from, one.valid_until, at)]
    store.close()
    return np.asarray(vectors.view[np.isin(owners, now)], np.float32)
