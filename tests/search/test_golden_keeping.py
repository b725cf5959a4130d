"""The golden set in an editor's hands: written down once, judged, changed, and every deed on the trail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from core.audit import AuditEntry
from core.errors import NotAllowed
from core.identity import Actor
from search import golden_keeping
from search.document import DocumentKey
from search.golden import NO_ANSWER, Golden, GoldenQuery, Grade, all_golden, judged_golden
from search.golden_keeping import (
    GoldenTwice,
    GoldenUnusable,
    NoAnswerHasAnswer,
    NoSuchGolden,
    Wording,
    Written,
    is_held_out_by_lot,
)
from tests.conftest import MONDAY_MORNING

MOVING, FEES = DocumentKey("kb", "moving"), DocumentKey("kb", "fees")


def add(session: Session, text: str, actor: Actor, **how: object) -> GoldenQuery:
    return golden_keeping.add(session, Wording(text, **how), actor=actor, at=MONDAY_MORNING)  # type: ignore[arg-type]


def judge(session: Session, query: GoldenQuery, key: DocumentKey, grade: Grade, actor: Actor) -> None:
    golden_keeping.judge(session, query.id, key, grade, actor=actor, at=MONDAY_MORNING)


def only(session: Session) -> Golden:
    (golden,) = all_golden(session)
    return golden


def deeds(session: Session) -> list[str]:
    return list(session.exec(select(AuditEntry.action).order_by(AuditEntry.number)))  # type: ignore[arg-type]


def test_a_query_is_written_down_and_judged(each_database: str, session: Session, editor_lin: Actor) -> None:
    query = add(session, "  宽带 移机  多少钱 ", editor_lin, kind="口语", held_out=True)
    judge(session, query, MOVING, Grade.ANSWERS, editor_lin)
    judge(session, query, FEES, Grade.WRONG, editor_lin)

    golden = only(session)
    assert (golden.text, golden.kind, golden.held_out) == ("宽带 移机 多少钱", "口语", True)
    assert golden.grades == {MOVING: Grade.ANSWERS, FEES: Grade.WRONG}
    assert golden.relevant == {MOVING}
    assert deeds(session) == ["search.golden.added", "search.golden.judged", "search.golden.judged"]


def test_a_second_thought_replaces_the_first(each_database: str, session: Session, editor_lin: Actor) -> None:
    query = add(session, "移机", editor_lin)
    judge(session, query, MOVING, Grade.ANSWERS, editor_lin)
    judge(session, query, MOVING, Grade.HELPS, editor_lin)

    assert only(session).grades == {MOVING: Grade.HELPS}


def test_a_judgement_is_taken_back(each_database: str, session: Session, editor_lin: Actor) -> None:
    query = add(session, "移机", editor_lin)
    judge(session, query, MOVING, Grade.ANSWERS, editor_lin)
    for _ in range(2):
        golden_keeping.unjudge(session, query.id, MOVING, actor=editor_lin, at=MONDAY_MORNING)

    assert only(session).grades == {}
    assert deeds(session).count("search.golden.unjudged") == 1


def test_the_same_text_twice_is_refused_by_name(
    each_database: str, session: Session, editor_lin: Actor
) -> None:
    add(session, "移机", editor_lin)

    with pytest.raises(GoldenTwice, match="“移机”已在标准问题里") as refused:
        add(session, " 移机 ", editor_lin)
    assert refused.value.field == "text"


def test_nothing_is_no_query(session: Session, editor_lin: Actor) -> None:
    with pytest.raises(GoldenUnusable):
        add(session, "   ", editor_lin)
    with pytest.raises(GoldenUnusable, match="最多 200 个字"):
        add(session, "长" * 201, editor_lin)


def test_what_is_not_judged_yet_says_nothing(session: Session, editor_lin: Actor) -> None:
    add(session, "还没看", editor_lin)
    looked_at = add(session, "只看过错的", editor_lin)
    judge(session, looked_at, FEES, Grade.WRONG, editor_lin)
    add(session, "今天天气", editor_lin, kind=NO_ANSWER)

    assert [one.text for one in judged_golden(session)] == ["今天天气"]


def test_one_that_has_no_answer_gets_none(session: Session, editor_lin: Actor) -> None:
    weather = add(session, "今天天气", editor_lin, kind=NO_ANSWER)
    moving = add(session, "移机", editor_lin)
    judge(session, moving, MOVING, Grade.ANSWERS, editor_lin)
    judge(session, weather, MOVING, Grade.WRONG, editor_lin)

    with pytest.raises(NoAnswerHasAnswer):
        judge(session, weather, MOVING, Grade.HELPS, editor_lin)
    with pytest.raises(NoAnswerHasAnswer):
        golden_keeping.change(
            session, moving.id, Wording("移机", NO_ANSWER), actor=editor_lin, at=MONDAY_MORNING
        )


def test_a_change_says_on_the_trail_what_changed(session: Session, editor_lin: Actor) -> None:
    query = add(session, "移机", editor_lin, kind="汉字")
    for _ in range(2):
        golden_keeping.change(
            session, query.id, Wording("移机费", "汉字", held_out=True), actor=editor_lin, at=MONDAY_MORNING
        )

    entries = session.exec(select(AuditEntry).where(AuditEntry.action == "search.golden.changed")).all()
    assert [entry.details for entry in entries] == [{"text": "移机费", "held_out": True}]
    assert only(session).text == "移机费"


def test_a_query_goes_with_its_judgements(each_database: str, session: Session, editor_lin: Actor) -> None:
    query = add(session, "移机", editor_lin)
    judge(session, query, MOVING, Grade.ANSWERS, editor_lin)
    golden_keeping.remove(session, query.id, actor=editor_lin, at=MONDAY_MORNING)

    assert all_golden(session) == []
    with pytest.raises(NoSuchGolden):
        golden_keeping.remove(session, query.id, actor=editor_lin, at=MONDAY_MORNING)


def test_many_come_in_once(each_database: str, session: Session, editor_lin: Actor) -> None:
    many = [
        Written(Wording("移机"), {MOVING: Grade.ANSWERS}),
        Written(Wording("移机")),
        Written(Wording("资费")),
    ]

    counts = [golden_keeping.add_many(session, many, actor=editor_lin, at=MONDAY_MORNING) for _ in range(2)]

    assert counts == [2, 0]
    assert {one.text: one.relevant for one in all_golden(session)} == {"移机": {MOVING}, "资费": frozenset()}
    assert deeds(session) == ["search.golden.imported"]


def test_an_agent_judges_nothing(session: Session, agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        add(session, "移机", agent_chen)


@given(st.text(min_size=1))
def test_the_lot_falls_the_same_way_every_time(text: str) -> None:
    assert is_held_out_by_lot(text) is is_held_out_by_lot(text)


def test_the_lot_takes_about_a_third() -> None:
    taken = sum(is_held_out_by_lot(f"问题{number}") for number in range(3000))

    assert 900 < taken < 1100
