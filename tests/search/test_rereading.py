"""How many of the queries that people asked are looked at, and searched for, before a change is kept."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core import database
from core.identity import SYSTEM, Actor
from search import rereading
from search.golden import GoldenQuery
from search.lexicon.changing import Move
from search.lexicon.models import Direction
from search.lexicon.wording import synonym
from search.rereading import Rereading, reread
from tests.conftest import MONDAY_MORNING
from tests.search.logged import log_search

NETDISK = Move(uuid4(), None, synonym("网盘", "云存储", Direction.TWO_WAY))


def ask(actor: Actor, *texts: str) -> None:
    """Ask each as often as it stands there, minutes apart."""
    with database.unit_of_work() as session:
        for number, text in enumerate(texts, start=1):
            log_search(session, actor, text, at=MONDAY_MORNING - timedelta(minutes=5 * number))


def look() -> Rereading:
    with database.reading() as session:
        return reread(session, [NETDISK], at=MONDAY_MORNING)


def texts(found: Rereading) -> list[str]:
    return [one.text for one in found.asked]


def test_what_is_read_otherwise_is_found_and_the_rest_is_not(each_database: str, agent_chen: Actor) -> None:
    ask(agent_chen, "网盘怎么用", "宽带移机")

    found = look()

    assert (texts(found), found.looked_at, found.left_out) == (["网盘怎么用"], 2, 0)


def test_the_most_frequent_are_searched_for_and_the_others_are_counted(
    each_database: str, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "MOST_RECENT", 2)
    ask(agent_chen, "网盘甲", "网盘乙", "网盘乙", "网盘丙", "网盘丙", "网盘丙")

    found = look()

    assert (texts(found), found.left_out) == (["网盘丙", "网盘乙"], 1)


def test_golden_queries_have_a_limit_of_their_own(
    each_database: str, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "MOST_GOLDEN", 1)
    with database.unit_of_work() as session:
        session.add_all(
            GoldenQuery(text=text, kind="汉字", created_by=SYSTEM.staff_id) for text in ("网盘一", "网盘二")
        )
    ask(agent_chen, "网盘甲")

    found = look()

    assert [one.golden is not None for one in found.asked] == [True, False]
    assert found.left_out == 1


def test_what_is_too_much_to_parse_counts_as_what_may_move(
    each_database: str, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "MOST_PARSED", 1)
    ask(agent_chen, "网盘甲", "网盘乙", "网盘乙", "网盘丙")

    found = look()

    assert (texts(found), found.left_out) == (["网盘乙"], 2)


def test_only_the_most_frequent_of_the_month_are_looked_at(
    each_database: str, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "MOST_LOOKED_AT", 2)
    ask(agent_chen, "网盘甲", "网盘乙", "网盘乙", "宽带", "宽带", "宽带")

    found = look()

    assert (texts(found), found.looked_at) == (["网盘乙"], 2)
