"""The engine on an Elasticsearch: words and meaning in one trip, for any number of machines."""

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from search.document import DocumentKey, SearchDocument
from search.embeddings import Encoder
from search.encoder_worker import Vectors
from search.engines import elasticsearch_queries as queries
from search.engines.base import (
    EngineDown,
    EngineStatus,
    EngineUnavailable,
    Matches,
    Preparing,
    Progress,
    RecipeDiffers,
    Scored,
    Trial,
    Writer,
    with_meaning,
)
from search.engines.bm25_trial import idf
from search.engines.elasticsearch_cluster import Address, Body, Cluster
from search.engines.elasticsearch_encoding import ENCODED_WAIT_SECONDS, encode_some
from search.engines.elasticsearch_entries import hash_of, tokens_of
from search.engines.elasticsearch_failures import EngineBusy
from search.engines.elasticsearch_indices import MEANING, WORDS, Generation, Indices, Standing
from search.engines.elasticsearch_statistics import (
    GRAM_FIELDS,
    ElasticsearchTrial,
    TermStatistics,
    counts,
)
from search.engines.elasticsearch_texts import PAGE, Texts, known_search, vectors_in
from search.engines.elasticsearch_writing import ElasticsearchWriter
from search.engines.embedded_terms import Cut, asked_of, fields_for, fields_of
from search.engines.rights import Rights
from search.hits import Signal
from search.query import SearchQuery
from search.recipes import EmbeddingRecipe

SPARE, TEXTS_A_DOCUMENT, DEEPER = 2, 3, 4
OF_WORDS = (Signal.WORDS, Signal.GRAMS, Signal.PINYIN, Signal.CODES)
LOOKS_EVERY_SECONDS = 0.7
ALL, WAITING = "all", "waiting"


@dataclass(frozen=True)
class _Made:
    """A vector of what was asked, and the recipe that made it."""

    vector: Vectors
    by: EmbeddingRecipe


class ElasticsearchEngine:
    """Any number of threads, processes and machines search; whoever holds the right writes."""

    in_one_trip = True

    def __init__(self, address: Address, rights: Rights, recipe: EmbeddingRecipe | None, cut: Cut) -> None:
        """`cut` returns the words of a text that is being indexed."""
        self._cluster, self._rights, self._recipe, self._cut = Cluster(address), rights, recipe, cut
        self._indices = Indices(self._cluster)
        self._searched: Generation | None = None
        self._looked_at = float("-inf")

    def recipe(self) -> EmbeddingRecipe | None:
        if time.monotonic() - self._looked_at > LOOKS_EVERY_SECONDS:
            self._searched = None
        return self._open().recipe

    def match_words(self, query: SearchQuery, limit: int) -> Matches:
        return self._match(query, None, limit, words=True)

    def match_meaning(
        self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe
    ) -> Matches:
        return self._match(query, _Made(vector, made_by), limit, words=False)

    def standing(self, _query: SearchQuery) -> None:
        return  # only a trip to the server could tell, which remembers questions itself

    def match(self, query: SearchQuery, vector: Vectors, limit: int, *, made_by: EmbeddingRecipe) -> Matches:
        return self._match(query, _Made(vector, made_by), limit, words=True)

    def share_found(self, query: SearchQuery, keys: Sequence[DocumentKey]) -> dict[DocumentKey, float]:
        asked = {wording: asked_of(wording) for wording in query.wordings}
        grams = sorted(set().union(*asked.values()))
        if not keys or not grams:
            return {}
        fields = [field for name in GRAM_FIELDS for field in fields_for(name, query)]
        pairs = [(field, gram) for field in fields for gram in grams]
        counting, matching = queries.how_many_have(pairs), queries.which_grams(query, grams, keys)
        counted, matched = self._asked([(WORDS, counting), (WORDS, matching)])
        having, documents = counts(counted, pairs)
        weights = {gram: idf(max(having[field, gram] for field in fields), documents) for gram in grams}
        shares: dict[DocumentKey, float] = {}
        for hit in matched["hits"]["hits"]:
            found = set(hit.get("matched_queries", ()))
            of_wordings = (_share(weights, wanted, found) for wanted in asked.values())
            shares[queries.key_of(hit)] = max(of_wordings, default=0.0)
        return shares

    def containing(self, term: str, most: int) -> list[DocumentKey]:
        filters, keys, after = queries.containing(term), list[DocumentKey](), list[str]()
        while filters and len(keys) < most:
            page = queries.page_of(filters, min(PAGE, most - len(keys)), after)
            hits = self._asked([(WORDS, page)])[0]["hits"]["hits"]
            if not hits:
                break
            keys += map(queries.key_of, hits)
            after = hits[-1]["sort"]
        if not filters:
            self._open()
        return keys

    def trial(self, document: SearchDocument) -> Trial:
        self._open()
        index = self._indices.read(WORDS)
        told = self._cluster.term_statistics(index, tokens_of(document, self._cut))
        statistics = TermStatistics(self._cluster, index, told)
        return ElasticsearchTrial(statistics, fields_of(document, self._cut))

    def known_vectors(self, texts: Sequence[str], *, made_by: EmbeddingRecipe) -> dict[str, Vectors]:
        self._refuse_another(made_by)
        hashes = {hash_of(text): text for text in texts}
        if not hashes:
            return {}
        found = vectors_in(self._asked([(MEANING, known_search(list(hashes)))])[0]["hits"]["hits"])
        return {hashes[hash_]: vector for hash_, vector in found.items()}

    @contextmanager
    def writing(self, *, wait: float) -> Iterator[Writer]:
        with self._rights.writing(wait):
            yield ElasticsearchWriter(self._cluster, self._recipe, self._cut)

    def rebuilding(self) -> AbstractContextManager[None]:
        return self._rights.rebuilding()

    def digests(self) -> dict[DocumentKey, str]:
        generation = self._indices.standing().searched.name
        return ElasticsearchWriter(self._cluster, self._recipe, self._cut).digests(generation)

    def encode_pending(self, encoder: Encoder, most: int) -> int:
        generation = _taking(self._indices.standing(), encoder.recipe)
        if generation is None:
            return 0
        index = self._indices.index(MEANING, generation)
        texts = Texts(self._cluster, index, self._indices.write(MEANING, generation))

        def keep(made: Mapping[str, Vectors | None]) -> None:
            with self._rights.writing(ENCODED_WAIT_SECONDS):
                ElasticsearchWriter(self._cluster, self._recipe, self._cut).encoded(generation, made)

        return encode_some(texts, self._rights, encoder, most, keep)

    def status(self) -> EngineStatus:
        standing = self._indices.standing()
        generation, building = standing.searched, standing.building
        words, texts = (self._indices.index(part, generation.name) for part in (WORDS, MEANING))
        counted = [(words, queries.how_many_have([])), (texts, queries.how_many_wait())]
        documents, encoded = self._cluster.answers(counted)
        meaning = _progress(encoded)
        return EngineStatus(
            generation=generation.name,
            documents=documents["hits"]["total"]["value"],
            meaning=meaning,
            building=building.name if building else None,
            recipe_differs=generation.recipe != self._recipe,
            recipe=generation.recipe,
            preparing=self._preparing(building, meaning) if building else None,
        )

    def close(self) -> None:
        self._cluster.close()

    def _preparing(self, building: Generation, searched: Progress) -> Preparing:
        """Say that nothing is made yet while the shards of what is built have not come up."""
        index = self._indices.index(MEANING, building.name)
        try:
            [encoded] = self._cluster.answers([(index, queries.how_many_wait())])
        except EngineBusy:
            return Preparing(building.name, building.recipe, Progress(0, searched.total))
        return Preparing(building.name, building.recipe, _progress(encoded))

    def _match(self, query: SearchQuery, made: _Made | None, limit: int, *, words: bool) -> Matches:
        asked: dict[str, tuple[str, Body]] = {}
        if words:
            searches = queries.words_searches(query, limit)
            asked |= {signal: (WORDS, body) for signal, body in searches.items()}
            asked |= {ALL: (WORDS, queries.how_many_have([]))} if Signal.CODES in searches else {}
        if made is not None:
            self._refuse_another(made.by)
            near = queries.meaning_search(query, made.vector, _texts_for(query, limit))
            asked[Signal.MEANING] = (MEANING, near)
            asked[WAITING] = (MEANING, queries.how_many_wait())
        try:
            told = dict(zip(asked, self._asked(list(asked.values())), strict=True))
        except EngineDown:
            if made is not None:  # the server cannot compare vectors of two sizes
                self._refuse_another(made.by)
            raise
        found = _by_words(told) if words else {}
        if made is None:
            return Matches(found)
        self._refuse_another(made.by)  # it may be another generation that answered
        nearest = self._near(query, made.vector, limit, told[Signal.MEANING])
        waiting, texts = queries.waiting_in(told[WAITING])
        return Matches(found) | with_meaning(nearest, encoded=texts - waiting, waiting=waiting)

    def _near(self, query: SearchQuery, vector: Vectors, limit: int, told: Body) -> tuple[Scored, ...]:
        """Return the nearest documents; if the texts are all of too few of them, look deeper."""
        texts = _texts_for(query, limit)
        near = self._fitting(query, queries.best_texts(told))
        while len(near) < limit and len(told["hits"]["hits"]) == texts < queries.MOST_CANDIDATES:
            texts = min(DEEPER * texts, queries.MOST_CANDIDATES)
            told = self._asked([(MEANING, queries.meaning_search(query, vector, texts))])[0]
            near = self._fitting(query, queries.best_texts(told))
        return tuple(near[:limit])

    def _fitting(self, query: SearchQuery, near: list[Scored]) -> list[Scored]:
        """Leave out what lacks the phrases of the query, or has what it excludes."""
        if not near or not query.is_constrained:
            return near
        keys = [hit.key for hit in near]
        told = self._asked([(WORDS, queries.satisfying(query, keys))])[0]
        fitting = {queries.key_of(hit) for hit in told["hits"]["hits"]}
        return [hit for hit in near if hit.key in fitting]

    def _asked(self, searches: Sequence[tuple[str, Body]]) -> list[Body]:
        """Ask for somebody who waits, and make sure that it was this version's index that answered.

        :raises EngineUnavailable: if there is nothing to look in
        """
        generation = self._open()
        if not searches:
            return []
        try:
            responses = self._cluster.answers([(self._indices.read(part), body) for part, body in searches])
        except EngineUnavailable:
            self._searched = None
            raise
        expected = {self._indices.index(part, generation.name) for part in (WORDS, MEANING)}
        if any(hit["_index"] not in expected for response in responses for hit in response["hits"]["hits"]):
            self._searched = None
            self._open()
        return responses

    def _refuse_another(self, recipe: EmbeddingRecipe) -> None:
        if self._open().recipe != recipe:
            self._searched = None
            if self._open().recipe != recipe:
                raise RecipeDiffers

    def _open(self) -> Generation:
        """Return what is searched, as far as this process knows; each answer tells whether it still is."""
        known = self._searched
        if known is None:
            known = self._searched = self._indices.standing().searched
            self._looked_at = time.monotonic()
        return known


def _texts_for(query: SearchQuery, limit: int) -> int:
    """Return how many texts to ask for, so that most likely as many documents are among them."""
    return min(queries.MOST_CANDIDATES, limit * TEXTS_A_DOCUMENT * (SPARE if query.is_constrained else 1))


def _by_words(told: Mapping[str, Body]) -> dict[Signal, tuple[Scored, ...]]:
    found = {signal: queries.scored(told[signal]) if signal in told else [] for signal in OF_WORDS}
    if found[Signal.CODES]:
        whole = idf(1, told[ALL]["hits"]["total"]["value"])
        found[Signal.CODES] = [Scored(hit.key, hit.score / whole) for hit in found[Signal.CODES]]
    return {signal: tuple(hits) for signal, hits in found.items()}


def _share(weights: Mapping[str, float], wanted: Set[str], found: Set[str]) -> float:
    """Return how much of what is wanted was found; what is rare weighs more."""
    whole = sum(weights[gram] for gram in wanted)
    return min(1.0, sum(weights[gram] for gram in wanted & found) / whole) if whole else 0.0


def _taking(standing: Standing, recipe: EmbeddingRecipe) -> str | None:
    """Return the generation that takes vectors of this recipe."""
    for generation in (standing.current, standing.building):
        if generation is not None and generation.is_usable:
            if generation.recipe == recipe:
                return generation.name
            if generation.recipe is None:  # whatever takes its place takes it at once
                return None
    return None


def _progress(told: Body) -> Progress:
    waiting, texts = queries.waiting_in(told)
    return Progress(texts - waiting, texts)
