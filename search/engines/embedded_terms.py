"""What is looked up in the embedded index: the tokens of documents, and the weighed terms of queries."""

from collections.abc import Callable, Iterable, Mapping

from search import pinyin, text
from search.document import SearchDocument
from search.query import SearchQuery

HEAD, BODY = 2.0, 1.0
OTHER_DAY = "other_"
Term = tuple[str, str, float]
Cut = Callable[[str], list[str]]


def fields_of(document: SearchDocument, cut: Cut) -> dict[str, list[str]]:
    """Return what can be looked up of a document: words, grams, sounds and codes, by field."""
    # The title counts twice: a question that a customer asked once should not outweigh it.
    head = (document.title, document.title, *document.questions, *document.keywords)
    body = (document.summary, document.body)
    declared = [text.code_of(code) for code in document.codes]
    named = [code for part in head for code in text.codes(part)]
    return {
        "head_words": _tokens(cut, head),
        "body_words": _tokens(cut, body),
        "head_grams": _tokens(text.grams, head),
        "body_grams": _tokens(text.pairs, body),
        "sounds": [" ".join(pinyin.tokens(part, cut(part))) for part in head[1:] if part],
        "codes": sorted({code for code in (*declared, *named) if code}),
    }


def _tokens(cut: Cut, parts: Iterable[str]) -> list[str]:
    return [" ".join(cut(part)) for part in parts if part]


def word_terms(query: SearchQuery) -> list[Term]:
    return [
        *_terms("head_words", query, query.words, HEAD),
        *_terms("body_words", query, query.words, BODY),
    ]


def gram_terms(query: SearchQuery) -> list[Term]:
    pairs = {gram: weight for gram, weight in query.grams.items() if text.is_pair(gram)}
    return [*_terms("head_grams", query, query.grams, HEAD), *_terms("body_grams", query, pairs, BODY)]


def sound_terms(query: SearchQuery) -> list[Term]:
    return _terms("sounds", query, query.sounds, 1.0)


def asked_of(wording: str) -> set[str]:
    """Return the grams by which the share of a wording is judged: its pairs, if it has any."""
    grams = text.grams(wording)
    return set(filter(text.is_pair, grams)) or set(grams)


def fields_for(name: str, query: SearchQuery) -> tuple[str, ...]:
    return (name, OTHER_DAY + name) if query.of_another_day else (name,)


def _terms(name: str, query: SearchQuery, tokens: Mapping[str, float], weight: float) -> list[Term]:
    return [
        (field, token, weight * worth) for field in fields_for(name, query) for token, worth in tokens.items()
    ]
