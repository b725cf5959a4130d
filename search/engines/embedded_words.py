"""The words of the embedded index: a tantivy index of tokens that were cut beforehand."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from math import ceil, floor, log
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from search import text
from search.document import DocumentKey, SearchDocument
from search.engines import embedded_queries as queries
from search.engines.bm25_trial import Extent
from search.engines.embedded_failures import said_as_unavailable
from search.engines.embedded_schema import ALWAYS, schema
from search.engines.embedded_terms import (
    OTHER_DAY,
    Cut,
    Term,
    asked_of,
    fields_for,
    fields_of,
    gram_terms,
    sound_terms,
    word_terms,
)
from search.lexicon.shipped import shipped
from search.query import SearchQuery

HEAP_BYTES = 64_000_000
Numbered = list[tuple[int, float]]  # documents by their numbers in the store, best first, with their scores


def shipped_words(part: str) -> list[str]:
    return shipped().cutter.words(part)


def create(path: Path) -> None:
    path.mkdir()
    tantivy.Index(schema(), str(path))


def write(
    path: Path,
    documents: Mapping[int, SearchDocument],
    removed: Iterable[DocumentKey],
    cut: Cut = shipped_words,
) -> None:
    """Replace and remove in one commit, and wait for merges, which would be abandoned with the writer.

    Each document goes by the number that the store of vectors gave it.
    """
    prepared = [(str(one.key), _entry(number, one, cut)) for number, one in documents.items()]
    gone = [str(key) for key in removed]
    with said_as_unavailable():
        writer = tantivy.Index.open(str(path)).writer(HEAP_BYTES, 1)
        for key in chain((key for key, _ in prepared), gone):
            writer.delete_documents_by_term("key", key)
        for _, entry in prepared:
            writer.add_document(entry)
        writer.commit()  # not `with writer`, which commits whatever it was given before an error too
        writer.wait_merging_threads()


def _entry(number: int, document: SearchDocument, cut: Cut) -> tantivy.Document:
    day = OTHER_DAY if document.of_another_day else ""
    said = fields_of(document, cut)
    fields: dict[str, list[str] | int] = {day + name: tokens for name, tokens in said.items()}
    fields["key"], fields["number"] = [str(document.key)], number
    fields["filters"] = [f"{name}={value}" for name, values in document.filters.items() for value in values]
    begins, until = document.valid_from, document.valid_until
    fields["begins"] = floor(begins.timestamp()) if begins else 0
    fields["until"] = ceil(until.timestamp()) if until else ALWAYS
    return tantivy.Document.from_dict(fields, schema())


class WordIndex:
    """The reading side: any number of threads and processes, each search over the latest commit."""

    def __init__(self, path: Path) -> None:
        self._committed, self._seen = path / "meta.json", (0, 0)
        with said_as_unavailable():
            self._index = tantivy.Index.open(str(path))
            self._index.config_reader("manual")

    def commit(self) -> tuple[int, int]:
        """Return what tells the latest commit from any other: each puts a new file in its place."""
        with said_as_unavailable():
            committed = self._committed.stat()
        return committed.st_ino, committed.st_mtime_ns

    def latest(self) -> "Words":
        committed = self.commit()
        with said_as_unavailable():
            if self._seen != committed:
                self._index.reload()
                self._seen = committed
            return Words(self._index.searcher())


class Words:
    """One commit, searched."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher

    @property
    def documents(self) -> int:
        return self._searcher.num_docs

    def by_words(self, query: SearchQuery, limit: int, within: Query | None = None) -> Numbered:
        return self._best(word_terms(query), limit, within)

    def by_grams(self, query: SearchQuery, limit: int, within: Query | None = None) -> Numbered:
        return self._best(gram_terms(query), limit, within)

    def by_sound(self, query: SearchQuery, limit: int, within: Query | None = None) -> Numbered:
        return self._best(sound_terms(query), limit, within)

    def by_codes(self, query: SearchQuery, limit: int, within: Query | None = None) -> Numbered:
        """Score each code by how few documents have it: 1 for a single one, near 0 for a hotline's number."""
        fields = fields_for("codes", query)
        weights = [(field, code, self.rarity(fields, code)) for code in query.codes for field in fields]
        return self._best([term for term in weights if term[2] > 0], limit, within, constant=True)

    def satisfying(self, query: SearchQuery, numbers: Sequence[int]) -> set[int]:
        """Return those of the documents that have the query's phrases and nothing of what it excludes."""
        if not numbers:
            return set()
        return {
            number
            for number, _ in self._search(
                queries.filtered(queries.among(numbers), queries.constraints(query)), len(numbers)
            )
        }

    def containing(self, term: str, most: int) -> list[int]:
        """Return what has every pair of the term, in head or body; single characters bodies do not have."""
        pairs = [[("head_grams", pair, 1.0), ("body_grams", pair, 1.0)] for pair in set(text.pairs(term))]
        if not pairs:
            return []
        every = [(Occur.Must, queries.any_of(either, constant=True)) for either in pairs]
        return [number for number, _ in self._search(Query.boolean_query(every), most)]

    def shares(self, query: SearchQuery, numbers: Sequence[int]) -> dict[int, float]:
        """Return how much of the query each document has, by the wording of which it has most."""
        best: dict[int, float] = {}
        for wording in query.wordings:
            for number, share in self._shares_of(query, asked_of(wording), numbers).items():
                best[number] = max(share, best.get(number, 0.0))
        return best

    def _shares_of(
        self, query: SearchQuery, asked: Collection[str], numbers: Sequence[int]
    ) -> dict[int, float]:
        """Weigh each pair by its rarity."""
        fields = list(queries.texts(query))
        weights = {gram: self.weight(fields, gram) for gram in asked}
        whole = sum(weights.values())
        if not numbers or not whole:
            return {}
        grams = [
            (
                Occur.Should,
                Query.const_score_query(queries.any_of([(field, gram, 1.0) for field in fields]), weight),
            )
            for gram, weight in weights.items()
        ]
        # Of these few documents alone each gram is asked, and not the other way round.
        among = (Occur.Must, Query.const_score_query(queries.among(numbers), 0.0))
        scored = self._search(Query.boolean_query([among, *grams]), len(numbers))
        return {number: min(1.0, score / whole) for number, score in scored}

    def _best(
        self, terms: Sequence[Term], limit: int, within: Query | None, *, constant: bool = False
    ) -> Numbered:
        if not terms:
            return []
        query = queries.any_of(terms, constant=constant)
        return self._search(query if within is None else queries.filtered(query, within), limit)

    def _search(self, query: Query, limit: int) -> Numbered:
        with said_as_unavailable():
            hits = self._searcher.search(query, limit, count=False).hits
            numbers: list[Any] = self._searcher.fast_field_values("number", [at for _, at in hits])
        return [(number, score) for number, (score, _) in zip(numbers, hits, strict=True)]

    def rarity(self, fields: Sequence[str], code: str, *, at_least: int = 0) -> float:
        """Return 1 for a code that one document has, less the more have it, 0 if none."""
        having = max(at_least, sum(self.having(field, code) for field in fields))
        all_ = max(at_least, self._searcher.num_docs)
        return _idf(having, all_) / _idf(1, all_) if having else 0.0

    def weight(self, fields: Sequence[str], gram: str) -> float:
        """Return how much a gram says: more, the fewer documents have it."""
        return _idf(max(self.having(field, gram) for field in fields), self._searcher.num_docs)

    def having(self, field: str, term: str) -> int:
        """Return how many documents have it, those that were replaced and not yet merged away included."""
        return int(self._searcher.doc_freq(field, term))

    def extent(self, field: str, terms: Iterable[str]) -> Extent | None:
        """Return what the engine scores this field with; none of the terms need be known.

        Only an explained hit tells, so it takes a term that some document has.
        """
        term = next((term for term in terms if self.having(field, term)), None)
        if term is None:
            return None
        asked = Query.term_query(schema(), field, term, "freq")
        with said_as_unavailable():
            hits = self._searcher.search(asked, 1, count=False).hits
            told = _told(asked.explain(self._searcher, hits[0][1]).to_json()) if hits else {}
        return Extent(int(told["N"]), told["avgdl"]) if told else None


def _told(explained: str) -> dict[str, float]:
    """Return the numbers of an explanation by the sign that each has in the formula."""
    found: dict[str, float] = {}
    waiting = [json.loads(explained)]
    while waiting:
        part = waiting.pop()
        found[part["description"].partition(",")[0]] = part["value"]
        waiting += part.get("details", ())
    return found


def _idf(having: int, all_: int) -> float:
    having = min(having, all_)  # deleted documents are counted until their segment is merged
    return log(1 + (all_ - having + 0.5) / (having + 0.5))
