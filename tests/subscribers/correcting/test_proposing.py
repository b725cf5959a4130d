"""An agent corrects what the source says of a caller: what is taken, what is refused, who is told."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from core import database
from core.audit import AuditEntry
from core.errors import NotAllowed
from core.identity import Actor
from subscribers.correcting import proposing, settling
from subscribers.correcting.models import CorrectionState
from subscribers.correcting.proposing import (
    Evidence,
    ForSupervisor,
    NothingToCorrect,
    RowGone,
    SeenChanged,
)
from subscribers.correcting.rules import NotCorrectable
from subscribers.correcting.settling import AlreadySettled, AlreadyTold, Decision
from subscribers.correcting.values import ValueUnfit
from subscribers.entities import ENTITIES
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber
from tests.people import hire
from tests.subscribers.correcting.people_and_values import (
    customer_of,
    kept,
    says,
    seen_of,
    shown,
    source_sends,
    steps_of,
)

OLD, NEW, THIRD = "文三路 1 号", "文三路 99 号", "天目山路 5 号"
LATER = MONDAY_MORNING + timedelta(minutes=5)


@pytest.fixture
def caller(each_database: str, centre: object) -> int:
    return make_subscriber(address=OLD).customer_id


def test_the_next_agent_sees_it_at_once(caller: int, agent_chen: Actor) -> None:
    says(agent_chen, caller, "address", f"  {NEW}\n", at=MONDAY_MORNING)

    assert seen_of(caller, "address").value == NEW
    assert seen_of(caller, "address").source == OLD


def test_the_audit_trail_says_which_field_and_not_the_value(
    caller: int, agent_chen: Actor, session: Session
) -> None:
    says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)

    entry = session.exec(select(AuditEntry)).one()
    assert entry.details == {"customer": caller, "field": "customer.address"}


def test_two_agents_correct_one_field_and_the_second_is_told(caller: int, agent_chen: Actor) -> None:
    fang = hire("fang", "方圆", "agent")
    before = shown(caller, "address")
    first = says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING, seen=before)

    with pytest.raises(SeenChanged):
        says(fang, caller, "address", THIRD, at=LATER, seen=before)
    second = says(fang, caller, "address", THIRD, at=LATER)

    assert seen_of(caller, "address").value == THIRD
    assert kept(first).state == CorrectionState.SUPERSEDED
    assert kept(second).is_open


def test_two_agents_in_the_same_moment_leave_one_correction(caller: int, agent_chen: Actor) -> None:
    """The database keeps the second out even where neither saw the other."""
    says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)
    field = ENTITIES["customer"].field("address")

    with pytest.raises(SeenChanged), database.unit_of_work() as session:
        row = proposing.row_of(session, "customer", caller)
        proposing.lay(session, row, field, THIRD, Evidence.SAID, actor=agent_chen, at=LATER)

    assert seen_of(caller, "address").value == NEW


def test_a_form_drawn_before_a_load_changed_the_value_is_not_taken_blindly(
    caller: int, agent_chen: Actor
) -> None:
    before = shown(caller, "address")
    source_sends(customer_of(caller), MONDAY_MORNING, address=THIRD)

    with pytest.raises(SeenChanged):
        says(agent_chen, caller, "address", NEW, at=LATER, seen=before)


def test_the_same_said_again_stands_by_the_correction_there_is(caller: int, agent_chen: Actor) -> None:
    fang = hire("fang", "方圆", "agent")
    first = says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)
    source_sends(customer_of(caller), LATER, address=THIRD)
    assert kept(first).state == CorrectionState.CONFLICT

    again = says(fang, caller, "address", NEW, at=LATER + timedelta(hours=1))

    assert kept(again).id == kept(first).id
    assert kept(first).state == CorrectionState.OPEN
    assert steps_of(first) == ["open", "conflict", "open"]


def test_after_two_contradictions_only_a_supervisor_brings_it_back(caller: int, agent_chen: Actor) -> None:
    correction = says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)
    source_sends(customer_of(caller), LATER, address=THIRD)
    source_sends(customer_of(caller), LATER + timedelta(days=1), address="莫干山路 8 号")
    assert kept(correction).contradictions == 2

    with pytest.raises(ForSupervisor):
        says(agent_chen, caller, "address", NEW, at=LATER + timedelta(days=2))


def test_a_caller_who_says_the_source_is_right_ends_the_correction(caller: int, agent_chen: Actor) -> None:
    correction = says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)

    assert says(agent_chen, caller, "address", OLD, at=LATER) is None

    assert kept(correction).state == CorrectionState.WITHDRAWN
    assert seen_of(caller, "address").value == OLD


def test_what_the_source_says_already_is_no_correction(caller: int, agent_chen: Actor) -> None:
    with pytest.raises(NothingToCorrect):
        says(agent_chen, caller, "address", "文三路1号", at=MONDAY_MORNING)


def test_a_row_that_the_source_deleted_takes_no_correction(caller: int, agent_chen: Actor) -> None:
    source_sends(customer_of(caller), MONDAY_MORNING, gone_at=MONDAY_MORNING)

    with pytest.raises(RowGone):
        says(agent_chen, caller, "address", NEW, at=LATER)


@pytest.mark.parametrize("field", ["certificate", "kind", "balance", "nonsense"])
def test_what_is_decided_elsewhere_is_not_corrected_here(caller: int, agent_chen: Actor, field: str) -> None:
    with pytest.raises(NotCorrectable):
        says(agent_chen, caller, field, "x", at=MONDAY_MORNING, seen="")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("address", "   "),
        ("address", "路" * 201),
        ("phone", "一三八"),
        ("phone", "12"),
        ("birthday", "1985-02-30"),
        ("birthday", "去年"),
        ("birthday", "2027-01-01"),
        ("gender", "先生"),
        ("email", "chen.qq.com"),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_box(
    caller: int, agent_chen: Actor, field: str, typed: str
) -> None:
    with pytest.raises(ValueUnfit) as refused:
        says(agent_chen, caller, field, typed, at=MONDAY_MORNING)
    assert refused.value.field == "proposed"


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("phone", "１３９ 0000-6207", "13900006207"),
        ("phone", "(0571) 8888 6666", "057188886666"),
        ("birthday", "19850601", "1985-06-01"),
        ("address", "文三路\t99  号", "文三路 99 号"),
        ("email", "ｃｈｅｎ@qq.com", "chen@qq.com"),
    ],
)
def test_what_is_typed_is_kept_in_its_one_form(
    caller: int, agent_chen: Actor, field: str, typed: str, value: str
) -> None:
    says(agent_chen, caller, field, typed, at=MONDAY_MORNING)

    assert seen_of(caller, field).correction is not None
    assert kept(seen_of(caller, field).correction).proposed == value


def test_an_editor_corrects_no_subscriber(caller: int, editor_lin: Actor) -> None:
    with pytest.raises(NotAllowed):
        says(editor_lin, caller, "address", NEW, at=MONDAY_MORNING)


def test_an_agent_takes_back_their_own_word_until_the_source_knows(
    caller: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    fang = hire("fang", "方圆", "agent")
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))

    stranger = make_subscriber("13377778888", "刘敏").customer_id

    def take_back(actor: Actor, version: int = 0, of: int | None = caller) -> None:
        with database.unit_of_work() as session:
            settling.withdraw(session, correction.id, of=of or 0, version=version, actor=actor, at=LATER)

    with pytest.raises(AlreadyTold):
        take_back(fang)
    with pytest.raises(settling.NoSuchCorrection):
        take_back(agent_chen, of=stranger)
    take_back(agent_chen)
    assert seen_of(caller, "address").value == OLD
    with pytest.raises(AlreadySettled):
        take_back(supervisor_he, kept(correction).version)


def test_two_supervisors_decide_and_the_second_is_told(
    caller: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    source_sends(customer_of(caller), LATER, address=THIRD)
    before = kept(correction).version

    def decide(decision: Decision) -> None:
        with database.unit_of_work() as session:
            settling.settle(session, correction.id, decision, version=before, actor=supervisor_he, at=LATER)

    decide(Decision.SOURCE)
    assert seen_of(caller, "address").value == THIRD
    assert kept(correction).state == CorrectionState.SUPERSEDED
    with pytest.raises(AlreadySettled):
        decide(Decision.KEEP)
