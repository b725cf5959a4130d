"""How fast our bulk writes, beside the bulk helper of the plain client, with vectors made beforehand."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from statistics import median
from typing import Any
from uuid import uuid4

from elasticsearch.helpers import bulk as bare_bulk

from benchmarks import elasticsearch_filling, zhida_side
from benchmarks.batches import batches
from benchmarks.elasticsearch_filling import Filled, Prepared, changes, prepare
from benchmarks.large_centre import seconds
from benchmarks.on_elasticsearch import PREFIX, Place, await_merges, borrowed
from core import clock, database
from search.document import SearchDocument
from search.embeddings import Encoder
from search.engines import elasticsearch_bulk as bulk
from search.engines.elasticsearch_indices import MEANING, PARTS, WORDS, Indices
from search.engines.elasticsearch_writing import ElasticsearchWriter
from search.rebuild import BATCH

ROUNDS = 3
LEAST = 0.8
Write = Callable[[Place, str, Prepared], None]
OURS, BARE, WHOLE = "our bulk", "the client's bulk helper", "our writer, as a rebuild calls it"


def measure(url: str, encoder: Encoder, written: int) -> dict[str, Any]:
    """Write the same entries both ways in turn, into indices of the same mapping."""
    with database.reading() as session:
        documents = list(islice(zhida_side.documents_of_centre(session, clock.now()), written))
    filled = Filled()
    prepared = prepare(documents, encoder, filled)
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in list(WAYS) if number % 2 else list(WAYS)[::-1]:
            took[way].append(into_empty_indices(url, encoder, prepared, WAYS[way]))
    entries = len(prepared.words) + len(prepared.texts)
    whole = _as_a_rebuild(url, encoder, documents)
    seconds_ = {way: median(times) for way, times in took.items()} | {WHOLE: whole}
    cutting = filled.seconds[elasticsearch_filling.CUTTING]
    return {"entries": entries, "documents": len(documents), "took": seconds_, "cutting": cutting}


def table(measured: dict[str, Any]) -> Iterator[str]:
    entries, took = measured["entries"], measured["took"]
    said = f"{measured['documents']:,} documents, {entries:,} entries with vectors made beforehand"
    yield f"\n| bulk: {said} | entries a second | × the helper | budget |\n|---|---|---|---|"
    for way, seconds_ in took.items():
        ratio = took[BARE] / seconds_
        mark = f"{'✓' if ratio >= LEAST else '✗'} ≥ {LEAST}" if way == OURS else ""
        yield f"| {way} | {entries / seconds_:,.0f} | {ratio:.2f} | {mark} |"
    yield (
        f"\n“{WHOLE}” also cuts the words ({measured['cutting']:.1f} s of {took[WHOLE]:.1f} s), asks which"
        " texts and vectors are there already, and lets each batch be found before it goes on."
    )


def into_empty_indices(url: str, encoder: Encoder, prepared: Prepared, write: Write) -> float:
    place = Place(url, f"{PREFIX}-{uuid4().hex[:8]}")
    cluster = place.cluster()
    indices = Indices(cluster)
    generation = indices.make(encoder.recipe)
    took = seconds(lambda: write(place, generation, prepared))
    await_merges(place.client(), [indices.index(part, generation) for part in PARTS])
    place.remove()
    cluster.close()
    return took


def _ours(place: Place, generation: str, prepared: Prepared) -> None:
    cluster = place.cluster()
    indices = Indices(cluster)
    bulk.send(cluster, changes(prepared.texts, indices.write(MEANING, generation)))
    bulk.send(cluster, changes(prepared.words, indices.write(WORDS, generation)))


def _bare(place: Place, generation: str, prepared: Prepared) -> None:
    client = place.client()
    for part, entries in ((MEANING, prepared.texts), (WORDS, prepared.words)):
        index = f"{place.prefix}-{part}-{generation}"
        bare_bulk(client, ({"_index": index, "_id": id_, "_source": entry} for id_, entry in entries))


WAYS: Mapping[str, Write] = {OURS: _ours, BARE: _bare}


def _as_a_rebuild(url: str, encoder: Encoder, documents: list[SearchDocument]) -> float:
    """Write a second generation, which takes its vectors over from the one in use."""
    with borrowed(url) as place:
        elasticsearch_filling.fill(place, encoder, documents)
        writer = ElasticsearchWriter(place.cluster(), encoder.recipe, zhida_side.words)
        generation = writer.begin()

        def write() -> None:
            for some in batches(documents, BATCH):
                writer.put(some, only=generation)

        return seconds(write)
