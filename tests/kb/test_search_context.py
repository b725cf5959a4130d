"""For whom an answer is wanted: their own comes first, what is not for them last and with the reason."""

import pytest

from core import database, jobs
from core.identity import Actor
from core.scope import Brand, Channel, Product
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import Kind
from kb.search_context import SearchContext
from search import configuration, indexing
from search.configuration import Configuration
from search.finder import Mode
from search.live import Live
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article, make_scopes


def index() -> None:
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def search(reader: Actor, text: str, context: SearchContext, **wish: object) -> FoundArticles:
    with database.reading() as session:
        asked = Wish(text, context, **wish)  # type: ignore[arg-type]  # passed on as they came
        return find_articles(session, reader, asked, mode=Mode.WORDS, at=MONDAY_MORNING)


@pytest.fixture
def scopes(centre: object) -> None:
    make_scopes()
    with database.unit_of_work() as session:
        session.add_all([Brand(code="yinling", name="银龄"), Product(code="mobile", name="移动号码")])


def rows_of(found: FoundArticles) -> list[str]:
    return [row.card.title for row in found.rows]


def others_of(found: FoundArticles) -> dict[str, str]:
    return {row.card.title: row.out_of_scope for row in found.others}


@pytest.mark.usefixtures("each_database", "scopes")
@pytest.mark.parametrize(
    ("context", "scope", "reason"),
    [
        (SearchContext(region="330100"), {"regions": ["510000"]}, "仅限四川"),
        (SearchContext(brand="changxiang"), {"brands": ["yinling"]}, "仅限银龄品牌"),
        (SearchContext(products=("mobile",)), {"products": ["broadband"]}, "仅限家庭宽带"),
        (
            SearchContext(region="330000", brand="changxiang"),
            {"regions": ["510000"], "brands": ["yinling"]},
            "仅限四川，仅限银龄品牌",
        ),
    ],
)
def test_what_is_out_of_scope_follows_with_the_reason(
    agent_chen: Actor, context: SearchContext, scope: dict[str, list[str]], reason: str
) -> None:
    make_article("移机费甲", **scope)
    make_article("移机费乙的说明与办理")
    index()

    found = search(agent_chen, "移机费甲", context)

    assert rows_of(found) == ["移机费乙的说明与办理"]
    assert others_of(found) == {"移机费甲": reason}
    assert (found.total, sum(kind.count for kind in found.kinds)) == (1, 1)


@pytest.mark.usefixtures("scopes")
def test_a_channel_that_an_article_does_not_serve_is_named(agent_chen: Actor) -> None:
    with database.unit_of_work() as session:
        session.add(Channel(code="hall", name="营业厅"))
    make_article("移机费甲", channels=["hotline"])
    index()

    for channel, reason in (("hall", "不适用营业厅渠道"), ("nowhere", "不适用该渠道")):
        found = search(agent_chen, "移机费甲", SearchContext(channel=channel))
        assert others_of(found) == {"移机费甲": reason}


@pytest.mark.usefixtures("scopes")
def test_without_a_context_nothing_is_out_of_scope(agent_chen: Actor) -> None:
    make_article("移机费", regions=["510000"])
    index()

    found = search(agent_chen, "移机费", SearchContext(tier="gold"))

    assert (rows_of(found), found.others) == (["移机费"], ())


@pytest.mark.usefixtures("scopes")
def test_no_more_than_five_and_none_of_another_kind_or_team(agent_chen: Actor) -> None:
    for number in range(8):
        make_article(f"移机费{number}", regions=["510000"], kind="tariff")
    make_article("移机费流程", regions=["510000"], kind="procedure")
    index()

    found = search(agent_chen, "移机费", SearchContext(region="330000"), kind=Kind.TARIFF)

    assert len(found.others) == 5
    assert "移机费流程" not in others_of(found)


@pytest.mark.usefixtures("scopes")
@pytest.mark.parametrize(
    "own", [{"regions": ["330000"]}, {"brands": ["changxiang"]}], ids=["region", "brand"]
)
def test_what_was_written_for_the_caller_comes_first(agent_chen: Actor, own: dict[str, list[str]]) -> None:
    make_article("移机费")
    make_article("移机费规定", **own)
    index()
    context = SearchContext(region="330000", brand="changxiang")

    assert rows_of(search(agent_chen, "移机费", SearchContext())) == ["移机费", "移机费规定"]
    with pytest.MonkeyPatch.context() as patch:
        chosen = Configuration(closeness=5.0)
        patch.setattr(configuration, "_live", Live(lambda _: 1, lambda _: chosen))
        assert rows_of(search(agent_chen, "移机费", context)) == ["移机费规定", "移机费"]
