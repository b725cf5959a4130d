"""Keeps what the watched queries find: asks them in the background, a few at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, time, timedelta
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from core import database, jobs
from core.clock import last_time_it_was
from search import embeddings, engines, meaning, understanding, watched
from search.embeddings import Asking, MeaningSlow, MeaningUnavailable
from search.encoder_worker import Vectors
from search.engines.base import EngineUnavailable, Matches, RecipeDiffers
from search.finder import CANDIDATES
from search.kept_scores import Candidates, mark_of
from search.lexicon.snapshot import Lexicon
from search.query import SearchQuery, parse_query
from search.ranking import fuse
from search.recipes import EmbeddingRecipe
from search.understanding import Understanding
from search.watched import Found, WatchedQuery

GATHER, ASK = "search.gather_watched", "search.ask_watched"
KEPT = CANDIDATES + 1  # one to spare, for when the changed document leaves the list
SHARES = 10
AT_ONCE = 25
PATIENT_SECONDS = 30.0
PAUSE = timedelta(minutes=1)
NIGHT = time(2, 30)


def handlers() -> tuple[jobs.Handler, ...]:
    return (
        jobs.Handler(GATHER, _gather, batch=50, label="汇总标准问题和真实查询", lane="slow"),
        jobs.Handler(ASK, _ask_some, batch=50, label="为检索影响记分", lane="slow"),
    )


def ensure(*, at: datetime) -> None:
    """Schedule what is due: the nightly count, or new scores after the lexicon or the weights changed."""
    with database.reading() as session:
        waiting = jobs.waiting(session)
        now = watched.standing(session, stamp_of(understanding.current()))
        is_old = now.counted_at is not None and now.counted_at < last_time_it_was(NIGHT, at)
        is_due = is_old or watched.anything_new(session)
    kind = GATHER if is_due else ASK if now.waiting else None
    if kind and not {GATHER, ASK} & waiting.keys():
        with database.unit_of_work() as session:
            jobs.enqueue(session, kind, {}, at=at, priority=jobs.BACKGROUND, only_once_key=kind)


def stamp_of(reading: Understanding) -> str:
    """Return what differs when queries are read or encoded otherwise than before."""
    said = [_said(reading.lexicon), asdict(reading.configuration), _fingerprint(meaning.recipe())]
    return blake2b(repr(said).encode(), digest_size=12).hexdigest()


def _gather(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    with database.unit_of_work() as session:
        watched.gather(session, at=at)
        watched.forget_scores(session)
        go_on(session, at=at)


def _ask_some(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    """Ask a few and make room for other work; the rows themselves tell how far it came.

    :raises jobs.TryLater: while the engine or the encoder cannot answer
    """
    reading = understanding.current()
    stamp = stamp_of(reading)
    with database.reading() as session:
        rows = watched.waiting_for_scores(session, stamp, AT_ONCE)
    for row in rows:
        try:
            query, found, is_whole = ask(row, reading, at)
        except (EngineUnavailable, MeaningUnavailable, MeaningSlow) as error:
            raise jobs.TryLater(PAUSE) from error
        with database.unit_of_work() as session:
            watched.keep(session, row.text, query, found, stamp=stamp if is_whole else "", kept_at=at)
        if not is_whole:
            raise jobs.TryLater(PAUSE)
    if len(rows) == AT_ONCE:
        with database.unit_of_work() as session:
            go_on(session, at=at)


def go_on(session: Session, *, at: datetime) -> None:
    """Ask the next few, unless that waits to be done already."""
    jobs.enqueue(session, ASK, {}, at=at, priority=jobs.BACKGROUND, only_once_key=ASK)


def ask(row: WatchedQuery, reading: Understanding, at: datetime) -> tuple[SearchQuery, Found, bool]:
    """Return the query as it is read now and what it finds; and whether every document could be found.

    :raises EngineUnavailable: if there is nothing to look in
    :raises MeaningUnavailable: if the encoder does not work
    """
    query = parse_query(row.text, at=at, understanding=reading)
    if query.is_empty:
        return query, Found({}, {}), True
    engine = engines.engine()
    matches, vector, made_by = engine.match_words(query, KEPT), None, ""
    encoder = meaning.encoder() if query.configuration.with_meaning else None
    if encoder is not None:
        made_by = encoder.recipe.fingerprint
        vector = watched.vector_of(row, query.asked, made_by)
        vector = _encoded(encoder, query.asked) if vector is None else vector
        matches, vector = _with_meaning(matches, query, vector, encoder.recipe)
    best = [hit.key for hit in fuse(matches.by_signal, query.configuration)[:SHARES]]
    shares = {mark_of(key): share for key, share in engine.share_found(query, best).items()}
    lists = {signal: Candidates.of(scored) for signal, scored in matches.by_signal.items()}
    return query, Found(lists, shares, vector, made_by), not matches.catching_up


def _with_meaning(
    matches: Matches, query: SearchQuery, vector: Vectors | None, made_by: EmbeddingRecipe
) -> tuple[Matches, Vectors | None]:
    if vector is None:
        return matches, None
    try:
        found = engines.engine().match_meaning(query, vector, KEPT, made_by=made_by)
    except RecipeDiffers:
        return matches, None
    return matches | found, vector


def _encoded(encoder: Asking, text: str) -> Vectors | None:
    """Return the vector, or None for a text that the encoder dies of: people get words alone for it too.

    :raises MeaningUnavailable: if the encoder bears nothing at all
    """
    try:
        return encoder.ask(text, budget=PATIENT_SECONDS).vector()
    except MeaningUnavailable:
        never_asked = f"{embeddings.HARMLESS} {uuid4().hex}"  # what is remembered would prove nothing
        encoder.ask(never_asked, budget=PATIENT_SECONDS).vector()
        return None


def _fingerprint(recipe: EmbeddingRecipe | None) -> str:
    return recipe.fingerprint if recipe else ""


_hashed: list[tuple[Lexicon, str]] = []


def _said(lexicon: Lexicon) -> str:
    """Return a digest of all that the lexicon says, computed once for each."""
    if not _hashed or _hashed[0][0] is not lexicon:
        said = [_in_order(getattr(lexicon, field.name)) for field in fields(lexicon)]
        _hashed[:] = [(lexicon, blake2b(repr(said).encode(), digest_size=12).hexdigest())]
    return _hashed[0][1]


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted(value.items())
    return sorted(value) if isinstance(value, frozenset) else value
