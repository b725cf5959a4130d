"""A search that was narrowed shows nothing else, whoever pinned it; and filters are typed as people type."""

import pytest

from core import database, jobs
from core.identity import Actor
from core.scope import Brand
from kb.categories import add_category
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import ArticleVersion, Kind
from kb.search_source import key_of
from search import indexing
from search.finder import Mode
from search.lexicon.snapshot import Lexicon, Pin
from search.understanding import Understanding
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article

PLAIN = Understanding(Lexicon())


def index() -> None:
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def search(reader: Actor, text: str, reading: Understanding = PLAIN, **wish: object) -> FoundArticles:
    with database.reading() as session:
        asked = Wish(text, **wish)  # type: ignore[arg-type]  # passed on as they came
        return find_articles(session, reader, asked, mode=Mode.WORDS, at=MONDAY_MORNING, reading=reading)


def titles(found: FoundArticles) -> list[str]:
    return [row.card.title for row in found.rows]


def said(found: FoundArticles) -> list[tuple[str, bool]]:
    return [(part.label, part.was_ignored) for part in found.said]


class TestRaised:
    """宽带移机 has a tariff in one category, and a pinned or promoted script in another."""

    @pytest.fixture
    def tariff(self, each_database: str) -> ArticleVersion:
        with database.unit_of_work() as session:
            broad = add_category(session, "宽带", parent_id=None, actor=LIBRARIAN, at=MONDAY_MORNING)
            self.prices = add_category(
                session, "资费", parent_id=broad.id, actor=LIBRARIAN, at=MONDAY_MORNING
            ).id
            self.broad = broad.id
        return make_article("宽带移机资费", kind=Kind.TARIFF, category_id=self.prices)

    @pytest.fixture(params=[True, False], ids=["promoted", "pinned"])
    def reading(self, tariff: ArticleVersion, request: pytest.FixtureRequest) -> Understanding:
        raised = make_article("安抚话术", kind=Kind.SCRIPT)
        index()
        pin = Pin("宽带移机", key_of(raised.article_id), is_promotion=request.param)
        return Understanding(Lexicon(pins=(pin,)))

    def test_it_is_shown_where_nothing_was_chosen(self, agent_chen: Actor, reading: Understanding) -> None:
        assert set(titles(search(agent_chen, "宽带移机", reading))) == {"安抚话术", "宽带移机资费"}

    def test_it_is_neither_shown_nor_counted_under_another_kind(
        self, agent_chen: Actor, reading: Understanding
    ) -> None:
        for found in (
            search(agent_chen, "宽带移机", reading, kind=Kind.TARIFF),
            search(agent_chen, "宽带移机 类型:资费", reading),
        ):
            assert (titles(found), found.total) == (["宽带移机资费"], 1)

    def test_it_is_neither_shown_nor_counted_in_another_category(
        self, agent_chen: Actor, reading: Understanding
    ) -> None:
        for category in (self.broad, self.prices):
            found = search(agent_chen, "宽带移机", reading, category_id=category)
            assert (titles(found), found.total) == (["宽带移机资费"], 1)

    def test_under_its_own_kind_it_is_first(self, agent_chen: Actor, reading: Understanding) -> None:
        assert titles(search(agent_chen, "宽带移机", reading, kind=Kind.SCRIPT)) == ["安抚话术"]


class TestTyped:
    @pytest.fixture(autouse=True)
    def _library(self, centre: object) -> None:
        with database.unit_of_work() as session:
            session.add_all([Brand(code="yinling", name="银龄"), Brand(code="qingmang", name="青芒")])
            for top in ("宽带", "流量"):
                parent = add_category(session, top, parent_id=None, actor=LIBRARIAN, at=MONDAY_MORNING)
                below = add_category(session, "资费", parent_id=parent.id, actor=LIBRARIAN, at=MONDAY_MORNING)
                setattr(self, top, below.id)
        make_article("流量包银龄版", brands=["yinling"])
        make_article("流量包青芒版", brands=["qingmang"])
        make_article("流量包一口价", category_id=self.流量)
        make_article("流量包与宽带", category_id=self.宽带)
        index()

    def test_a_filter_may_touch_the_word_before_it(self, agent_chen: Actor) -> None:
        found = search(agent_chen, "流量包品牌:银龄")

        assert said(found) == [("品牌：银龄", False)]
        assert found.said[0].rest == "流量包"
        assert "流量包青芒版" not in titles(found)
        assert titles(found) == titles(search(agent_chen, "流量包 品牌:银龄"))

    @pytest.mark.parametrize("typed", ["办理渠道：详见附件", "“流量包品牌:银龄”", "流量包品牌:火星"])
    def test_what_names_nothing_that_there_is_or_is_quoted_is_no_filter(
        self, agent_chen: Actor, typed: str
    ) -> None:
        assert not [
            label for label, _ in said(search(agent_chen, typed)) if label.startswith(("品牌", "渠道"))
        ]

    def test_of_two_filters_of_one_name_the_last_holds_and_the_other_says_that_it_does_not(
        self, agent_chen: Actor
    ) -> None:
        found = search(agent_chen, "流量包 品牌:银龄 品牌:青芒")

        assert found.context.brand == "qingmang"
        assert said(found) == [("品牌：银龄，后面另有，已忽略", True), ("品牌：青芒", False)]

    def test_a_filter_that_nobody_knows_takes_the_place_of_none(self, agent_chen: Actor) -> None:
        found = search(agent_chen, "流量包 品牌:银龄 品牌:火星")

        assert found.context.brand == "yinling"
        assert said(found)[0] == ("品牌：银龄", False)

    @pytest.mark.parametrize("typed", ["流量/资费", "流量›资费", "流量 › 资费", "流量 > 资费", "流量/资"])
    def test_a_category_is_told_from_its_namesake_by_its_path(self, agent_chen: Actor, typed: str) -> None:
        found = search(agent_chen, f"流量包 类别:{typed}")

        assert said(found) == [("类别：流量 › 资费", False)]
        assert titles(found) == ["流量包一口价"]

    def test_namesakes_are_told_with_their_paths(self, agent_chen: Actor) -> None:
        [(label, was_ignored)] = said(search(agent_chen, "流量包 类别:资费"))

        assert was_ignored
        assert "宽带 › 资费、流量 › 资费" in label
