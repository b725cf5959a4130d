"""A new domain word reaches the documents that contain it, whatever else goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from core import database, jobs
from core.identity import Actor
from core.scope import Brand
from search import engines, indexing, rebuild, recutting, sources
from search.hits import Signal
from search.lexicon import changing, current, undoing, wording
from search.lexicon.changing import Move
from search.lexicon.snapshot import Lexicon
from search.query import parse_query
from search.understanding import Understanding
from tests.conftest import MONDAY_MORNING
from tests.people import hire
from tests.search.brands import SOURCE, Brands, offer

WORD = "云上沃家"
LATER = MONDAY_MORNING + timedelta(minutes=5)


@pytest.fixture
def lin(brands: Brands) -> Actor:
    return hire("lin", "林悦", "editor")


@pytest.fixture
def brands(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Brands:
    """Six brands with a name that no dictionary has, and four others; all goes by threes."""
    monkeypatch.setattr(sources, "_sources", {})
    monkeypatch.setattr(rebuild, "BATCH", 3)
    monkeypatch.setattr(recutting, "CHUNK", 3)
    brands = Brands()
    indexing.introduce(SOURCE, brands)
    named = [Brand(code=f"b{n}", name=f"{WORD}{n}号") for n in range(6)]
    with database.unit_of_work() as session:
        session.add_all([*named, *(Brand(code=f"c{n}", name=f"畅享{n}号") for n in range(4))])
    return brands


def learn(editor: Actor, *words: str) -> int:
    moves = [Move(uuid4(), None, wording.word(word)) for word in words]
    with database.unit_of_work() as session:
        return changing.keep_all(session, moves, actor=editor, at=MONDAY_MORNING)


def cut_as_one_word() -> set[str]:
    """Return the documents that have the word as one token."""
    only = Understanding(Lexicon(words=frozenset({WORD})))
    query = parse_query(WORD, at=LATER, understanding=only)
    whole = {word: weight for word, weight in query.words.items() if word == WORD}
    matches = engines.engine().match_words(replace(query, words=whole), 50)
    return {hit.key.id for hit in matches.by_signal[Signal.WORDS]}


NAMED = {f"b{n}" for n in range(6)}


def test_documents_are_cut_anew_in_the_background(lin: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    assert cut_as_one_word() == set()

    number = learn(lin, WORD)
    assert cut_as_one_word() == set()
    jobs.run_all_due(MONDAY_MORNING)
    assert cut_as_one_word() == NAMED

    with database.unit_of_work() as session:
        undoing.undo(session, number, actor=lin, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    assert cut_as_one_word() == set()


def test_only_documents_that_contain_the_word_are_read(lin: Actor, brands: Brands) -> None:
    rebuild.rebuild(MONDAY_MORNING)
    chunks: list[int] = []
    brands.while_reading = lambda: chunks.append(1)

    learn(lin, WORD)
    jobs.run_all_due(MONDAY_MORNING)

    assert len(chunks) == 2


def test_five_thousand_words_are_few_jobs_and_publishing_goes_first(lin: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    learn(lin, *(f"新词甲{n}号" for n in range(4_999)), WORD)
    with database.reading() as session:
        assert jobs.waiting(session) == {changing.RECUT: 5}

    offer("b0", "改名")
    jobs.run_due(MONDAY_MORNING)
    with database.reading() as session:
        assert jobs.waiting(session) == {changing.RECUT: 5}
    jobs.run_all_due(MONDAY_MORNING)
    assert cut_as_one_word() == NAMED - {"b0"}


def test_a_publication_does_not_wait_for_the_whole_recut(lin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two chunks the right to write is free."""
    rebuild.rebuild(MONDAY_MORNING)
    learn(lin, WORD)
    bring, published = recutting.bring, list[bool]()

    def bring_and_let_others(*args: object, **more: object) -> int:
        done = bring(*args, **more)  # type: ignore[arg-type]  # passed on as they came
        if not published:
            offer("c0", "半路发布")
            other = threading.Thread(target=lambda: jobs.run_due(MONDAY_MORNING, lane="quick"))
            other.start()
            published.append(True)
            threads.append(other)
        return done

    threads: list[threading.Thread] = []
    monkeypatch.setattr(recutting, "bring", bring_and_let_others)
    jobs.run_due(MONDAY_MORNING, lane="slow")
    threads[0].join()

    assert cut_as_one_word() == NAMED
    found = engines.engine().match_words(parse_query("半路发布", at=LATER), 5)
    assert "c0" in {hit.key.id for hit in found.by_signal[Signal.GRAMS]}


def halfway(act: Callable[[], object]) -> Callable[[int, int], None]:
    def listen(done: int, _total: int) -> None:
        if done == 6:
            act()

    return listen


def test_a_word_learnt_during_a_rebuild_is_in_every_document_of_the_new_index(lin: Actor) -> None:
    """Two batches were cut before it came, and there is no older index in which they could be found."""
    rebuild.rebuild(MONDAY_MORNING, halfway(lambda: learn(lin, WORD)))

    jobs.run_all_due(LATER)

    assert cut_as_one_word() == NAMED


def test_a_word_recut_during_a_rebuild_is_in_the_new_index_too(lin: Actor) -> None:
    rebuild.rebuild(MONDAY_MORNING)

    def learn_and_recut() -> None:
        learn(lin, WORD)
        jobs.run_all_due(MONDAY_MORNING)
        assert cut_as_one_word() == NAMED

    rebuild.rebuild(MONDAY_MORNING, halfway(learn_and_recut))

    assert cut_as_one_word() == NAMED


def test_a_word_reaches_what_only_the_new_index_has(lin: Actor, brands: Brands) -> None:
    """The recut looks in the old index, which was made before these brands and knows none of them."""
    with database.unit_of_work() as session:
        for code in NAMED:
            session.get_one(Brand, code).retired = True
    rebuild.rebuild(MONDAY_MORNING)
    with database.unit_of_work() as session:
        for code in NAMED:
            session.get_one(Brand, code).retired = False

    def learn_and_recut() -> None:
        learn(lin, WORD)
        jobs.run_all_due(MONDAY_MORNING)

    rebuild.rebuild(MONDAY_MORNING, halfway(learn_and_recut))
    jobs.run_all_due(LATER)

    assert cut_as_one_word() == NAMED


def test_a_batch_that_is_written_late_knows_the_words_of_then(
    lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process looked at the lexicon a moment ago and would not look again for half a second."""
    monkeypatch.setattr("search.live.LOOKS_EVERY_SECONDS", 3_600)
    rebuild.rebuild(MONDAY_MORNING)
    current.current()

    learn(lin, WORD)
    offer("b1", f"{WORD}改名")
    jobs.run_due(MONDAY_MORNING, lane="quick")

    assert cut_as_one_word() == {"b1"}


def test_without_an_index_the_word_waits_for_one(lin: Actor) -> None:
    learn(lin, WORD)

    jobs.run_due(MONDAY_MORNING)

    with database.reading() as session:
        assert jobs.waiting(session) == {changing.RECUT: 1}
    rebuild.rebuild(MONDAY_MORNING)
    jobs.run_all_due(LATER)
    with database.reading() as session:
        assert jobs.waiting(session) == {}


def test_while_another_writes_it_is_tried_again(lin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recutting, "LEASE_WAIT_SECONDS", 0.1)
    rebuild.rebuild(MONDAY_MORNING)
    learn(lin, WORD)

    def hold(held: threading.Event, over: threading.Event) -> None:
        with engines.engine().writing(wait=1):
            held.set()
            over.wait()

    held, over = threading.Event(), threading.Event()
    holding = threading.Thread(target=hold, args=(held, over))
    holding.start()
    held.wait()
    jobs.run_due(MONDAY_MORNING)
    over.set()
    holding.join()

    assert cut_as_one_word() == set()
    jobs.run_all_due(LATER)
    assert cut_as_one_word() == NAMED
