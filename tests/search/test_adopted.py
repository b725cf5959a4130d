"""What the query log teaches: which document's words were used for which question."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from core.identity import Actor
from search.adopted import Adopted, adopted_answers
from search.document import DocumentKey
from search.query_log import Action, Outcome, SettledBy, note_query, note_use
from tests.conftest import MONDAY_MORNING
from tests.search.library import make_query

LAST_MONTH = MONDAY_MORNING - timedelta(days=30)
MOVING, FEES = DocumentKey("kb", "moving"), DocumentKey("kb", "fees")


def ask(
    session: Session, text: str, actor: Actor, *used: DocumentKey, action: Action = Action.COPIED
) -> UUID:
    outcome = Outcome(3, 12, frozenset(), SettledBy.ENTER)
    asked = note_query(session, make_query(text), outcome, staff_id=actor.staff_id, at=MONDAY_MORNING)
    for key in used:
        note_use(session, asked, key, action, position=1, staff_id=actor.staff_id, at=MONDAY_MORNING)
    return asked


def adopted(session: Session, limit: int = 10) -> list[Adopted]:
    return adopted_answers(session, since=LAST_MONTH, limit=limit)


def test_what_was_copied_is_learnt_once_for_each_question(
    each_database: str, session: Session, agent_chen: Actor
) -> None:
    ask(session, "宽带移机", agent_chen, MOVING)
    ask(session, "寬帶 移机", agent_chen, MOVING, FEES)
    ask(session, "资费", agent_chen, FEES)

    moving, fees = adopted(session)

    assert (moving.documents, moving.times) == ({MOVING, FEES}, 3)
    assert (fees.text, fees.documents, fees.times) == ("资费", {FEES}, 1)
    assert adopted(session, limit=1) == [moving]


def test_opening_is_not_adopting(session: Session, agent_chen: Actor) -> None:
    ask(session, "宽带移机", agent_chen, MOVING, action=Action.OPENED)
    ask(session, "什么也没用", agent_chen)

    assert adopted(session) == []


def test_what_is_old_or_masked_teaches_nothing(
    each_database: str, session: Session, agent_chen: Actor
) -> None:
    ask(session, "13800138000 欠费", agent_chen, FEES)
    ask(session, "宽带移机", agent_chen, MOVING)

    assert [one.text for one in adopted(session)] == ["宽带移机"]
    assert adopted_answers(session, since=MONDAY_MORNING + timedelta(seconds=1), limit=10) == []
