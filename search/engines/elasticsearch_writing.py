"""Changing the index in Elasticsearch, under the right to write: what is in use and what is being built."""

from collections.abc import Iterable, Mapping

from search.document import DocumentKey, SearchDocument
from search.encoder_worker import Vectors
from search.engines import elasticsearch_bulk as bulk
from search.engines.base import IndexMissing
from search.engines.elasticsearch_bulk import ChangesRefused
from search.engines.elasticsearch_cluster import Body, Cluster
from search.engines.elasticsearch_entries import Entries
from search.engines.elasticsearch_indices import (
    MEANING,
    PARTS,
    WORDS,
    Generation,
    Indices,
    Standing,
)
from search.engines.elasticsearch_texts import PAGE, Texts, changes_to, some_of
from search.engines.embedded_terms import Cut
from search.recipes import EmbeddingRecipe

UNSOUND = ""  # the digest of a document whose parts do not agree


class ElasticsearchWriter:
    """Texts are written before words: a document that words find then has all its texts.

    A crash in between is mended by doing the same again, which its job will.
    """

    def __init__(self, cluster: Cluster, recipe: EmbeddingRecipe | None, cut: Cut) -> None:
        self._cluster, self._recipe, self._cut = cluster, recipe, cut
        self._indices = Indices(cluster)

    def put(self, documents: Iterable[SearchDocument], *, only: str | None = None) -> None:
        """
        :raises ChangesRefused: if the server can never take some of them; it has the others
        """
        unique = {document.key: document for document in documents}
        if not unique:
            return
        entries = [Entries(document, self._cut) for document in unique.values()]
        standing, refused = self._indices.standing(), dict[str, str]()
        for generation in _targets(standing, only):
            refused |= self._put(standing, generation, entries)
            self._refresh(generation.name)
        if refused:
            raise ChangesRefused(refused)

    def remove(self, keys: Iterable[DocumentKey], *, only: str | None = None) -> None:
        ids = [str(key) for key in keys]
        if not ids:
            return
        standing = self._indices.standing()
        for generation in _targets(standing, only):
            texts, words = self._texts(generation.name), self._indices.write(WORDS, generation.name)
            there = self._there(generation, ids)
            bulk.send(self._cluster, [bulk.remove(texts.write, id_) for id_ in sorted(there)])
            bulk.send(self._cluster, [bulk.remove(words, id_) for id_ in ids])
            self._refresh(generation.name)

    def encoded(self, generation: str, vectors: Mapping[str, Vectors | None]) -> None:
        """Keep what was encoded. What is built by the same recipe takes it over in the end."""
        bulk.send(self._cluster, self._texts(generation).take(vectors))
        self._cluster.refresh([self._indices.index(MEANING, generation)])

    def begin(self, *, keep_recipe: bool = False) -> str:
        current = self._dropping_what_is_unfinished()
        return self._indices.make(current.recipe if keep_recipe and current else self._recipe)

    def abandon(self) -> None:
        self._dropping_what_is_unfinished()

    def keys(self, generation: str) -> set[DocumentKey]:
        self._refresh(generation)
        return {DocumentKey.parse(entry["key"]) for entry in self._all_words(generation)}

    def digests(self, generation: str) -> dict[DocumentKey, str]:
        self._refresh(generation)
        texts: dict[str, set[str]] = {}
        for hit in self._texts(generation).all_of({"match_all": {}}):
            texts.setdefault(hit["_source"]["key"], set()).add(hit["_source"]["hash"])
        found = dict.fromkeys((DocumentKey.parse(key) for key in texts), UNSOUND)
        for entry in self._all_words(generation):
            is_whole = texts.get(entry["key"], set()) == set(entry["texts"])
            found[DocumentKey.parse(entry["key"])] = entry["digest"] if is_whole else UNSOUND
        return found

    def is_sound(self, generation: str) -> bool:
        self._refresh(generation)
        summed = {"size": 0, "aggs": {"texts": {"sum": {"field": "text_count"}}}}
        told = self._cluster.search(self._indices.index(WORDS, generation), summed)
        everything = {"size": 0, "track_total_hits": True}
        texts = self._cluster.search(self._indices.index(MEANING, generation), everything)
        return bool(told["aggregations"]["texts"]["value"] == texts["hits"]["total"]["value"])

    def switch(self, generation: str) -> None:
        standing = self._indices.standing()
        self._refresh(generation)
        if known := self._same_recipe(standing, generation):
            self._adopt(self._texts(generation), known)
            self._refresh(generation)
        self._indices.switch(standing, generation)
        self._indices.sweep([generation, standing.current.name if standing.current else None])

    def _dropping_what_is_unfinished(self) -> Generation | None:
        """Return the current generation."""
        standing = self._indices.standing()
        self._indices.sweep([standing.current.name if standing.current else None, standing.previous])
        return standing.current

    def _put(self, standing: Standing, generation: Generation, entries: list[Entries]) -> dict[str, str]:
        refused: dict[str, str] = {}
        texts, words = self._texts(generation.name), self._indices.write(WORDS, generation.name)
        with_texts = generation.recipe is not None
        if with_texts:
            there = self._there(generation, [str(entry.key) for entry in entries])
            new = {hash_ for entry in entries for hash_ in entry.texts if entry.id_of(hash_) not in there}
            source = self._same_recipe(standing, generation.name) or texts
            refused = bulk.send(self._cluster, changes_to(texts, entries, there, source.known(new)))
        puts = (bulk.put(words, str(entry.key), entry.of_words(with_texts=with_texts)) for entry in entries)
        return refused | bulk.send(self._cluster, puts)

    def _there(self, generation: Generation, keys: list[str]) -> set[str]:
        """Return the ids of the texts that the documents have, those too that no search can find yet."""
        if generation.recipe is None:
            return set()
        found = self._texts(generation.name).ids(keys)
        for some in some_of(keys, PAGE):
            entries = self._cluster.entries(self._indices.index(WORDS, generation.name), some, ["texts"])
            found |= {f"{key}#{hash_}" for key, entry in entries.items() for hash_ in entry["texts"]}
        return found

    def _adopt(self, texts: Texts, known: Texts) -> None:
        for hashes in texts.waiting_hashes():
            bulk.send(self._cluster, texts.take(known.known(hashes)))

    def _same_recipe(self, standing: Standing, generation: str) -> Texts | None:
        """Return where the current generation keeps vectors that this other one may take over."""
        current, building = standing.current, standing.building
        if current is None or building is None or generation != building.name or not current.is_usable:
            return None
        same = current.recipe is not None and current.recipe == building.recipe
        return self._texts(current.name) if same else None

    def _all_words(self, generation: str) -> Iterable[Body]:
        body: Body = {"size": PAGE, "sort": [{"key": "asc"}], "_source": ["key", "digest", "texts"]}
        after: list[str] | None = None
        while True:
            asked = body if after is None else {**body, "search_after": after}
            hits = self._cluster.search(self._indices.index(WORDS, generation), asked)["hits"]["hits"]
            yield from (hit["_source"] for hit in hits)
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    def _texts(self, generation: str) -> Texts:
        index, write = (name(MEANING, generation) for name in (self._indices.index, self._indices.write))
        return Texts(self._cluster, index, write)

    def _refresh(self, generation: str) -> None:
        self._cluster.refresh(self._indices.index(part, generation) for part in PARTS)


def _targets(standing: Standing, only: str | None) -> list[Generation]:
    """
    :raises IndexMissing: if there is none, or not this one
    :raises IndexOutOfDate: if the current one is another version's
    """
    both = [generation for generation in (standing.current, standing.building) if generation]
    targets = [generation for generation in both if only in {None, generation.name}]
    if not targets:
        raise IndexMissing
    if only is None and standing.current is not None:
        return [standing.searched, *targets[1:]]
    return targets
