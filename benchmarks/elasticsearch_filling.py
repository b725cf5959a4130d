"""An index in Elasticsearch filled with vectors that are there already, through the engine's own bulk."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from benchmarks import nearest, zhida_side
from benchmarks.on_elasticsearch import Place
from core import clock, database
from search.document import SearchDocument
from search.embeddings import Encoder
from search.encoder_worker import Vectors
from search.engines import elasticsearch_bulk as bulk
from search.engines.elasticsearch_bulk import Change
from search.engines.elasticsearch_cluster import Body
from search.engines.elasticsearch_entries import Entries
from search.engines.elasticsearch_indices import MEANING, WORDS, Indices

TOGETHER = 1000
READING, CUTTING, MAKING = "reading articles", "cutting words", "vectors made from real ones"
SENDING_WORDS, SENDING_TEXTS, OPENING = "sending words", "sending texts with vectors", "refresh and switch"
MERGING = "until merges had ended"
Entry = tuple[str, Body]
Seen = Callable[[Vectors], None]


@dataclass
class Filled:
    """How many, and the seconds of each step. What the server merges in the background is not in them."""

    documents: int = 0
    texts: int = 0
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def timing(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[step] += time.perf_counter() - began


@dataclass(frozen=True)
class Prepared:
    """What is written of some documents, by id, in each part."""

    words: list[Entry]
    texts: list[Entry]


def fill_with_centre(
    place: Place, encoder: Encoder, seen: Seen = lambda _vectors: None, *, quickly: bool = False
) -> Filled:
    """Index what the centre has; `seen` is shown every vector that a search may find now."""
    with database.reading() as session:
        documents = zhida_side.documents_of_centre(session, clock.now())
        return fill(place, encoder, documents, seen, quickly=quickly)


def fill(
    place: Place,
    encoder: Encoder,
    documents: Iterable[SearchDocument],
    seen: Seen = lambda _vectors: None,
    *,
    quickly: bool = False,
) -> Filled:
    """Write a new generation and have it searched, as a rebuild does that need not encode.

    `quickly`: nothing can be found before the end, which spares the server many small segments.
    """
    cluster, filled = place.cluster(), Filled()
    indices = Indices(cluster)
    generation = indices.make(encoder.recipe)
    names = [indices.index(part, generation) for part in (WORDS, MEANING)]
    if quickly:
        cluster.patient.indices.put_settings(index=names, settings={"refresh_interval": "-1"})
    for some in _read(documents, filled):
        prepared = prepare(some, encoder, filled, seen)
        with filled.timing(SENDING_TEXTS):
            bulk.send(cluster, changes(prepared.texts, indices.write(MEANING, generation)))
        with filled.timing(SENDING_WORDS):
            bulk.send(cluster, changes(prepared.words, indices.write(WORDS, generation)))
        filled.documents += len(prepared.words)
        filled.texts += len(prepared.texts)
    with filled.timing(OPENING):
        cluster.patient.indices.put_settings(index=names, settings={"refresh_interval": "1s"})
        cluster.refresh(names)
        indices.switch(indices.standing(), generation)
    indices.sweep([generation])
    cluster.close()
    return filled


def prepare(
    documents: Sequence[SearchDocument], encoder: Encoder, filled: Filled, seen: Seen = lambda _vectors: None
) -> Prepared:
    with filled.timing(CUTTING):
        entries = [Entries(document, zhida_side.words) for document in documents]
        words = [(str(one.key), one.of_words(with_texts=True)) for one in entries]
    with filled.timing(MAKING):
        asked = [(one, hash_) for one in entries for hash_ in one.texts]
        made = encoder.passages([one.texts[hash_] for one, hash_ in asked])
    at = clock.now().timestamp()
    found_now = [
        vector
        for (one, _), vector in zip(asked, made, strict=True)
        if vector is not None and _holds(one.document, at)
    ]
    if found_now:
        seen(np.stack(found_now))
    with filled.timing(SENDING_TEXTS):
        texts = [
            (one.id_of(hash_), one.of_text(hash_, vector))
            for (one, hash_), vector in zip(asked, made, strict=True)
        ]
    return Prepared(words, texts)


def changes(entries: Iterable[Entry], alias: str) -> Iterator[Change]:
    return (bulk.put(alias, id_, entry) for id_, entry in entries)


def _holds(document: SearchDocument, at: float) -> bool:
    begins, until = (one.timestamp() if one else None for one in (document.valid_from, document.valid_until))
    return nearest.holds(begins, until, at)


def _read(documents: Iterable[SearchDocument], filled: Filled) -> Iterator[list[SearchDocument]]:
    waiting = iter(documents)
    while True:
        with filled.timing(READING):
            some = list(islice(waiting, TOGETHER))
        if not some:
            return
        yield some


def told(filled: Filled) -> Iterator[str]:
    """Say what each step took; the server goes on merging afterwards."""
    yield f"Elasticsearch: {filled.documents:,} documents, {filled.texts:,} texts with vectors"
    for step, seconds in filled.seconds.items():
        yield f"Elasticsearch, {step}: {seconds:.0f} s"
