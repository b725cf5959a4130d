"""Who may read what: nothing is shown that may not be seen, on any way to it."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel

from core import database, jobs
from core.identity import Actor, Role, Team
from kb import publishing
from kb.answers import answer_for
from kb.finding import Wish, find_articles
from kb.models import Article, ArticleVersion
from kb.reading import cards_for, newest_cards
from kb.search_context import SearchContext
from kb.writing import NoSuchArticle
from search import indexing
from search.finder import Mode
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article, make_scopes


def sees(reader: Actor, version: ArticleVersion, way: str, at: datetime = MONDAY_MORNING) -> bool:
    with database.reading() as session:
        return version.article_id in REACHED[way](session, reader, version, at)


def _listed(session: Session, reader: Actor, version: ArticleVersion, at: datetime) -> set[UUID]:
    return set(cards_for(session, reader, [version.article_id], at=at))


def _in_the_news(session: Session, reader: Actor, _version: ArticleVersion, at: datetime) -> set[UUID]:
    news = newest_cards(session, reader, since=at - timedelta(days=999), at=at, limit=50)
    return {card.article_id for card in news}


def _searched(session: Session, reader: Actor, version: ArticleVersion, at: datetime) -> set[UUID]:
    found = find_articles(session, reader, Wish(version.title), mode=Mode.WORDS, at=at)
    return {row.card.article_id for row in found.rows}


def _opened(session: Session, reader: Actor, version: ArticleVersion, at: datetime) -> set[UUID]:
    code = session.get_one(Article, version.article_id).code
    try:
        answer = answer_for(session, reader, code, at=at)
    except NoSuchArticle:
        return set()
    return {answer.card.article_id} if answer.standing == "in_force" else set()


REACHED = {"list": _listed, "search": _searched, "page": _opened, "news": _in_the_news}


def index(at: datetime = MONDAY_MORNING) -> None:
    indexing.ensure(at=at)
    jobs.run_all_due(at)


@pytest.mark.parametrize("way", ["list", "search", "page", "news"])
def test_an_article_for_one_team_is_read_by_that_team_and_by_editors(
    centre: object, agent_chen: Actor, editor_lin: Actor, way: str
) -> None:
    with database.unit_of_work() as session:
        session.add(Team(code="complaints", name="投诉处理组"))
    outsider = agent_chen
    insider = Actor(agent_chen.staff_id, "周敏", roles=frozenset({Role.AGENT}), team_code="complaints")
    version = make_article("赔偿权限", teams=["complaints"])
    index()

    seen = {who.name: sees(who, version, way) for who in (outsider, insider, editor_lin)}

    assert seen == {"陈静": False, "周敏": True, "林悦": True}


@pytest.mark.parametrize("way", ["list", "search", "page", "news"])
def test_nobody_on_the_desk_sees_drafts_futures_or_what_is_over(
    centre: object, agent_chen: Actor, way: str
) -> None:
    draft = make_article("甲草稿", published=False)
    future = make_article("乙将来", valid_from=date(2026, 4, 1))
    over = make_article("丙过去", valid_until=date(2026, 3, 5))
    index()
    later = MONDAY_MORNING + timedelta(days=10)

    assert not sees(agent_chen, draft, way)
    assert not sees(agent_chen, future, way)
    assert sees(agent_chen, over, way)
    assert not sees(agent_chen, over, way, at=later)


def test_a_stale_index_shows_nothing_that_was_withdrawn(centre: object, agent_chen: Actor) -> None:
    version = make_article("移机费用")
    index()
    with database.unit_of_work() as session:
        publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)

    assert not sees(agent_chen, version, "search")


def test_a_future_version_is_found_at_its_minute(centre: object, agent_chen: Actor) -> None:
    version = make_article("双十二优惠", valid_from=date(2026, 3, 3))
    index()
    midnight = datetime.fromisoformat("2026-03-02T16:00:00+00:00")

    almost = midnight - timedelta(seconds=1)
    jobs.run_all_due(almost)
    before = sees(agent_chen, version, "search", almost)
    jobs.run_all_due(midnight)

    assert not before
    assert sees(agent_chen, version, "search", midnight)


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ("", {"全国", "浙江", "杭州", "四川"}),
        ("330000", {"全国", "浙江", "杭州"}),
        ("330100", {"全国", "浙江", "杭州"}),
        ("510000", {"全国", "四川"}),
    ],
)
def test_a_region_keeps_its_own_rules_and_the_general_ones(
    centre: object, agent_chen: Actor, region: str, found: set[str]
) -> None:
    make_scopes()
    for name, codes in {"全国": [], "浙江": ["330000"], "杭州": ["330100"], "四川": ["510000"]}.items():
        make_article(f"移机费 {name}", regions=codes)
    index()

    with database.reading() as session:
        answer = find_articles(
            session,
            agent_chen,
            Wish("移机费", SearchContext(region=region)),
            mode=Mode.WORDS,
            at=MONDAY_MORNING,
        )

    assert {row.card.title.split()[1] for row in answer.rows} == found


TEAMS = ("hotline1", "complaints", "enterprise")
ARTICLES = st.lists(
    st.tuples(
        st.booleans(),  # published
        st.lists(st.sampled_from(TEAMS), unique=True),
        st.integers(-5, 5),  # first valid day
        st.integers(-5, 5),  # last valid day
    ),
    min_size=1,
    max_size=8,
)


@given(articles=ARTICLES, team=st.sampled_from((*TEAMS, None)), days_later=st.integers(0, 6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_index_holds_only_what_may_be_seen_is_shown(
    centre: object, articles: list[tuple[bool, list[str], int, int]], team: str | None, days_later: int
) -> None:
    SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    with database.unit_of_work() as session:
        session.add_all([Team(code=code, name=code) for code in TEAMS])
    reader = Actor(LIBRARIAN.staff_id, "读者", roles=frozenset({Role.AGENT}), team_code=team)
    at = MONDAY_MORNING + timedelta(days=days_later)
    allowed = {
        f"移机费用 {number}"
        for number, one in enumerate(articles)
        if _publish(number, one) and _may_be_seen(one, team, at)
    }
    index(MONDAY_MORNING)  # the index is as old as Monday

    with database.reading() as session:
        found = find_articles(session, reader, Wish("移机费用"), mode=Mode.WORDS, at=at)

    assert {row.card.title for row in found.rows} <= allowed


def _publish(number: int, article: tuple[bool, list[str], int, int]) -> bool:
    published, teams, *days = article
    begins, ends = (_day(day) for day in sorted(days))
    published = published and ends >= MONDAY_MORNING.date()
    title = f"移机费用 {number}"
    make_article(title, published=published, teams=teams, valid_from=begins, valid_until=ends)
    return published


def _may_be_seen(article: tuple[bool, list[str], int, int], team: str | None, at: datetime) -> bool:
    _, teams, *days = article
    begins, ends = (_day(day) for day in sorted(days))
    return begins <= at.date() <= ends and (not teams or team in teams)


def _day(day: int) -> date:
    return (MONDAY_MORNING + timedelta(days=day)).date()
