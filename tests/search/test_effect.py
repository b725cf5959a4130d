"""What a change of one document wins and loses, foretold without writing it, and then really done."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import database, jobs
from core.identity import SYSTEM
from search import effect, engines, meaning, models, understanding, watched, watching
from search.document import DocumentKey, SearchDocument
from search.effect import Effect, effect_of
from search.embeddings import Awaited, MeaningUnavailable
from search.encoder_worker import Vectors
from search.evaluation import read_judged
from search.finder import find_in
from search.golden import Golden, GoldenQuery, Grade, Judgement, all_golden
from search.hits import Degradation, Hit, Signal
from search.query import parse_query
from tests.conftest import MONDAY_MORNING
from tests.search.library import fill
from tests.search.stand_ins import RECIPE, AskingLetters, LetterEncoder
from tests.search.test_evaluation import GOLDEN, sample_documents

SHOWN = 60
NEARLY_EQUAL = 0.03  # of a fused score of about 1: what other documents' rarity changes by one document more


class RememberingLetters(LetterEncoder):
    """As the letters, quicker on what they have seen."""

    @lru_cache(maxsize=20_000)  # noqa: B019 - it lives as long as the tests
    def vector_of(self, text: str) -> Vectors:
        return super().vector_of(text)


LETTERS = RememberingLetters()


class AskingForDrafts(AskingLetters):
    def ask_passage(self, text: str, *, budget: float) -> Awaited:
        return self.ask(text, budget=budget)

    def close(self) -> None:
        """There is no process to end."""


@pytest.fixture
def asking(centre: Path, monkeypatch: pytest.MonkeyPatch) -> AskingForDrafts:
    """The encoder of letters in place of the model, for the whole process."""
    encoder = AskingForDrafts(LETTERS)
    monkeypatch.setattr(models, "chosen", lambda: RECIPE)
    monkeypatch.setattr(meaning, "recipe", lambda: RECIPE)
    monkeypatch.setattr(meaning, "encoder", lambda: encoder)
    return encoder


def index(documents: list[SearchDocument]) -> None:
    engine = engines.engine()
    fill(engine, *documents)
    while engine.encode_pending(LETTERS, 500):
        pass


def judge(query: str, *answers: str) -> None:
    with database.unit_of_work() as session:
        golden = GoldenQuery(text=query, kind="汉字", created_by=SYSTEM.staff_id)
        session.add(golden)
        session.flush()
        for answer in answers:
            session.add(
                Judgement(
                    query_id=golden.id,
                    source="kb",
                    document_id=answer,
                    grade=Grade.ANSWERS,
                    judged_by=SYSTEM.staff_id,
                    judged_at=MONDAY_MORNING,
                )
            )


def keep_scores() -> None:
    """Ask all watched queries anew, as the background does after a rebuild."""
    with database.unit_of_work() as session:
        watched.forget_scores(session)
    watching.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def foretold(document: SearchDocument) -> Effect:
    with database.reading() as session:
        return effect_of(session, document, limit=SHOWN, at=MONDAY_MORNING)


def asked(text: str, asking: AskingForDrafts | None) -> tuple[Hit, ...]:
    query = parse_query(text, at=MONDAY_MORNING, understanding=understanding.current())
    return find_in(engines.engine(), asking, query, limit=SHOWN).ranked


def band(hits: tuple[Hit, ...], relevant: frozenset[DocumentKey]) -> int:
    if not relevant:
        return 0 if hits else 1
    place = min((place for place, hit in enumerate(hits, 1) if hit.key in relevant), default=99)
    return sum(place <= step for step in effect.GOLDEN_STEPS)


ROAMING = SearchDocument(DocumentKey("kb", "roaming"), "国际漫游怎么收费", body="出境前开通，按天计费。")
MOVING = SearchDocument(DocumentKey("kb", "moving"), "宽带移机怎么办理", body="提前一天预约，师傅上门。")
OTHERS = [
    SearchDocument(DocumentKey("kb", f"other{n}"), title, body="请到营业厅办理。")
    for n, title in enumerate(
        ["发票怎么开", "换卡要带什么", "停机保号", "亲情网加人", "彩铃取消", "副卡办理"]
    )
]


@pytest.fixture
def small(asking: AskingForDrafts) -> AskingForDrafts:
    index([ROAMING, MOVING, *OTHERS])
    judge("漫游收费", "roaming")
    judge("宽带移机", "moving")
    judge("火星套餐")
    keep_scores()
    return asking


def test_a_document_that_stays_as_it_is_moves_nothing(small: AskingForDrafts) -> None:
    told = foretold(ROAMING)

    assert told.watched == 3
    assert told.waiting == 0
    assert told.moves == ()


def test_without_its_decisive_words_it_loses_its_golden_query(small: AskingForDrafts) -> None:
    told = foretold(replace(ROAMING, title="业务说明", body="按天计。"))

    [lost] = told.lost_golden
    assert lost.query == "漫游收费"
    assert lost.change.before == 1
    assert told.digest


def test_a_new_document_that_stands_before_the_right_one_loses_it(small: AskingForDrafts) -> None:
    told = foretold(SearchDocument(DocumentKey("kb", "new"), "宽带移机", questions=("宽带移机",)))

    [lost] = told.lost
    assert (lost.query, lost.change.key) == ("宽带移机", MOVING.key)
    assert (lost.change.before, lost.change.after) == (1, 2)


def test_an_answer_where_there_should_be_none_is_a_loss(small: AskingForDrafts) -> None:
    told = foretold(SearchDocument(DocumentKey("kb", "new"), "火星套餐", questions=("火星套餐",)))

    [lost] = told.lost_golden
    assert lost.query == "火星套餐"
    assert lost.change.key is None


def test_what_was_agreed_to_is_only_that(small: AskingForDrafts) -> None:
    one = foretold(replace(ROAMING, title="业务说明", body="按天计。"))
    same = foretold(replace(ROAMING, title="办理须知", body="按天计。"))
    other = foretold(SearchDocument(DocumentKey("kb", "new"), "宽带移机", questions=("宽带移机",)))

    assert one.digest == same.digest != other.digest


def test_without_the_encoder_the_words_alone_tell_and_say_so(small: AskingForDrafts) -> None:
    small.fails_with = MeaningUnavailable()

    told = foretold(replace(ROAMING, title="业务说明", body="按天计。"))

    assert told.degradations == {Degradation.MEANING_UNAVAILABLE}
    assert [move.query for move in told.lost_golden] == ["漫游收费"]
    assert all(move.by is not Signal.MEANING for move in told.moves)


@pytest.fixture(scope="module")
def golden_documents() -> list[SearchDocument]:
    return sample_documents()[::3]


EDITS: dict[str, Callable[[SearchDocument, SearchDocument, str], SearchDocument]] = {
    "another title": lambda its, other, _: replace(its, title=other.title),
    "nothing decisive": lambda its, _other, _: replace(its, title="办理说明", questions=(), keywords=()),
    "nothing at all": lambda its, _other, _: SearchDocument(its.key, "办理说明"),
    "only a word more": lambda its, _other, _: replace(its, summary=f"{its.summary}以系统为准。"),
    "the question itself": lambda its, _other, asked: replace(its, questions=(*its.questions, asked)),
    "another has the question": lambda _its, other, asked: replace(other, questions=(asked,)),
    "another is about it": lambda its, other, asked: replace(other, title=asked, body=its.body),
    "a new one": lambda its, _other, asked: SearchDocument(DocumentKey("kb", "new"), asked, codes=its.codes),
}


@pytest.fixture
def sample(asking: AskingForDrafts, golden_documents: list[SearchDocument]) -> AskingForDrafts:
    index(golden_documents)
    ids = {document.key.id for document in golden_documents}
    for one in read_judged(GOLDEN)[::3]:
        if not one.held_out and (one.relevant & ids or not one.relevant):
            judge(one.query, *sorted(one.relevant & ids))
    keep_scores()
    return asking


def test_what_is_foretold_is_what_then_happens(
    sample: AskingForDrafts, golden_documents: list[SearchDocument]
) -> None:
    with database.reading() as session:
        golden = all_golden(session)
    documents = {document.key: document for document in golden_documents}
    before = {one.text: band(asked(one.text, sample), one.relevant) for one in golden}
    answered = sorted((one for one in golden if one.relevant), key=lambda one: before[one.text])
    happened = []

    @settings(max_examples=16, deadline=None, derandomize=True)
    @given(
        st.sampled_from(answered) | st.sampled_from(answered[:9]),  # what is badly found can be won
        st.sampled_from(golden_documents),
        st.sampled_from(sorted(EDITS)),
    )
    def it_does(about: Golden, other: SearchDocument, edit: str) -> None:
        changed = EDITS[edit](documents[min(about.relevant)], other, about.text)
        told = {move.query: move.change.is_won for move in foretold(changed).moves}
        index([*(documents | {changed.key: changed}).values()])
        for one in golden:
            hits = asked(one.text, sample)
            after = band(hits, one.relevant)
            happens = None if after == before[one.text] else after > before[one.text]
            happened.append(happens)
            assert told.get(one.text) == happens or is_a_tie(hits, one.relevant), (edit, one.text)
        index(golden_documents)

    it_does()
    assert True in happened
    assert False in happened


def is_a_tie(hits: tuple[Hit, ...], relevant: frozenset[DocumentKey]) -> bool:
    """Tell whether a neighbour is so near that one document more in the index may turn them round."""
    near = [(a, b) for a, b in pairwise(hits[:12]) if abs(a.score - b.score) < NEARLY_EQUAL]
    return any(a.key in relevant or b.key in relevant for a, b in near)
