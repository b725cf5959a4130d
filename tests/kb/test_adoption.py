"""What agents copy and call useful comes first among equals; what an editor pins comes first of all."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from core import database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from kb import adoption, feedback
from kb.answers import answer_for
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import Article, ArticleVersion, Verdict
from kb.search_source import key_of
from search import configuration, indexing, live
from search.configuration import Configuration, ConfigurationUnusable
from search.finder import Mode
from search.lexicon.snapshot import Lexicon, Pin
from search.query_log import Action, note_use
from search.understanding import Understanding
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article

TODAY = MONDAY_MORNING + timedelta(days=30)
UNREAD = Understanding(Lexicon())


def copy(session: Session, version: ArticleVersion, who: Actor, times: int, at: datetime = TODAY) -> None:
    for _ in range(times):
        note_use(
            session, None, key_of(version.article_id), Action.COPIED, position=1, staff_id=who.staff_id, at=at
        )


def count(at: datetime = TODAY) -> None:
    with database.unit_of_work() as session:
        jobs.enqueue(session, adoption.COUNT, {}, at=at)
    jobs.run_all_due(at)
    live.forget()  # as if a second had passed


def find(text: str, reader: Actor, reading: Understanding = UNREAD) -> FoundArticles:
    with database.reading() as session:
        return find_articles(session, reader, Wish(text), mode=Mode.WORDS, at=TODAY, reading=reading)


def titles(found: FoundArticles) -> list[str]:
    return [row.card.title for row in found.rows]


@pytest.fixture
def twins(each_database: str, agent_chen: Actor) -> tuple[ArticleVersion, ArticleVersion]:
    made = make_article("宽带移机甲"), make_article("宽带移机乙")
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    return made


class TestAdoption:
    @pytest.mark.parametrize("better", [0, 1])
    def test_of_two_alike_the_copied_one_comes_first(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor, better: int
    ) -> None:
        with database.unit_of_work() as session:
            copy(session, twins[better], agent_chen, 5)
        count()

        assert titles(find("宽带移机", agent_chen))[0] == twins[better].title

    def test_useless_votes_take_copies_away(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor
    ) -> None:
        first, second = twins
        with database.unit_of_work() as session:
            copy(session, first, agent_chen, 3)
            copy(session, second, agent_chen, 2)
            code = session.get_one(Article, first.article_id).code
            answer = answer_for(session, agent_chen, code, at=TODAY)
            feedback.give(session, answer, Verdict.USELESS, actor=agent_chen, at=TODAY)
        count()

        assert titles(find("宽带移机", agent_chen))[0] == second.title

    def test_what_was_copied_long_ago_is_forgotten(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor
    ) -> None:
        with database.unit_of_work() as session:
            copy(session, twins[0], agent_chen, 5)
        count()
        count(TODAY + adoption.LOOKS_BACK + timedelta(days=1))

        assert adoption.weights() == {}

    def test_it_never_lifts_a_poor_match_over_a_good_one(self, each_database: str, agent_chen: Actor) -> None:
        good, poor = make_article("国际漫游资费"), make_article("宽带移机", answer="与漫游无关")
        indexing.ensure(at=MONDAY_MORNING)
        jobs.run_all_due(MONDAY_MORNING)
        with database.unit_of_work() as session:
            copy(session, poor, agent_chen, 50)
        count()

        assert titles(find("国际漫游资费", agent_chen))[0] == good.title


class TestPins:
    def reading(self, *pins: Pin) -> Understanding:
        return Understanding(Lexicon(pins=pins))

    def test_a_pinned_article_comes_first_even_if_no_word_of_it_matches(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor
    ) -> None:
        notice = make_article("今晚系统割接公告")

        found = find("宽带移机", agent_chen, self.reading(Pin("宽带", key_of(notice.article_id))))

        assert titles(found)[0] == notice.title
        assert found.rows[0].is_pinned
        assert len(found.rows) == 3

    def test_a_promoted_one_is_raised_above_its_equals(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor
    ) -> None:
        second = twins[1]
        pin = Pin("宽带移机", key_of(second.article_id), is_promotion=True)

        found = find("宽带移机", agent_chen, self.reading(pin))

        assert titles(found)[0] == second.title
        assert found.rows[0].is_promoted

    def test_a_pin_shows_nobody_what_they_may_not_read(
        self, twins: tuple[ArticleVersion, ArticleVersion], agent_chen: Actor, editor_lin: Actor
    ) -> None:
        secret = make_article("只给知识组", teams=["knowledge"])
        reading = self.reading(Pin("宽带", key_of(secret.article_id)))

        assert secret.title not in titles(find("宽带移机", agent_chen, reading))
        assert titles(find("宽带移机", editor_lin, reading))[0] == secret.title


class TestConfiguration:
    @pytest.mark.parametrize(
        ("chosen", "is_lifted"), [(Configuration(), True), (Configuration(adoption=0), False)]
    )
    def test_what_is_put_in_force_is_ranked_by(
        self,
        twins: tuple[ArticleVersion, ArticleVersion],
        agent_chen: Actor,
        editor_lin: Actor,
        chosen: Configuration,
        is_lifted: bool,
    ) -> None:
        by_itself = titles(find("宽带移机", agent_chen))
        last = next(one for one in twins if one.title == by_itself[-1])
        with database.unit_of_work() as session:
            copy(session, last, agent_chen, 5)
            configuration.put_in_force(session, chosen, evidence={}, actor=editor_lin, at=TODAY)
        count()
        live.forget()  # as if a second had passed

        with database.reading() as session:
            found = find_articles(session, agent_chen, Wish("宽带移机"), mode=Mode.WORDS, at=TODAY)

        assert (titles(found)[0] == last.title) is is_lifted

    def test_a_weight_that_is_no_sensible_number_is_refused(self, centre: Path, editor_lin: Actor) -> None:
        with pytest.raises(ConfigurationUnusable), database.unit_of_work() as session:
            configuration.put_in_force(
                session, Configuration(words=float("nan")), evidence={}, actor=editor_lin, at=TODAY
            )

    def test_agents_change_no_weights(self, centre: Path, agent_chen: Actor) -> None:
        with pytest.raises(NotAllowed), database.unit_of_work() as session:
            configuration.put_in_force(session, Configuration(), evidence={}, actor=agent_chen, at=TODAY)
