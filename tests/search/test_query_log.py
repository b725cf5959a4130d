"""What was asked is kept, without anybody's number, and tied to what was opened and copied."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from core import database
from core.identity import Actor
from search.asked_today import PopularQuery, popular_today
from search.document import DocumentKey
from search.hits import Degradation
from search.query_log import (
    Action,
    AskedQuery,
    DocumentUse,
    NoSuchQuery,
    Outcome,
    SettledBy,
    note_query,
    note_use,
    recent_of,
)
from tests.conftest import MONDAY_MORNING
from tests.search.library import make_query

A_DAY = timedelta(days=1)
KEY = DocumentKey("kb", "a1")


def note(
    session: Session, text: str, actor: Actor, *, found: int = 3, after: timedelta = timedelta()
) -> UUID:
    outcome = Outcome(found, 12, frozenset({Degradation.MEANING_SLOW}), SettledBy.ENTER)
    query = make_query(text, filters={"region": {"330100", "330000"}})
    return note_query(session, query, outcome, staff_id=actor.staff_id, at=MONDAY_MORNING + after)


def test_a_query_is_kept_with_what_came_of_it(session: Session, agent_chen: Actor) -> None:
    id_ = note(session, "国际漫游", agent_chen)

    kept = session.get_one(AskedQuery, id_)
    assert (kept.text, kept.result_count, kept.duration_ms) == ("国际漫游", 3, 12)
    assert kept.degradations == ["meaning_slow"]
    assert kept.filters == {"region": ["330000", "330100"]}
    assert kept.settled_by == "enter"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800138000的副卡", "13*******00的副卡"),
        ("１３８００１３８０００", "13*******00"),
        ("138-0013-8000 欠费", "13*******00 欠费"),
        ("138 0013 8000", "13*******00"),
        ("身份证33010019900101123X", "身份证33*************23X"),
        ("59元套餐 651", "59元套餐 651"),
    ],
)
def test_nobodys_number_is_kept(session: Session, agent_chen: Actor, typed: str, kept: str) -> None:
    assert session.get_one(AskedQuery, note(session, typed, agent_chen)).text == kept


def test_a_second_click_changes_nothing(session: Session, agent_chen: Actor) -> None:
    id_ = note(session, "国际漫游", agent_chen)

    for action in (Action.OPENED, Action.OPENED, Action.COPIED):
        note_use(session, id_, KEY, action, position=2, staff_id=agent_chen.staff_id, at=MONDAY_MORNING)

    uses = session.exec(select(DocumentUse.action, DocumentUse.position)).all()
    assert sorted(uses) == [("copied", 2), ("opened", 2)]


def test_a_second_click_does_not_undo_the_rest_of_its_request(
    each_database: str, centre: object, agent_chen: Actor
) -> None:
    with database.unit_of_work() as session:
        id_ = note(session, "国际漫游", agent_chen)
        for _ in range(2):
            note_use(
                session, id_, KEY, Action.OPENED, position=1, staff_id=agent_chen.staff_id, at=MONDAY_MORNING
            )
        note(session, "宽带移机", agent_chen)

    with database.reading() as session:
        assert len(session.exec(select(AskedQuery)).all()) == 2
        assert len(session.exec(select(DocumentUse)).all()) == 1


def test_nobody_notes_a_use_of_anothers_query(session: Session, agent_chen: Actor, editor_lin: Actor) -> None:
    theirs = note(session, "国际漫游", editor_lin)

    for id_ in (theirs, uuid4()):
        with pytest.raises(NoSuchQuery):
            note_use(
                session, id_, KEY, Action.OPENED, position=1, staff_id=agent_chen.staff_id, at=MONDAY_MORNING
            )


def test_my_recent_queries_are_the_last_first_and_each_once(
    session: Session, agent_chen: Actor, editor_lin: Actor
) -> None:
    for minute, text in enumerate(["漫游", "宽带", "漫游", "13800138000", "发票"]):
        note(session, text, agent_chen, after=timedelta(minutes=minute))
    note(session, "别人的", editor_lin)

    assert recent_of(session, agent_chen.staff_id) == ["发票", "漫游", "宽带"]
    assert recent_of(session, agent_chen.staff_id, limit=1) == ["发票"]


def test_popular_is_what_most_people_asked_today_and_found(
    session: Session, agent_chen: Actor, editor_lin: Actor
) -> None:
    for actor in (agent_chen, editor_lin):
        note(session, "停机保号", actor)
    for _ in range(5):
        note(session, "宽带移机", agent_chen)
        note(session, "没有的东西", agent_chen, found=0)
        note(session, "昨天的事", agent_chen, after=-A_DAY)

    assert popular_today(session, at=MONDAY_MORNING) == [
        PopularQuery("停机保号", people=2, times=2),
        PopularQuery("宽带移机", people=1, times=5),
    ]


def test_today_begins_at_midnight_in_the_centre(session: Session, agent_chen: Actor) -> None:
    nine_hours = timedelta(hours=9)  # it is nine in the morning
    note(session, "刚过零点", agent_chen, after=-nine_hours)
    note(session, "零点以前", agent_chen, after=-nine_hours - timedelta(seconds=1))

    assert [query.text for query in popular_today(session, at=MONDAY_MORNING)] == ["刚过零点"]
