"""What a centre of one size costs on Elasticsearch: seconds, disk, memory, and how near its nearest are."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from benchmarks import bulk_rates, elasticsearch_filling, hundred_thousand, nearest, zhida_side
from benchmarks.growth_rows import Row, tabled
from benchmarks.kept_vectors import patient_vector
from benchmarks.large_centre import seconds
from benchmarks.on_elasticsearch import Place, disk_by_part
from search import embeddings, meaning
from search.embeddings import Encoder

JUDGED = 100


def fill(place: Place, encoder: Encoder, articles: int, bulked: int) -> dict[str, Any]:
    """Index the centre from vectors that are there, and judge while they pass by; nothing is encoded.

    `bulked`: so many documents to measure the rate of the bulk with.
    """
    asking = meaning.encoder()
    assert asking
    asked = [patient_vector(asking, text) for text in islice(zhida_side.golden_queries(), JUDGED)]
    exact, near_real = nearest.Exact(asked), hundred_thousand.near_real(encoder, articles)
    filled = elasticsearch_filling.fill_with_centre(place, near_real, exact.see)
    disk: dict[str, float] = {}
    merging = seconds(lambda: disk.update(disk_by_part(place)))
    shares = nearest.recall(place, asked, exact.thresholds, nearest.IN_USE)
    rates = bulk_rates.measure(place.url, near_real, bulked) if bulked else None
    embeddings.forget()
    return {
        "indexed": filled.documents, "texts_indexed": filled.texts,
        "took": {**filled.seconds, elasticsearch_filling.MERGING: merging},
        "disk": disk, "recall": sum(shares) / len(shares), "bulk": rates,
    }  # fmt: skip


def table(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from tabled("on Elasticsearch: articles", [one["indexed"] for one in results], rows(results))
    yield nearest.told([one["recall"] for one in results])
    yield from chain.from_iterable(bulk_rates.table(one["bulk"]) for one in results if one["bulk"])


def rows(results: Sequence[dict[str, Any]]) -> Iterator[Row]:
    yield Row("texts with a vector", "thousands", [one["texts_indexed"] / 1000 for one in results])
    for step in results[0]["took"]:
        yield Row(step, "s", [one["took"][step] for one in results])
    yield Row("index time in all", "s", [sum(one["took"].values()) for one in results])
    for part in results[0]["disk"]:
        yield Row(f"disk: {part}", "MB", [one["disk"][part] for one in results])
    for what in results[0]["memory"]:
        yield Row(f"the server: {what}", "MB", [one["memory"][what] for one in results])
    yield Row("our process, once it has searched", "MB", [one["resident"] for one in results])
    yield Row("first search of a process", "s", [one["opening"] for one in results])
    yield Row(f"recall@{nearest.DEPTH} of the nearest texts", "share", [one["recall"] for one in results])
