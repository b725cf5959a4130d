"""How long the peers take over the same articles, in this process, beside Zhida's engine and its fragment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks import hundred_thousand, zhida_side
from benchmarks.large_centre import kept, seconds
from benchmarks.on_elasticsearch import Place, instead
from benchmarks.peers import Peer, bm25, dense, elasticsearch_text, fts5, whoosh_jieba
from benchmarks.quantiles import Quantiles, milliseconds, quantiles
from benchmarks.typing_moments import pauses
from core import clock, database
from search import embeddings, engines, meaning
from search.document import SearchDocument

PAGE = 20
WARMED_BY = 10
Search = Callable[[str], object]


@dataclass(frozen=True)
class Timed:
    name: str
    whole: Quantiles
    prefixes: Quantiles
    indexing: float | None = None


@dataclass(frozen=True)
class Where:
    """`cache`: of vectors; `folder`: of indices; `there`: Zhida's on Elasticsearch, if there is one."""

    cache: Path
    folder: Path
    there: Place | None = None


def compare(queries: Sequence[str], where: Where, chosen: Sequence[str]) -> Iterator[Timed]:
    """Yield Zhida's engines by words and with meaning, and then each peer that was chosen."""
    at = clock.now()
    yield from ours("Zhida's engine", queries, at)
    if where.there:
        with instead(where.there):
            yield from ours("Zhida on Elasticsearch", queries, at)
    engines.forget()
    with database.reading() as session:
        documents = list(zhida_side.documents_of_centre(session, at))
    for name, make in peers(where.cache, where.folder).items():
        if name in chosen:
            yield timed_peer(make(), documents, queries)
    if where.there:
        analyzers = [name for name in elasticsearch_text.ANALYZERS if name in chosen]
        with elasticsearch_text.peers(where.there.url, analyzers) as analyzed:
            yield from (timed_peer(peer, documents, queries) for peer in analyzed)
    embeddings.forget()


def ours(name: str, queries: Sequence[str], at: datetime) -> Iterator[Timed]:
    embeddings.forget()  # what another engine was asked is not to be remembered
    yield timed(f"{name}, words", lambda text: zhida_side.typed(text, at), queries)
    yield timed(f"{name}, words and meaning", lambda text: zhida_side.settled(text, at), queries)


def timed_peer(peer: Peer, documents: Sequence[SearchDocument], queries: Sequence[str]) -> Timed:
    took = seconds(lambda: peer.index(documents))
    return timed(peer.name, lambda text: peer.ask(text, PAGE), queries, took)


def peers(cache: Path, folder: Path) -> dict[str, Callable[[], Peer]]:
    def dense_alone() -> Peer:
        embeddings.forget()  # what others asked is not to be remembered
        asking = meaning.encoder()
        assert asking
        return dense.Dense(hundred_thousand.near_real(kept(cache)), asking)

    return {
        "bm25": bm25.over_our_words,
        "jieba": bm25.over_plain_words,
        "unicode61": lambda: fts5.Fts5("unicode61"),
        "trigram": lambda: fts5.Fts5("trigram"),
        "whoosh": lambda: whoosh_jieba.WhooshJieba(folder / "whoosh"),
        "dense": dense_alone,
    }


def timed(name: str, search: Search, queries: Sequence[str], took: float | None = None) -> Timed:
    """Time whole queries, and what stands in the box before they are whole; the first few only warm it."""
    for query in queries[:WARMED_BY]:
        search(query)
    queries = queries[WARMED_BY:]
    prefixes = list(dict.fromkeys(prefix for query in queries for prefix in pauses(query)[:-1]))
    return Timed(name, _times(search, queries), _times(search, prefixes), took)


def table(timed: Iterable[Timed], fragment: Quantiles | None) -> Iterator[str]:
    """Yield a row as each is known; the ratios are of the slow twentieth, to Zhida's engine and fragment."""
    yield (
        "\n| in-process, ms a query | whole query p50 | p95 | p99 | × engine | prefix p50 | p95 | p99"
        " | × engine | × whole fragment | built in |\n|" + "---|" * 11
    )
    ours: Timed | None = None
    for one in timed:
        ours = ours or one
        beside = f"{one.prefixes.p95 / fragment.p95:.1f}" if fragment else ""
        built = "" if one.indexing is None else f"{one.indexing:.0f} s"
        whole, prefix = one.whole.p95 / ours.whole.p95, one.prefixes.p95 / ours.prefixes.p95
        cells = [one.name, str(one.whole), f"{whole:.1f}", str(one.prefixes), f"{prefix:.1f}", beside, built]
        yield "| " + " | ".join(cells) + " |"


def _times(search: Search, texts: Sequence[str]) -> Quantiles:
    return quantiles([milliseconds(lambda text=text: search(text)) for text in texts])  # type: ignore[misc]
