"""What is asked of the words of the embedded index, in the words of tantivy."""

from collections.abc import Iterable, Iterator, Sequence
from math import floor

from tantivy import FieldType, Occur, Query

from search import text
from search.document import ANY
from search.engines.embedded_schema import ALWAYS, schema
from search.engines.embedded_terms import Term, fields_for
from search.query import SearchQuery


def within(query: SearchQuery) -> Query:
    """Return a query for the documents that fit every wish, hold at that moment and keep the constraints."""
    parts = [
        Query.term_set_query(schema(), "filters", [f"{name}={value}" for value in (*values, ANY)])
        for name, values in query.filters.items()
    ]
    if query.of_another_day:
        moment = floor(query.at.timestamp())
        parts.append(Query.range_query(schema(), "begins", FieldType.Integer, 0, moment))
        parts.append(Query.range_query(schema(), "until", FieldType.Integer, moment + 1, ALWAYS))
    return Query.boolean_query([(Occur.Must, one) for one in (*parts, constraints(query))])


def constraints(query: SearchQuery) -> Query:
    """Return a query for what may have the phrases and surely has nothing that is excluded.

    A document that has all pairs of a phrase may still not have the phrase. Hence only an exclusion that is
    one pair (or one run of letters) can be decided here: the rest is for whoever has the texts.
    """
    parts: list[tuple[Occur, Query]] = [(Occur.Must, Query.all_query())]
    for phrase in query.phrases:
        if grams := text.pairs(phrase):
            codes = [term(field, text.code_of(phrase)) for field in fields_for("codes", query)]
            wholes = [all_of(field, grams) for field in texts(query)]
            parts.append((Occur.Must, either([*wholes, *codes])))
    for phrase in query.excluded:
        if text.pairs(phrase) == [phrase]:
            parts += [(Occur.MustNot, term(field, phrase)) for field in texts(query)]
    return Query.boolean_query(parts)


def among(numbers: Sequence[int]) -> Query:
    return Query.term_set_query(schema(), "number", list(numbers))


def texts(query: SearchQuery) -> Iterator[str]:
    yield from fields_for("head_grams", query)
    yield from fields_for("body_grams", query)


def term(field: str, token: str) -> Query:
    return Query.term_query(schema(), field, token, "basic")


def all_of(field: str, tokens: Iterable[str]) -> Query:
    return Query.boolean_query([(Occur.Must, term(field, token)) for token in tokens])


def any_of(terms: Iterable[Term], *, constant: bool = False) -> Query:
    weighed = Query.const_score_query if constant else Query.boost_query
    return either([weighed(Query.term_query(schema(), field, term, "freq"), w) for field, term, w in terms])


def either(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def filtered(query: Query, within: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(within, 0.0))])
