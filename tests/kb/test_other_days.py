"""What was the rule on a day: the version of then, for those who may read that version."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from core import database, jobs
from core.clock import day_of, start_of
from core.identity import Actor, Role, Team
from kb import categories, publishing, writing
from kb.answering import NotHeldThen, answer_in
from kb.answers import Answer, AsOf, Standing
from kb.copying import NotToBeSaid, script_to_say
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import ArticleVersion
from kb.other_days import another_day, day_said, moment_of
from kb.search_context import SearchContext
from search import engines, indexing
from search.finder import Mode
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article, make_draft

A_DAY = timedelta(days=1)
MONDAY = day_of(MONDAY_MORNING)


def index(at: datetime = MONDAY_MORNING) -> None:
    indexing.ensure(at=at)
    jobs.run_all_due(at)


def supersede(version: ArticleVersion, title: str, *, at: datetime, **content: object) -> ArticleVersion:
    with database.unit_of_work() as session:
        draft = make_draft(title, **content)
        following = writing.write_next(session, version, draft, actor=LIBRARIAN, at=at)
        publishing.publish(session, following, actor=LIBRARIAN, at=at)
        return following


def search(reader: Actor, text: str, day: date | None, at: datetime = MONDAY_MORNING) -> FoundArticles:
    with database.reading() as session:
        wish = Wish(text, SearchContext(as_of=day))
        return find_articles(session, reader, wish, mode=Mode.WORDS, at=at)


def titles(reader: Actor, text: str, day: date | None, at: datetime = MONDAY_MORNING) -> list[str]:
    return [row.card.title for row in search(reader, text, day, at).rows]


@pytest.mark.usefixtures("each_database")
def test_a_version_is_found_as_of_its_days_from_the_moment_it_gives_way(agent_chen: Actor) -> None:
    long_ago = MONDAY_MORNING - 90 * A_DAY
    old = make_article("移机收一百元", at=long_ago)
    index(long_ago)
    supersede(old, "移机收五十元", at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert titles(agent_chen, "移机", None) == ["移机收五十元"]
    assert titles(agent_chen, "移机", MONDAY - 10 * A_DAY) == ["移机收一百元"]
    assert titles(agent_chen, "移机", MONDAY + 10 * A_DAY) == ["移机收五十元"]
    assert titles(agent_chen, "移机", MONDAY - 91 * A_DAY) == []


def test_what_was_said_only_then_is_found_only_then(agent_chen: Actor) -> None:
    old = make_article("漫游日包", at=MONDAY_MORNING - 90 * A_DAY, answer="每天封顶三十元")
    supersede(old, "漫游日包", at=MONDAY_MORNING, answer="每天二十五元")
    index()

    assert titles(agent_chen, "封顶", None) == []
    assert titles(agent_chen, "封顶", MONDAY - A_DAY) == ["漫游日包"]


def test_a_planned_version_changes_places_at_its_midnight(agent_chen: Actor) -> None:
    old = make_article("提速收费")
    supersede(old, "提速免费", at=MONDAY_MORNING, valid_from=MONDAY + 2 * A_DAY)
    index()
    midnight = start_of(MONDAY + 2 * A_DAY)
    planned = titles(agent_chen, "提速", MONDAY + 5 * A_DAY)
    jobs.run_all_due(midnight)

    assert planned == ["提速免费"]
    assert titles(agent_chen, "提速", None, midnight) == ["提速免费"]
    assert titles(agent_chen, "提速", MONDAY, midnight) == ["提速收费"]
    assert engines.engine().status().documents == 2


def test_what_was_withdrawn_was_the_rule_until_then(agent_chen: Actor) -> None:
    version = make_article("靓号转让", at=MONDAY_MORNING - 30 * A_DAY)
    index()
    with database.unit_of_work() as session:
        publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert titles(agent_chen, "靓号", None) == []
    assert titles(agent_chen, "靓号", MONDAY - 3 * A_DAY) == ["靓号转让"]


def test_what_is_older_than_a_claim_can_be_is_not_kept_in_the_index(agent_chen: Actor) -> None:
    make_article("小灵通", at=MONDAY_MORNING - 1300 * A_DAY, valid_until=MONDAY - 1200 * A_DAY)
    make_article("铁通", at=MONDAY_MORNING - 1300 * A_DAY, valid_until=MONDAY - 900 * A_DAY)
    index()

    assert engines.engine().status().documents == 1
    assert titles(agent_chen, "铁通", MONDAY - 1000 * A_DAY) == ["铁通"]


def test_a_past_version_moves_with_its_category(agent_chen: Actor) -> None:
    with database.unit_of_work() as session:
        above = categories.by_path(session, "资费", actor=LIBRARIAN, at=MONDAY_MORNING)
        below = categories.by_path(session, "漫游", actor=LIBRARIAN, at=MONDAY_MORNING)
    long_ago = MONDAY_MORNING - 30 * A_DAY
    make_article("漫游旧价", at=long_ago, category_id=below, valid_until=MONDAY - A_DAY)
    index()
    with database.unit_of_work() as session:
        categories.change_category(
            session, below, name="漫游", parent_id=above, actor=LIBRARIAN, at=MONDAY_MORNING
        )
    jobs.run_all_due(MONDAY_MORNING)

    with database.reading() as session:
        wish = Wish("漫游", SearchContext(as_of=MONDAY - 5 * A_DAY), category_id=above)
        found = find_articles(session, agent_chen, wish, mode=Mode.WORDS, at=MONDAY_MORNING)
    assert [row.card.title for row in found.rows] == ["漫游旧价"]


def test_the_answer_of_another_day_says_which_version_holds_now_and_is_not_to_be_said(
    centre: object, agent_chen: Actor
) -> None:
    old = make_article("移机费", at=MONDAY_MORNING - 9 * A_DAY, scripts=[{"text": "一百元。"}])
    supersede(old, "移机费", at=MONDAY_MORNING - 3 * A_DAY)

    make_article("短期", at=MONDAY_MORNING - 9 * A_DAY, valid_until=MONDAY - 8 * A_DAY)

    def of(day: date, code: str = "KB-00001") -> Answer:
        with database.reading() as session:
            return answer_in(session, agent_chen, code, SearchContext(as_of=day), at=MONDAY_MORNING)

    then, now = of(MONDAY - 5 * A_DAY), of(MONDAY - A_DAY)
    assert (then.standing, then.card.version_number, then.as_of) == (
        Standing.HELD_THEN,
        1,
        AsOf(MONDAY - 5 * A_DAY, current_number=2),
    )
    assert (now.standing, now.card.version_number) == (Standing.IN_FORCE, 2)
    with pytest.raises(NotToBeSaid):
        script_to_say(then, then.scripts[0].id)
    with pytest.raises(NotHeldThen):
        of(MONDAY - A_DAY, "KB-00002")


@pytest.mark.parametrize(
    ("said", "day", "rest"),
    [
        ("2025-08-01 移机多少钱", date(2025, 8, 1), "移机多少钱"),
        ("移机 2025/8/1", date(2025, 8, 1), "移机"),
        ("2025年8月的移机费", date(2025, 8, 1), "的移机费"),
        ("去年8月1号移机多少钱", date(2025, 8, 1), "移机多少钱"),
        ("前年12月31日", date(2024, 12, 31), "前年12月31日"),
        ("今年1月份移机", date(2026, 1, 1), "移机"),
        ("2025年2月30日移机", None, None),
        ("2025 版资费", None, None),
        ("12025-08-011", None, None),
    ],
)
def test_a_day_that_is_said_is_understood(said: str, day: date | None, rest: str | None) -> None:
    found = day_said(said, MONDAY_MORNING)

    assert (found and found.day, found and found.rest) == (day, rest)


def test_today_is_not_another_day_wherever_the_server_stands() -> None:
    late = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight in the centre

    assert another_day(date(2026, 3, 3), late) is None
    assert another_day(date(2026, 3, 2), late) == date(2026, 3, 2)
    assert day_of(moment_of(date(2026, 3, 2))) == date(2026, 3, 2)


TEAMS = ("hotline1", "complaints")
HISTORIES = st.lists(
    st.lists(st.lists(st.sampled_from(TEAMS), unique=True), min_size=1, max_size=3), min_size=1, max_size=3
)


@given(histories=HISTORIES, team=st.sampled_from((*TEAMS, None)), days_ago=st.integers(-2, 14))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_shown_of_another_day_that_the_person_may_not_read(
    centre: object, histories: list[list[list[str]]], team: str | None, days_ago: int
) -> None:
    """Each version has its own teams, and holds for four days before the next."""
    SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    with database.unit_of_work() as session:
        session.add_all([Team(code=code, name=code) for code in TEAMS])
    reader = Actor(LIBRARIAN.staff_id, "读者", roles=frozenset({Role.AGENT}), team_code=team)
    day, allowed = MONDAY - days_ago * A_DAY, set()
    for number, versions in enumerate(histories):
        version: ArticleVersion | None = None
        for turn, teams in enumerate(versions):
            at = MONDAY_MORNING - (4 * (len(versions) - turn) - 1) * A_DAY
            title = f"移机费用 {number} {turn}"
            version = (
                supersede(version, title, at=at, teams=teams)
                if version
                else make_article(title, at=at, teams=teams)
            )
            over = at + 4 * A_DAY if turn + 1 < len(versions) else None
            holds = day_of(at) <= day and (over is None or day < day_of(over))
            if holds and (not teams or team in teams):
                allowed.add(title)
    index()

    shown = search(reader, "移机费用", day)

    assert {row.card.title for row in shown.rows} == allowed
