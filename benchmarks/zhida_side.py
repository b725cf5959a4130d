"""Zhida's side of every comparison: the only module here that asks its search."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session, select

from benchmarks.kept_vectors import PAUSES_SECONDS, KeptPassages, KeptQueries, KeptVectors, patient_vector
from benchmarks.question_sets import QuestionSet
from core import clock, database
from core.identity import SYSTEM, Actor, Role
from kb.finding import Wish, find_articles
from kb.models import Article
from operations import migrating, preparing
from operations.sample_centre import loading
from search import embeddings, engines, meaning, models, understanding
from search.document import DocumentKey, SearchDocument
from search.embeddings import Asking, Encoder
from search.engines.base import Engine, Scored
from search.engines.embedded import EmbeddedEngine
from search.evaluation import read_judged
from search.finder import CANDIDATES, Mode, find, find_in
from search.hits import Degradation, Signal
from search.lexicon import current as lexicon
from search.query import SearchQuery, parse_query
from search.ranking import fuse
from search.sources import introduced

FOUND, FUSED = "Zhida, as found", "Zhida, before the floor"
ON_ELASTICSEARCH = "Zhida on Elasticsearch, as found"
BY_WORDS, BY_MEANING = "Zhida's words, grams, codes, pinyin alone", "Zhida's meaning alone"
SYSTEMS = (FOUND, FUSED, BY_WORDS, BY_MEANING)
OURS = (*SYSTEMS, ON_ELASTICSEARCH)
GOLDEN = Path(loading.__file__).with_name("golden.jsonl")
DEEPEST = 10
AS_MANY_AS_A_PAGE_COUNTS = 60
PUT_AT_ONCE, ENCODED_AT_ONCE = 1000, 64
AGENT = Actor(SYSTEM.staff_id, "座席", roles=frozenset({Role.AGENT}))
JUDGE = Actor(SYSTEM.staff_id, "评测", roles=frozenset({Role.EDITOR}))

Answers = dict[str, list[str]]
Ask = Callable[[str], Answers]
Told = Callable[[int, int], None]
_SLOW = frozenset({Degradation.MEANING_SLOW, Degradation.MEANING_UNAVAILABLE, Degradation.ENGINE_UNAVAILABLE})


class DegradedAnswer(Exception):
    """A figure of relevance must not depend on how busy the machine is."""


def encoders(cache: Path) -> tuple[Encoder, Asking]:
    """Return the bundled encoder, for passages and for queries, with a memory on disk."""
    recipe = models.chosen()
    if recipe is None:
        raise SystemExit("set ZHIDA_EMBEDDING_MODEL to bundled")
    passages, asking = embeddings.passage_encoder(recipe), embeddings.query_encoder(recipe)
    kept = KeptVectors(cache / "vectors.sqlite3")
    return KeptPassages(kept, passages), KeptQueries(kept, asking, passages.recipe)


@contextmanager
def asked_of_set(asked: QuestionSet, passages: Encoder, asking: Asking, told: Told) -> Iterator[Ask]:
    """Index a public set in a scratch folder."""
    with TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder) / "index", passages.recipe)
        with closing(engine):
            fill(engine, asked.documents, passages, told)
            yield lambda text: _answers_of_engine(engine, asking, text, clock.now())


def fill(engine: Engine, documents: Sequence[SearchDocument], passages: Encoder, told: Told) -> None:
    with engine.writing(wait=0) as writer:
        generation = writer.begin()
        for start in range(0, len(documents), PUT_AT_ONCE):
            writer.put(documents[start : start + PUT_AT_ONCE], only=generation)
        writer.switch(generation)
    while engine.encode_pending(passages, ENCODED_AT_ONCE):
        progress = engine.status().meaning
        told(progress.done, progress.total)


def _answers_of_engine(engine: Engine, asking: Asking, text: str, at: datetime) -> Answers:
    query = parse_query(text, at=at)
    by_words = find_in(engine, None, query, limit=DEEPEST)
    return {
        FOUND: found_in(engine, asking, text, at),
        BY_WORDS: [hit.key.id for hit in by_words.ranked],
        **_unfloored(engine, asking, query),
    }


def found_in(engine: Engine, asking: Asking, text: str, at: datetime) -> list[str]:
    found = find_in(engine, asking, parse_query(text, at=at), limit=DEEPEST)
    if found.degradations & _SLOW:
        raise DegradedAnswer(text)
    return [hit.key.id for hit in found.ranked]


def _unfloored(engine: Engine, asking: Asking, query: SearchQuery) -> Answers:
    """Return the fused ranking whatever the floor says of it, and that of meaning alone."""
    by_meaning = engine.match_meaning(
        query, patient_vector(asking, query.asked), CANDIDATES, made_by=asking.recipe
    )
    both = engine.match_words(query, CANDIDATES) | by_meaning
    return {FUSED: _ids(both.by_signal, query), BY_MEANING: _ids(by_meaning.by_signal, query)}


def _ids(by_signal: Mapping[Signal, Sequence[Scored]], query: SearchQuery) -> list[str]:
    return [hit.key.id for hit in fuse(by_signal, query.configuration)[:DEEPEST]]


@contextmanager
def sample_centre(passages: Encoder, told: Told) -> Iterator[tuple[QuestionSet, Ask]]:
    """Make the sample centre in the data folder; its articles are the documents, the golden set asks."""
    preparing.prepare()
    migrating.migrate()
    at = clock.now()
    loading.load(at)
    index_centre(passages, told)
    codes, documents = _articles(at)
    yield (
        QuestionSet("golden", documents, read_judged(GOLDEN)),
        lambda text: _answers_of_centre(text, codes, at),
    )
    database.engine().dispose()
    engines.forget()


def index_centre(passages: Encoder, told: Told) -> None:
    """Give the engine of the settings all that the centre has, vectors included."""
    preparing.index_everything(told)
    while engines.engine().encode_pending(passages, ENCODED_AT_ONCE):
        meaning = engines.engine().status().meaning
        told(meaning.done, meaning.total)


def _articles(at: datetime) -> tuple[dict[str, str], list[SearchDocument]]:
    """Return the code of each article by its id, and all articles as documents named by code."""
    with database.reading() as session:
        codes = {str(article.id): article.code for article in session.exec(select(Article))}
        return codes, [
            SearchDocument(**(vars(one) | {"key": DocumentKey("kb", codes[one.key.id])}))
            for one in documents_of_centre(session, at)
            if one.key.id in codes  # the periods of other days are documents of their own
        ]


def documents_of_centre(session: Session, at: datetime) -> Iterator[SearchDocument]:
    """Yield what the centre gives its own index."""
    for source in introduced().values():
        ids = list(source.ids(session))
        for start in range(0, len(ids), PUT_AT_ONCE):
            yield from source.documents(session, ids[start : start + PUT_AT_ONCE], at).values()


def _answers_of_centre(text: str, codes: Mapping[str, str], at: datetime) -> Answers:
    asking = meaning.encoder()
    assert asking is not None
    query = _read(text, at)
    unfloored = {} if query.is_empty else _unfloored(engines.engine(), asking, query)
    return {
        FOUND: as_found(text, Mode.HYBRID, at),
        BY_WORDS: as_found(text, Mode.WORDS, at),
        FUSED: [codes[id_] for id_ in unfloored.get(FUSED, [])],
        BY_MEANING: [codes[id_] for id_ in unfloored.get(BY_MEANING, [])],
    }


def as_found(text: str, mode: Mode, at: datetime) -> list[str]:
    """Ask as the desk does; a vector that came too late is there the next time."""
    for pause in PAUSES_SECONDS:
        with database.reading() as session:
            found = find_articles(session, JUDGE, Wish(text), mode=mode, at=at)
        if not found.degradations & _SLOW:
            return [row.card.code for row in found.rows[:DEEPEST]]
        time.sleep(pause)
    raise DegradedAnswer(text)


def typed(text: str, at: datetime) -> int:
    """Search the centre's engine as somebody types; return how many were found."""
    return len(find(_read(text, at), limit=AS_MANY_AS_A_PAGE_COUNTS, mode=Mode.WORDS).ranked)


def settled(text: str, at: datetime) -> int:
    return len(find(_read(text, at), limit=AS_MANY_AS_A_PAGE_COUNTS, mode=Mode.HYBRID).ranked)


def _read(text: str, at: datetime) -> SearchQuery:
    """Read a query as the centre does, with its own lexicon and configuration."""
    return parse_query(text, at=at, understanding=understanding.current())


def read_at_the_desk(text: str, at: datetime) -> SearchQuery | None:
    """Return the query that the desk searches with for an agent, filters included, if it searches."""
    with database.reading() as session:
        return find_articles(session, AGENT, Wish(text), mode=Mode.WORDS, at=at).query


def words(text: str) -> list[str]:
    """Return the words that Zhida would look up, for peers that are given the same."""
    return lexicon.current().cutter.words(text)


def degradation_labels() -> list[str]:
    """Return what the screen says when an answer is less than it could be."""
    return [one.label for one in Degradation]


def golden_queries() -> Iterable[str]:
    return (one.query for one in read_judged(GOLDEN))
