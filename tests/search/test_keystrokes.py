"""The keystrokes of one search become one row of the log, and nothing that was used is lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from core import database
from core.clock import day_of
from core.identity import Actor
from search.document import DocumentKey
from search.hits import Degradation
from search.keystrokes import are_one_search
from search.query_log import (
    Action,
    AskedQuery,
    DocumentUse,
    NoSuchQuery,
    Outcome,
    SettledBy,
    note_query,
    note_use,
)
from tests.conftest import MONDAY_MORNING
from tests.search.library import make_query
from tests.search.logged import log_search


def note(
    session: Session,
    text: str,
    actor: Actor,
    seconds: float = 0,
    *,
    found: int = 3,
    region: str = "",
) -> UUID:
    query = make_query(text, filters={"region": {region}} if region else {})
    return note_query(
        session,
        query,
        Outcome(found, 12, frozenset({Degradation.MEANING_SLOW}), SettledBy.PAUSE),
        staff_id=actor.staff_id,
        team_code=actor.team_code,
        query_id=uuid4(),
        at=MONDAY_MORNING + timedelta(seconds=seconds),
    )


def use(session: Session, query_id: UUID, actor: Actor, *, position: int = 1, document: str = "a1") -> None:
    key = DocumentKey("kb", document)
    note_use(
        session, query_id, key, Action.OPENED, position=position, staff_id=actor.staff_id, at=MONDAY_MORNING
    )


def texts(session: Session) -> list[str]:
    return list(session.exec(select(AskedQuery.text).order_by(AskedQuery.at)))  # type: ignore[arg-type]


def test_who_goes_on_typing_asks_one_question(session: Session, agent_chen: Actor) -> None:
    note(session, "宽带", agent_chen, found=40)
    note(session, "宽带 移", agent_chen, 2)
    last = note(session, "宽带移机", agent_chen, 4, found=0)

    [kept] = session.exec(select(AskedQuery)).all()
    assert (kept.id, kept.text, kept.result_count) == (last, "宽带移机", 0)
    assert kept.at == MONDAY_MORNING + timedelta(seconds=4)
    assert (kept.team_code, kept.kind) == ("hotline1", "hanzi")


def test_who_takes_characters_back_still_asks_one(session: Session, agent_chen: Actor) -> None:
    note(session, "宽带移机多少钱", agent_chen)
    note(session, "宽带移机", agent_chen, 5)

    assert texts(session) == ["宽带移机"]


@pytest.mark.parametrize(
    ("second", "later", "region"),
    [("漫游", 3, ""), ("宽带移机", 31, ""), ("宽带移机", 3, "330000")],
    ids=["other words", "after a while", "elsewhere"],
)
def test_another_question_is_another_row(
    session: Session, agent_chen: Actor, second: str, later: int, region: str
) -> None:
    note(session, "宽带", agent_chen)
    note(session, second, agent_chen, later, region=region)

    assert len(texts(session)) == 2


def test_the_same_text_looked_for_elsewhere_is_the_same_question(session: Session, agent_chen: Actor) -> None:
    note(session, "宽带移机", agent_chen, found=9)
    last = note(session, "宽带移机", agent_chen, 5, region="330000", found=4)

    [kept] = session.exec(select(AskedQuery)).all()
    assert (kept.id, kept.result_count, kept.filters) == (last, 4, {"region": ["330000"]})


def test_the_same_text_elsewhere_after_a_use_or_a_while_is_another_row(
    session: Session, agent_chen: Actor
) -> None:
    use(session, note(session, "宽带移机", agent_chen), agent_chen)
    note(session, "宽带移机", agent_chen, 5, region="330000")
    note(session, "宽带移机", agent_chen, 36)

    assert len(texts(session)) == 3


def test_the_same_text_for_another_day_is_another_row_with_its_day(
    session: Session, agent_chen: Actor
) -> None:
    log_search(session, agent_chen, "宽带移机")
    log_search(session, agent_chen, "宽带移机", of_another_day=True, after=timedelta(seconds=9))

    days = session.exec(select(AskedQuery.as_of).order_by(AskedQuery.at)).all()  # type: ignore[arg-type]
    assert list(days) == [None, day_of(MONDAY_MORNING)]


def test_somebody_elses_question_is_theirs(session: Session, agent_chen: Actor, editor_lin: Actor) -> None:
    note(session, "宽带", agent_chen)
    note(session, "宽带移机", editor_lin, 2)

    assert len(texts(session)) == 2


def test_a_question_whose_answer_was_opened_stays(session: Session, agent_chen: Actor) -> None:
    opened = note(session, "宽带", agent_chen)
    use(session, opened, agent_chen, position=2)
    note(session, "宽带移机", agent_chen, 3)

    assert texts(session) == ["宽带", "宽带移机"]
    assert session.get_one(AskedQuery, opened).best_place == 2


def test_a_number_that_grows_under_the_fingers_is_one_search(session: Session, agent_chen: Actor) -> None:
    for second, typed in enumerate(["138", "138001", "13800138000", "13800138000的副卡"]):
        note(session, typed, agent_chen, second)

    assert texts(session) == ["13*******00的副卡"]


def test_a_step_that_is_noted_late_does_not_come_back(session: Session, agent_chen: Actor) -> None:
    finished = note(session, "宽带移机", agent_chen, 4)
    use(session, finished, agent_chen)
    note(session, "宽带", agent_chen, 2)

    assert texts(session) == ["宽带移机"]


def test_a_late_use_of_a_step_says_that_there_is_no_such_query(session: Session, agent_chen: Actor) -> None:
    step = note(session, "宽带", agent_chen)
    note(session, "宽带移机", agent_chen, 2)

    with pytest.raises(NoSuchQuery):
        use(session, step, agent_chen)


def test_the_best_place_is_the_one_nearest_to_the_top(session: Session, agent_chen: Actor) -> None:
    asked = note(session, "宽带", agent_chen)
    for document, place in (("a", 0), ("b", 5), ("c", 2), ("d", 9), ("e", -3)):
        use(session, asked, agent_chen, document=document, position=place)

    assert session.get_one(AskedQuery, asked).best_place == 2


def test_a_use_from_nowhere_counts_as_a_use(session: Session, agent_chen: Actor) -> None:
    asked = note(session, "宽带", agent_chen)
    use(session, asked, agent_chen, position=0)

    assert session.get_one(AskedQuery, asked).best_place == 0


def test_the_question_put_in_other_words_knows_the_one_before(session: Session, agent_chen: Actor) -> None:
    first = note(session, "搬家", agent_chen, found=0)
    second = note(session, "宽带移机", agent_chen, 20)
    use(session, second, agent_chen)
    third = note(session, "漫游", agent_chen, 40)
    fourth = note(session, "发票", agent_chen, 131)

    follows = dict(session.exec(select(AskedQuery.id, AskedQuery.follows)).all())
    assert follows == {first: None, second: first, third: None, fourth: None}


def test_wrong_characters_are_told_by_their_correction(session: Session, agent_chen: Actor) -> None:
    asked = note(session, "停机宝号", agent_chen)

    assert session.get_one(AskedQuery, asked).kind == "homophone"


def test_notes_at_once_lose_nothing(each_database: str, agent_chen: Actor) -> None:
    """All eight would take over the same row."""
    ends = ["移机", "故障", "账号", "续约", "测速", "拆机", "密码", "赔付"]
    together = Barrier(len(ends))

    def write(text: str) -> None:
        together.wait()
        with database.unit_of_work() as session:
            note(session, text, agent_chen)

    with database.unit_of_work() as session:
        note(session, "宽带", agent_chen)
    with ThreadPoolExecutor(len(ends)) as hands:
        list(hands.map(write, [f"宽带{end}" for end in ends]))

    with database.reading() as session:
        assert sorted(texts(session)) == sorted(f"宽带{end}" for end in ends)


@dataclass
class Desk:
    """What the log should hold: the same rules, told over a list instead of rows."""

    rows: list[tuple[str, datetime, bool]] = field(default_factory=list)

    def ask(self, text: str, at: datetime) -> None:
        if self.rows:
            last, then, used = self.rows[-1]
            goes_on = text.startswith(last) or last.startswith(text)
            if goes_on and not used and at - then <= timedelta(seconds=30):
                self.rows.pop()
        self.rows.append((text, at, False))

    def use(self) -> None:
        text, at, _ = self.rows[-1]
        self.rows[-1] = (text, at, True)


STEPS = st.lists(
    st.tuples(st.sampled_from(["宽", "宽带", "宽带移", "漫", "漫游"]), st.integers(0, 40), st.booleans()),
    min_size=1,
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_sequence_the_rows_are_right_and_no_used_one_is_lost(
    centre: object, agent_chen: Actor, steps: list[tuple[str, int, bool]]
) -> None:
    desk, used, second = Desk(), set(), 0
    with Session(database.engine().execution_options(writes=True)) as session:
        for text, pause, is_used in steps:
            second += pause
            id_ = note(session, text, agent_chen, second)
            desk.ask(text, MONDAY_MORNING + timedelta(seconds=second))
            if is_used:
                use(session, id_, agent_chen)
                used.add(id_)
                desk.use()
        kept = session.exec(select(AskedQuery.text, AskedQuery.best_place)).all()
        tied = set(session.exec(select(DocumentUse.query_id)).all())
        session.rollback()

    assert sorted(kept, key=str) == sorted(
        ((text, 1 if was_used else None) for text, _, was_used in desk.rows), key=str
    )
    assert tied == used


@given(st.permutations(range(5)))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_the_steps_are_noted_the_last_one_stays(
    centre: object, agent_chen: Actor, order: list[int]
) -> None:
    typed = ["宽", "宽带", "宽带移", "宽带移机", "宽带移机费"]
    with Session(database.engine().execution_options(writes=True)) as session:
        for step in order:
            note(session, typed[step], agent_chen, step)
        kept = texts(session)
        session.rollback()

    assert kept == ["宽带移机费"]


@given(st.text("宽带移机ab ", max_size=12), st.text("宽带移机ab ", max_size=4))
def test_a_text_and_what_it_grows_into_are_one_search(text: str, more: str) -> None:
    assert are_one_search(Row(text), Row(text + more))
    assert are_one_search(Row(text + more), Row(text))


@dataclass
class Row:
    text: str
    at: datetime = MONDAY_MORNING
    filters: dict[str, list[str]] = field(default_factory=dict)
    as_of: date | None = None
