"""What did not go well: nothing found, nothing used, put in other words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from core import database
from core.identity import Actor
from search.hard_queries import Ending, Rewording, hard_queries, rewordings
from search.query_browsing import Wanted, asked, used_of
from search.query_kinds import QueryKind
from search.query_log import AskedQuery
from search.search_analysis import Looked
from tests.conftest import MONDAY_MORNING
from tests.people import hire
from tests.search.logged import log_search, open_document

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=5)
TODAY = Looked(MONDAY_MORNING - A_DAY / 2, MONDAY_MORNING + A_DAY / 2)


@pytest.fixture
def log(each_database: str, agent_chen: Actor) -> Iterator[Session]:
    with database.unit_of_work() as session:
        yield session


def ask_in_a_row(log: Session, actor: Actor, *texts: str, begin: timedelta, used: bool) -> None:
    """Ask one after the other, half a minute apart, and open the answer of the last one only."""
    for number, text in enumerate(texts):
        is_last = number == len(texts) - 1
        after = begin + number * timedelta(seconds=30)
        log_search(log, actor, text, after=after, used=1 if used and is_last else None)


def listed(log: Session, wanted: Wanted, looked: Looked = TODAY) -> list[str]:
    return [one.text for one in log.exec(asked(log, looked, wanted))]


def test_what_most_often_found_nothing_comes_first(
    log: Session, agent_chen: Actor, editor_lin: Actor
) -> None:
    for number in range(3):
        log_search(log, agent_chen, "云盘", after=number * A_MINUTE, found=0)
    log_search(log, editor_lin, "云盘", found=0)
    log_search(log, agent_chen, "平板", after=4 * A_MINUTE, found=0)
    log_search(log, agent_chen, "宽带", after=5 * A_MINUTE)

    found = hard_queries(log, TODAY, Ending.NOTHING, limit=10)

    assert [(one.text, one.times, one.people) for one in found] == [("云盘", 4, 2), ("平板", 1, 1)]
    assert found[0].last_at == MONDAY_MORNING + 2 * A_MINUTE
    assert len(hard_queries(log, TODAY, Ending.NOTHING, limit=1)) == 1


def test_a_list_whose_rows_nobody_touched_is_told_from_one_that_was_used(
    log: Session, agent_chen: Actor
) -> None:
    log_search(log, agent_chen, "宽带", after=A_MINUTE)
    log_search(log, agent_chen, "漫游", after=2 * A_MINUTE, used=2, degraded=True)
    log_search(log, agent_chen, "云盘", after=3 * A_MINUTE, found=0)

    found = {ending: listed(log, Wanted(ending=ending)) for ending in Ending}
    assert [one.text for one in hard_queries(log, TODAY, Ending.UNUSED, limit=9)] == ["宽带"]
    assert found == {
        Ending.NOTHING: ["云盘"],
        Ending.UNUSED: ["宽带"],
        Ending.USED: ["漫游"],
        Ending.DEGRADED: ["漫游"],
    }


def test_a_question_put_in_other_words_is_counted_from_the_first_wording_to_the_last(
    log: Session, agent_chen: Actor, editor_lin: Actor
) -> None:
    ask_in_a_row(log, agent_chen, "挪网线", "移机", begin=0 * A_MINUTE, used=True)
    ask_in_a_row(log, agent_chen, "挪网线", "移机", begin=1 * A_MINUTE, used=False)
    ask_in_a_row(log, editor_lin, "挪网线", "移机", "搬家", begin=0 * A_MINUTE, used=True)

    assert rewordings(log, TODAY) == [
        Rewording(("挪网线", "移机"), times=2, people=1, ended_well=1),
        Rewording(("挪网线", "移机", "搬家"), times=1, people=1, ended_well=1),
    ]
    assert listed(log, Wanted("挪网线", ("移机", "搬家"))) == ["搬家", "移机", "挪网线"]
    assert len(listed(log, Wanted("挪网线", ("移机",)))) == 4


def test_the_same_words_again_are_no_step_but_are_among_the_searches(log: Session, agent_chen: Actor) -> None:
    for number, text in enumerate(("挪网线", "移机", "移机", "搬家")):
        log_search(log, agent_chen, text, after=number * timedelta(seconds=40))

    [found] = rewordings(log, TODAY)

    assert found.texts == ("挪网线", "移机", "搬家")
    assert len(listed(log, Wanted("挪网线", ("移机", "搬家")))) == 4


def test_who_comes_back_to_the_first_list_did_not_need_other_words(log: Session, agent_chen: Actor) -> None:
    first = log_search(log, agent_chen, "挪网线")
    log_search(log, agent_chen, "移机", after=timedelta(seconds=20))
    open_document(log, agent_chen, first, 4)
    log.flush()

    assert rewordings(log, TODAY) == []


def test_the_same_words_elsewhere_are_no_other_words(log: Session, agent_chen: Actor) -> None:
    log_search(log, agent_chen, "移机")
    log_search(log, agent_chen, "移机", after=timedelta(seconds=60))

    assert rewordings(log, TODAY) == []


def test_rewordings_are_looked_at_by_how_the_first_was_typed(log: Session, agent_chen: Actor) -> None:
    ask_in_a_row(log, agent_chen, "kdyj", "宽带移机", "拆机", begin=0 * A_MINUTE, used=True)
    initials = Looked(TODAY.since, TODAY.until, kind=QueryKind.INITIALS)

    assert rewordings(log, initials) == [
        Rewording(("kdyj", "宽带移机", "拆机"), times=1, people=1, ended_well=1)
    ]
    assert listed(log, Wanted("kdyj", ("宽带移机", "拆机")), initials) == ["拆机", "宽带移机", "kdyj"]
    assert rewordings(log, replace(initials, kind=QueryKind.HANZI)) == []


def test_another_team_has_its_own_list(log: Session, agent_chen: Actor) -> None:
    sun = hire("sun", "孙浩然", "agent", team="broadband")
    log_search(log, agent_chen, "云盘", found=0)
    log_search(log, sun, "光猫", found=0)

    of_broadband = Looked(TODAY.since, TODAY.until, team_code="broadband")
    assert [one.text for one in hard_queries(log, of_broadband, Ending.NOTHING, limit=9)] == ["光猫"]
    assert listed(log, Wanted(), of_broadband) == ["光猫"]


def test_what_was_used_comes_with_its_place(log: Session, agent_chen: Actor) -> None:
    query = log_search(log, agent_chen, "宽带", used=5, document="a2")
    open_document(log, agent_chen, query, 2, document="a1")
    log.flush()

    [one] = log.exec(select(AskedQuery)).all()
    used = used_of(log, [one.id])[one.id]
    assert [(each.key.id, each.position, each.was_copied) for each in used] == [
        ("a1", 2, False),
        ("a2", 5, False),
    ]
