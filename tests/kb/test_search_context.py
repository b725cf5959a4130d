"""For whom an answer is wanted: their own comes first, what is not for them last and with the reason."""

from datetime import timedelta
from math import exp
from typing import Any

import pytest

from core import database, jobs
from core.identity import Actor
from core.scope import Brand, Channel, Product
from kb import finding
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import Kind
from kb.priors import priors_of
from kb.search_context import SearchContext
from kb.search_source import key_of
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


LONG_BEFORE = MONDAY_MORNING - timedelta(days=90)
OWN: list[tuple[SearchContext, dict[str, Any]]] = [
    (SearchContext(region="330000"), {"regions": ["330000"]}),
    (SearchContext(brand="changxiang"), {"brands": ["changxiang"]}),
    (SearchContext(products=("mobile", "broadband")), {"products": ["broadband"]}),
    (SearchContext(channel="hotline"), {"channels": ["hotline"]}),
    (
        SearchContext(tier="gold"),
        {"scripts": [{"text": "您好。"}, {"tier": "gold", "text": "尊敬的金卡客户。"}]},
    ),
]


@pytest.mark.usefixtures("each_database", "scopes")
@pytest.mark.parametrize(("context", "own"), OWN, ids=["region", "brand", "product", "channel", "tier"])
def test_what_was_written_for_the_caller_comes_first_among_equals(
    agent_chen: Actor, context: SearchContext, own: dict[str, Any]
) -> None:
    make_article("移机费乙", at=LONG_BEFORE, **own)  # what is new comes first, but for what is for the caller
    make_article("移机费甲")
    index()

    assert rows_of(search(agent_chen, "移机费", SearchContext())) == ["移机费甲", "移机费乙"]
    assert rows_of(search(agent_chen, "移机费", context)) == ["移机费乙", "移机费甲"]


@pytest.mark.usefixtures("scopes")
def test_words_for_another_tier_move_nothing(agent_chen: Actor) -> None:
    make_article("移机费乙", at=LONG_BEFORE, scripts=[{"tier": "gold", "text": "尊敬的金卡客户。"}])
    make_article("移机费甲")
    index()

    found = search(agent_chen, "移机费", SearchContext(tier="diamond"))

    assert rows_of(found) == ["移机费甲", "移机费乙"]


@pytest.mark.usefixtures("scopes")
def test_how_much_it_moves_is_configured(agent_chen: Actor) -> None:
    make_article("移机费")
    make_article("移机费规定", regions=["330000"])
    index()

    with pytest.MonkeyPatch.context() as patch:
        chosen = Configuration(closeness=5.0)
        patch.setattr(configuration, "_live", Live(lambda _: 1, lambda _: chosen))
        found = search(agent_chen, "移机费", SearchContext(region="330000"))

    assert rows_of(found) == ["移机费规定", "移机费"]


def test_the_newer_of_equals_comes_first_and_the_new_fades_in_half_a_year(
    each_database: str, agent_chen: Actor
) -> None:
    make_article("移机费乙", at=MONDAY_MORNING - timedelta(days=180))
    make_article("移机费甲")
    index()

    found = search(agent_chen, "移机费", SearchContext())

    assert rows_of(found) == ["移机费甲", "移机费乙"]
    with database.reading() as session:
        cards = {row.card.article_id: row.card for row in found.rows}
        assert found.query
        priors = priors_of(session, cards, found.query, at=MONDAY_MORNING)
    fresh = [priors[key_of(row.card.article_id)].freshness for row in found.rows]
    assert fresh == pytest.approx([1.0, exp(-1)])


def test_counts_say_that_there_are_more_than_were_counted(
    centre: object, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "COUNTED_WHILE_TYPING", 4)
    monkeypatch.setattr(finding, "PAGE_WHILE_TYPING", 4)
    for number in range(5):
        make_article(f"移机费{number}", kind="tariff")
    index()

    found = search(agent_chen, "移机费", SearchContext())

    assert (found.total, found.more) == (4, True)
    assert [(facet.count, facet.more) for facet in found.kinds] == [(4, True)]


def test_a_kind_that_is_chosen_says_the_same_number_as_the_list(
    centre: object, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "COUNTED_WHILE_TYPING", 4)
    monkeypatch.setattr(finding, "PAGE_WHILE_TYPING", 4)
    for number in range(3):
        make_article(f"移机费{number}", kind="tariff")
        make_article(f"移机费{number}的办理", kind="procedure")
    index()

    found = search(agent_chen, "移机费", SearchContext(), kind=Kind.TARIFF)

    assert (found.total, found.more) == (3, False)
    [own] = [facet for facet in found.kinds if facet.value == Kind.TARIFF]
    assert (own.count, own.more) == (3, False)
