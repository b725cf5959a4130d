"""With a reranker, the best stand by how well they answer; pins and exact codes stay where they are."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from core import database
from core.identity import Actor
from kb import reranking as closer
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import ArticleVersion
from kb.reading import ArticleCard
from kb.search_source import key_of
from search import reranking
from search.configuration import DEFAULT, Configuration
from search.document import DocumentKey
from search.finder import Mode
from search.hits import Degradation, Hit, Signal
from search.lexicon.snapshot import Lexicon, Pin
from search.query import parse_query
from search.ranking import Prior
from search.reranking import RerankingSlow, RerankingUnavailable
from search.understanding import Understanding
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article, make_indexed


class Preferring:
    """Prefers what costs nothing, and notes what it is asked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, list[str]]] = []

    def probabilities(self, question: str, texts: Sequence[str]) -> list[float]:
        self.asked.append((question, list(texts)))
        if self.failure:
            raise self.failure
        return [0.9 if "免费" in text else 0.5 if "优惠" in text else 0.1 for text in texts]


@pytest.fixture
def preferring(monkeypatch: pytest.MonkeyPatch) -> Preferring:
    preferring = Preferring()
    monkeypatch.setattr(reranking, "reranker", lambda: preferring)
    return preferring


@pytest.fixture
def prices(each_database: str, agent_chen: Actor) -> list[ArticleVersion]:
    dear = make_indexed("宽带移机", answer="同城一百元")
    free = make_indexed("宽带移机说明", answer="新装一年内免费")
    lower = make_indexed("宽带移机说明二", answer="老客户优惠")
    return [dear, free, lower]


def find(
    reader: Actor, text: str = "宽带移机", *, mode: Mode = Mode.HYBRID, reading: Understanding | None = None
) -> FoundArticles:
    with database.reading() as session:
        reading = reading or Understanding(Lexicon())
        return find_articles(session, reader, Wish(text), mode=mode, at=MONDAY_MORNING, reading=reading)


def titles(found: FoundArticles) -> list[str]:
    return [row.card.title for row in found.rows]


def test_the_better_answer_comes_first_once_the_question_has_settled(
    prices: list[ArticleVersion], agent_chen: Actor, preferring: Preferring
) -> None:
    assert titles(find(agent_chen)) == ["宽带移机说明", "宽带移机说明二", "宽带移机"]
    ((question, texts),) = preferring.asked
    assert question == "宽带移机"
    assert "宽带移机 同城一百元" in texts


def test_nobody_who_types_or_switched_it_off_waits_for_it(
    prices: list[ArticleVersion], agent_chen: Actor, preferring: Preferring
) -> None:
    off = Understanding(Lexicon(), configuration=Configuration(with_reranker=False))

    typed, settled = find(agent_chen, mode=Mode.WORDS), find(agent_chen, reading=off)

    assert titles(typed)[0] == titles(settled)[0] == "宽带移机"
    assert preferring.asked == []


def test_counting_for_a_narrower_list_does_not_ask_twice(
    prices: list[ArticleVersion], agent_chen: Actor, preferring: Preferring
) -> None:
    with database.reading() as session:
        wish = Wish("宽带移机", kind=prices[0].kind)
        find_articles(session, agent_chen, wish, mode=Mode.HYBRID, at=MONDAY_MORNING)

    assert len(preferring.asked) == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (RerankingSlow(), Degradation.RERANKING_SLOW),
        (RerankingUnavailable(), Degradation.RERANKING_UNAVAILABLE),
    ],
)
def test_without_it_the_answer_goes_out_as_it_was_and_says_so(
    prices: list[ArticleVersion],
    agent_chen: Actor,
    preferring: Preferring,
    failure: Exception,
    said: Degradation,
) -> None:
    preferring.failure = failure

    found = find(agent_chen)

    assert titles(found)[0] == "宽带移机"
    assert found.degradations == {said}
    assert "按基本排序" in said.label


def test_what_is_pinned_stays_first(
    prices: list[ArticleVersion], agent_chen: Actor, preferring: Preferring
) -> None:
    notice = make_article("今晚割接公告")
    pin = Pin("宽带", key_of(notice.article_id))

    found = find(agent_chen, reading=Understanding(Lexicon(pins=(pin,))))

    assert titles(found)[:2] == ["今晚割接公告", "宽带移机说明"]


def test_the_article_with_the_very_code_stays_above(
    prices: list[ArticleVersion], agent_chen: Actor, preferring: Preferring
) -> None:
    make_indexed("错误码 ERR-1023", answer="重启光猫", codes=["ERR-1023"])

    assert titles(find(agent_chen, "宽带移机 ERR-1023"))[:2] == ["错误码 ERR-1023", "宽带移机说明"]


def test_what_may_not_be_read_is_not_looked_at(
    prices: list[ArticleVersion], agent_chen: Actor, editor_lin: Actor, preferring: Preferring
) -> None:
    make_indexed("宽带移机内情", answer="免费", teams=["knowledge"])

    assert "宽带移机内情" not in titles(find(agent_chen))
    assert not any("内情" in text for _, texts in preferring.asked for text in texts)
    assert "宽带移机内情" in titles(find(editor_lin))


def _key(number: int) -> DocumentKey:
    return key_of(UUID(int=number))


@how_often(deadline=None)
@given(
    chances=st.lists(st.floats(0, 1), min_size=2, max_size=40),
    codes=st.sets(st.integers(0, 39)),
    pinned=st.booleans(),
)
def test_nothing_is_lost_and_only_the_best_twenty_move(
    chances: list[float], codes: set[int], pinned: bool
) -> None:
    hits = [Hit(_key(n), float(-n), {Signal.CODES: 1.0} if n in codes else {}) for n in range(len(chances))]
    pins = (Pin("宽带", _key(0)),) if pinned else ()
    query = parse_query("宽带", at=MONDAY_MORNING, understanding=Understanding(Lexicon(pins=pins)))
    cards = {UUID(hit.key.id): _card(n) for n, hit in enumerate(hits)}

    class Telling:
        def probabilities(self, _question: str, texts: Sequence[str]) -> list[float]:
            return [chances[int(text)] for text in texts]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reranking, "reranker", Telling)
        ranked, missed = closer.look_closer(query, hits, cards, {})

    assert missed == frozenset()
    assert sorted(hit.key for hit in ranked) == sorted(hit.key for hit in hits)
    assert ranked[20:] == hits[20:]
    if pinned:
        assert ranked[0].key == _key(0)
    moved = [hit for hit in ranked[:20] if not hit.why and not (pinned and hit.key == _key(0))]
    scores = [chances[UUID(hit.key.id).int] for hit in moved]
    assert scores == sorted(scores, reverse=True)


def _card(number: int) -> ArticleCard:
    made: ArticleCard = object.__new__(ArticleCard)
    for name, text in (("title", str(number)), ("answer", "")):
        object.__setattr__(made, name, text)
    return made


def test_what_is_promoted_counts_beside_the_probability(preferring: Preferring) -> None:
    query = parse_query("宽带", at=MONDAY_MORNING)
    hits = [Hit(_key(n), 1.0) for n in range(2)]
    cards = {UUID(hit.key.id): _card(n) for n, hit in enumerate(hits)}

    ranked, _ = closer.look_closer(query, hits, cards, {_key(1): Prior(is_promoted=True)})

    assert DEFAULT.promotion > 0
    assert [hit.key for hit in ranked] == [_key(1), _key(0)]
