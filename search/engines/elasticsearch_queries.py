"""What is asked of Elasticsearch: the same terms as of the embedded index, in its query language."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from search import text
from search.document import ANY, DocumentKey
from search.encoder_worker import Vectors
from search.engines.base import Scored
from search.engines.elasticsearch_cluster import Body
from search.engines.elasticsearch_entries import moment
from search.engines.embedded_terms import Term, fields_for, gram_terms, sound_terms, word_terms
from search.hits import Signal
from search.query import SearchQuery

MOST_CANDIDATES = 10_000
CANDIDATES, OVERSAMPLE = 3, 2.6  # found by trying: recall@100 of 0.98 among 500,000 texts, many alike


def words_searches(query: SearchQuery, limit: int) -> dict[Signal, Body]:
    """Return one search of the words index for each signal that the query can have."""
    terms: Mapping[Signal, Sequence[Term]] = {
        Signal.WORDS: word_terms(query),
        Signal.GRAMS: gram_terms(query),
        Signal.PINYIN: sound_terms(query),
        Signal.CODES: [(field, code, 1.0) for field in _code_fields(query) for code in query.codes],
    }
    within = [*scope(query), *constraints(query)]
    return {signal: _best(any_of(of), within, limit) for signal, of in terms.items() if of}


def meaning_search(query: SearchQuery, vector: Vectors, texts: int) -> Body:
    """Return a search for the nearest texts; some more are compared exactly."""
    nearest = {
        "field": "vector",
        "query_vector": vector.tolist(),
        "k": texts,
        "num_candidates": min(MOST_CANDIDATES, max(100, CANDIDATES * texts)),
        "filter": {"bool": {"filter": scope(query)}},
        "rescore_vector": {"oversample": OVERSAMPLE},
    }
    return {"knn": nearest, "size": texts, **_KEYS}


def how_many_wait() -> Body:
    waiting = {"filter": {"term": {"waiting": True}}}
    return {"size": 0, "track_total_hits": True, "aggs": {"waiting": waiting}}


def satisfying(query: SearchQuery, keys: Sequence[DocumentKey]) -> Body:
    """Return a search for those of the keys that have the query's phrases and nothing that it excludes."""
    return _all([among(keys), *constraints(query)], len(keys))


def containing(term: str) -> list[Body]:
    """Return what every document has that contains the term, in head or body."""
    every = sorted(set(text.pairs(term)))
    return [_either([_term(field, pair) for field in ("head_grams", "body_grams")]) for pair in every]


def page_of(filters: Sequence[Body], size: int, after: Sequence[str]) -> Body:
    """Return a search for the documents that fit, in the order of their keys."""
    begin = {"search_after": list(after)} if after else {}
    return {**_all(filters, size), "sort": [{"key": "asc"}], **begin}


def which_grams(query: SearchQuery, asked: Iterable[str], keys: Sequence[DocumentKey]) -> Body:
    """Return a search of these documents that tells which of the grams each has, by `matched_queries`."""
    fields = list(_texts(query))
    named = [
        {"bool": {**_either([_term(field, gram) for field in fields])["bool"], "_name": gram}}
        for gram in asked
    ]
    return {"query": {"bool": {"should": named, "filter": [among(keys)]}}, "size": len(keys), **_KEYS}


def how_many_have(pairs: Sequence[tuple[str, str]]) -> Body:
    """Return a search that counts the documents with each term of a field, in the order of the pairs."""
    filters = [_term(field, term) for field, term in pairs]
    counted = {"aggs": {"having": {"filters": {"filters": filters}}}} if pairs else {}
    return {"size": 0, "track_total_hits": True, **counted}


def among(keys: Iterable[DocumentKey]) -> Body:
    return {"terms": {"key": [str(key) for key in keys]}}


def scope(query: SearchQuery) -> list[Body]:
    """Return the filters for what fits every wish and holds at that moment."""
    wishes = [
        {"terms": {"filters": sorted(f"{name}={value}" for value in (*values, ANY))}}
        for name, values in sorted(query.filters.items())
    ]
    at = moment(query.at)
    return [*wishes, {"range": {"begins": {"lte": at}}}, {"range": {"until": {"gt": at}}}]


def constraints(query: SearchQuery) -> list[Body]:
    """Return filters for what may have the phrases and surely has nothing that is excluded.

    As for the embedded index, only an exclusion that is one pair, or one run of letters, is decided here.
    """
    parts: list[Body] = []
    for phrase in query.phrases:
        if grams := text.pairs(phrase):
            wholes = [_every([_term(field, gram) for gram in grams]) for field in _texts(query)]
            codes = [_term(field, text.code_of(phrase)) for field in _code_fields(query)]
            parts.append(_either([*wholes, *codes]))
    unwanted = [phrase for phrase in query.excluded if text.pairs(phrase) == [phrase]]
    if unwanted:
        wrong = [_term(field, phrase) for phrase in unwanted for field in _texts(query)]
        parts.append({"bool": {"must_not": wrong}})
    return parts


def scored(response: Body) -> list[Scored]:
    return [Scored(key_of(hit), hit["_score"]) for hit in response["hits"]["hits"]]


def best_texts(response: Body) -> list[Scored]:
    """Return each document with the cosine of its nearest text."""
    best: dict[DocumentKey, float] = {}
    for hit in response["hits"]["hits"]:
        key, cosine = key_of(hit), 2 * hit["_score"] - 1
        best[key] = max(cosine, best.get(key, -inf))
    ranked = sorted(best.items(), key=lambda one: -one[1])
    return [Scored(key, cosine) for key, cosine in ranked]


def waiting_in(response: Body) -> tuple[int, int]:
    """Return how many texts wait for a vector, and how many there are."""
    return response["aggregations"]["waiting"]["doc_count"], response["hits"]["total"]["value"]


def key_of(hit: Mapping[str, Any]) -> DocumentKey:
    return DocumentKey.parse(hit["fields"]["key"][0])


_KEYS: Body = {
    "_source": False,
    "stored_fields": "_none_",
    "docvalue_fields": ["key"],
    "track_total_hits": False,
}


def any_of(terms: Iterable[Term]) -> Body:
    return _either([{"term": {field: {"value": term, "boost": weight}}} for field, term, weight in terms])


def _best(query: Body, within: Sequence[Body], limit: int) -> Body:
    return {"query": {"bool": {"must": [query], "filter": list(within)}}, "size": limit, **_KEYS}


def _all(within: Sequence[Body], most: int) -> Body:
    return {"query": {"bool": {"filter": list(within)}}, "size": most, **_KEYS}


def _code_fields(query: SearchQuery) -> tuple[str, ...]:
    return ("any_codes",) if query.of_another_day else ("codes",)


def _texts(query: SearchQuery) -> Iterator[str]:
    yield from fields_for("head_grams", query)
    yield from fields_for("body_grams", query)


def _term(field: str, token: str) -> Body:
    return {"term": {field: token}}


def _every(queries: Sequence[Body]) -> Body:
    return {"bool": {"filter": list(queries)}}


def _either(queries: Sequence[Body]) -> Body:
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}
