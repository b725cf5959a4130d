"""A person's request from the call to its end: its clock, its steps, what each kind does."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from core import audit, database, sealing
from core.errors import Invalid, NotAllowed
from core.identity import Actor
from subscribers.models import Customer, SubscriptionNumber
from subscribers.restrictions import CustomerRestricted, RestrictionFinal, restrict, restricted_among
from subscribers.rights import carrying_out, clocks, receiving, worklist
from subscribers.rights.models import RightsChannel, RightsKind, RightsState
from subscribers.rights.moving import MoveNotOpen, NoSuchRequest, find, moves_from, steps_of
from subscribers.rights.receiving import Asking, NoSuchCustomer, NotAPerson
from subscribers.suppressions import is_suppressed
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber

K, S = RightsKind, RightsState
pytestmark = pytest.mark.usefixtures("each_database")
NUMBER = "13800006207"
MONDAY_NIGHT = MONDAY_MORNING + timedelta(hours=15, minutes=30)  # half past midnight, already Tuesday


@pytest.fixture
def chen_id(each_database: str) -> int:
    return make_subscriber(NUMBER).customer_id


def received(customer_id: int, kind: K, actor: Actor, *, at: datetime = MONDAY_MORNING, **said: str) -> int:
    asking = Asking(kind, said.get("asked", "按规定办理"), RightsChannel.CALL, said.get("for_number", ""))
    with database.unit_of_work() as session:
        return receiving.receive(session, customer_id, asking, actor=actor, at=at).number


def bring_to(state: S, customer_id: int, kind: K, actor: Actor) -> int:
    number = received(customer_id, kind, actor)
    with database.unit_of_work() as session:
        find(session, number).state = state
    return number


def act(name: str, number: int, actor: Actor) -> None:
    said = {"actor": actor, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        if name == "verify":
            receiving.verify(session, number, proof="服务密码正确", **said)
        elif name == "refuse":
            receiving.refuse(session, number, reason="身份核实不通过", **said)
        elif name == "withdraw":
            receiving.withdraw(session, number, reason="客户来电撤回", **said)
        else:
            carrying_out.carry_out(session, number, note="已更正", agreed=True, **said)


def state_of(number: int) -> S:
    with database.reading() as session:
        return S(find(session, number).state)


MOVES = [
    #                          verify      carry out     refuse      withdraw
    (K.RESTRICT, S.RECEIVED, S.VERIFIED, None, S.REFUSED, S.WITHDRAWN),
    (K.RESTRICT, S.VERIFIED, None, S.DONE, S.REFUSED, S.WITHDRAWN),
    (K.COPY, S.WORKING, None, None, None, None),
    (K.RESTRICT, S.DONE, None, None, None, None),
    (K.RESTRICT, S.REFUSED, None, None, None, None),
    (K.RESTRICT, S.WITHDRAWN, None, None, None, None),
]


@pytest.mark.parametrize(
    ("kind", "state", "action", "then"),
    [
        (kind, state, action, then)
        for kind, state, *thens in MOVES
        for action, then in zip(("verify", "carry out", "refuse", "withdraw"), thens, strict=True)
    ],
)
def test_what_may_be_done_in_a_state(
    chen_id: int, supervisor_he: Actor, kind: K, state: S, action: str, then: S | None
) -> None:
    number = bring_to(state, chen_id, kind, supervisor_he)

    if then is None:
        with pytest.raises(MoveNotOpen):
            act(action, number, supervisor_he)
    else:
        act(action, number, supervisor_he)
    assert state_of(number) is (then or state)


@pytest.mark.parametrize(
    ("kind", "state", "done"),
    [
        (K.COPY, S.VERIFIED, S.WORKING),  # a job makes the file
        (K.CORRECT, S.VERIFIED, S.DONE),
        (K.RESTRICT, S.VERIFIED, S.DONE),
        (K.REFUSE_MARKETING, S.VERIFIED, S.DONE),
    ],
)
def test_carrying_out_leads_each_kind_to(
    chen_id: int, supervisor_he: Actor, kind: K, state: S, done: S
) -> None:
    number = bring_to(state, chen_id, kind, supervisor_he)

    act("carry out", number, supervisor_he)

    assert state_of(number) is done


@pytest.mark.parametrize("kind", K)
def test_what_is_closed_stays_closed(kind: K) -> None:
    assert all(not moves_from(kind, state) for state in (S.DONE, S.REFUSED, S.WITHDRAWN))


@pytest.mark.parametrize(
    ("at", "due"),
    [(MONDAY_MORNING, date(2026, 3, 23)), (MONDAY_NIGHT, date(2026, 3, 24))],
    ids=["fifteen working days", "at night it is the next day in the centre"],
)
def test_the_clock_starts_when_it_is_taken_in(
    chen_id: int, agent_chen: Actor, at: datetime, due: date
) -> None:
    number = received(chen_id, K.COPY, agent_chen, at=at)

    with database.reading() as session:
        request = find(session, number)
        assert request.due_on == due
        assert request.code == "QL-00001"
        assert [step.state for step in steps_of(session, request)] == [S.RECEIVED]


def test_a_new_term_holds_for_new_requests(chen_id: int, agent_chen: Actor, admin_wu: Actor) -> None:
    promised = received(chen_id, K.COPY, agent_chen)
    with database.unit_of_work() as session:
        clocks.choose(session, K.COPY, 5, actor=admin_wu, at=MONDAY_MORNING)
        for wrong in (0, 61):
            with pytest.raises(clocks.ClockWrong):
                clocks.choose(session, K.COPY, wrong, actor=admin_wu, at=MONDAY_MORNING)
    later = received(chen_id, K.COPY, agent_chen)
    other = received(chen_id, K.DELETE, agent_chen)

    with database.reading() as session:
        due = [find(session, number).due_on for number in (promised, later, other)]
    assert due == [date(2026, 3, 23), date(2026, 3, 9), date(2026, 3, 23)]


def test_what_is_late_is_counted_and_stands_first(
    chen_id: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    recent = received(chen_id, K.COPY, agent_chen, at=MONDAY_MORNING + timedelta(days=10))
    old = received(chen_id, K.COPY, agent_chen)
    on_the_day = datetime(2026, 3, 23, 15, 0, tzinfo=MONDAY_MORNING.tzinfo)

    with database.reading() as session:
        listed = list(session.exec(worklist.listed(supervisor_he, is_open=True, kind=None)))
        assert [request.number for request in listed] == [old, recent]
        assert worklist.counts(session, supervisor_he, at=on_the_day) == (2, 0)
        assert worklist.counts(session, supervisor_he, at=on_the_day + timedelta(days=1)) == (2, 1)
        left = [line.days_left for line in worklist.lines(session, listed, at=on_the_day)]
    assert left == [0, 10 - 2]


def test_an_agent_takes_in_and_a_supervisor_carries_out(chen_id: int, agent_chen: Actor) -> None:
    number = received(chen_id, K.RESTRICT, agent_chen)

    for action in ("verify", "carry out", "refuse", "withdraw"):
        with pytest.raises(NotAllowed):
            act(action, number, agent_chen)


def test_an_agent_sees_only_what_he_took_in(chen_id: int, agent_chen: Actor, supervisor_he: Actor) -> None:
    mine = received(chen_id, K.COPY, agent_chen)
    theirs = received(chen_id, K.COPY, supervisor_he)

    with database.reading() as session:
        assert worklist.seen(session, mine, actor=agent_chen).number == mine
        assert worklist.seen(session, theirs, actor=supervisor_he).number == theirs
        with pytest.raises(NoSuchRequest):
            worklist.seen(session, theirs, actor=agent_chen)


def test_a_restricted_person_is_seen_at_the_desk_for_rights_alone(
    chen_id: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    mine = received(chen_id, K.RESTRICT, agent_chen)
    act("verify", mine, supervisor_he)
    act("carry out", mine, supervisor_he)

    with database.reading() as session:
        assert restricted_among(session, [chen_id]) == {chen_id}
        for actor, found in ((agent_chen, []), (supervisor_he, [chen_id])):
            people = worklist.find_people(session, NUMBER, actor=actor, at=MONDAY_MORNING)
            assert [person.id for person in people] == found
        with pytest.raises(NoSuchRequest):
            worklist.seen(session, mine, actor=agent_chen)
    with pytest.raises(CustomerRestricted):
        received(chen_id, K.COPY, agent_chen)
    assert received(chen_id, K.COPY, supervisor_he)

    with database.unit_of_work() as session:
        carrying_out.lift_restriction(
            session, mine, reason="客户撤回", actor=supervisor_he, at=MONDAY_MORNING
        )
    with database.reading() as session:
        assert restricted_among(session, [chen_id]) == set()


@pytest.mark.parametrize("for_number", ["", NUMBER], ids=["everywhere", "at one number"])
def test_refused_marketing_is_refused_until_a_new_consent(
    chen_id: int, supervisor_he: Actor, for_number: str
) -> None:
    number = received(chen_id, K.REFUSE_MARKETING, supervisor_he, for_number=for_number)
    act("carry out", number, supervisor_he)

    with database.reading() as session:
        assert is_suppressed(session, chen_id, NUMBER, at=MONDAY_MORNING)
        assert is_suppressed(session, chen_id, "13900000000", at=MONDAY_MORNING) is (for_number == "")
    with database.unit_of_work() as session:
        carrying_out.agree_again(session, number, proof="签字单 7", actor=supervisor_he, at=MONDAY_NIGHT)
        assert not is_suppressed(session, chen_id, NUMBER, at=MONDAY_NIGHT)


@pytest.mark.parametrize(
    ("kind", "note", "agreed", "field"),
    [(K.DELETE, "", False, "agreed"), (K.CORRECT, "  ", True, "note")],
)
def test_what_must_be_said_to_carry_out(
    chen_id: int, supervisor_he: Actor, kind: K, note: str, agreed: bool, field: str
) -> None:
    number = bring_to(S.VERIFIED, chen_id, kind, supervisor_he)

    with database.unit_of_work() as session, pytest.raises(Invalid) as refused:
        carrying_out.carry_out(
            session, number, note=note, agreed=agreed, actor=supervisor_he, at=MONDAY_MORNING
        )
    assert refused.value.field == field


@pytest.mark.parametrize("kind", K)
def test_a_company_is_no_person(each_database: str, agent_chen: Actor, kind: K) -> None:
    company = make_subscriber("05718888", "杭州某公司", kind="group").customer_id

    if kind in {K.CORRECT, K.REFUSE_MARKETING}:
        assert received(company, kind, agent_chen)
    else:
        with pytest.raises(NotAPerson):
            received(company, kind, agent_chen)


def test_nobody_asks_for_somebody_unknown(each_database: str, agent_chen: Actor) -> None:
    with pytest.raises(NoSuchCustomer):
        received(4711, K.COPY, agent_chen)


def test_numbers_of_people_do_not_stand_in_what_is_written(
    chen_id: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    number = received(
        chen_id, K.COPY, agent_chen, asked="身份证 330102198501011234，打 13800006207，录音 20260302000012"
    )
    act("verify", number, supervisor_he)

    with database.reading() as session:
        request = find(session, number)
        assert request.asked == "身份证 3***************34，打 138 **** 6207，录音 20260302000012"
        trail = list(session.exec(audit.entries(action="subscribers.rights")))
        assert [entry.action for entry in trail] == [
            "subscribers.rights.verified",
            "subscribers.rights.received",
        ]
        assert all(entry.details == {"kind": "查阅、复制资料"} for entry in trail)
        assert {entry.subject_id for entry in trail} == {"QL-00001"}


def test_an_erased_person_is_never_shown_again(chen_id: int, supervisor_he: Actor) -> None:
    number = bring_to(S.DONE, chen_id, K.RESTRICT, supervisor_he)
    with database.unit_of_work() as session:
        restrict(session, chen_id, reason="删除", actor=supervisor_he, at=MONDAY_MORNING).is_final = True

    with database.unit_of_work() as session, pytest.raises(RestrictionFinal):
        carrying_out.lift_restriction(session, number, reason="试试", actor=supervisor_he, at=MONDAY_MORNING)


def test_people_are_found_by_the_whole_of_what_names_them(chen_id: int, supervisor_he: Actor) -> None:
    def found(text: str, at: datetime = MONDAY_MORNING) -> list[int]:
        with database.reading() as session:
            return [one.id for one in worklist.find_people(session, text, actor=supervisor_he, at=at)]

    assert found(NUMBER) == found(" 138 0000 6207 ") == found("C13800006207") == [chen_id]
    assert found("1380000") == found("") == found("陈") == []
    assert found(NUMBER, MONDAY_MORNING - timedelta(days=400)) == []  # the number was not theirs yet


CARD, CARD_OF_FIFTEEN = "130503196704010016", "130503670401001"


@pytest.mark.parametrize(
    "written",
    [
        "+86 138-0000-6207",
        "１３８００００６２０７",
        "0086 13800006207",
        CARD_OF_FIFTEEN,
        "130503-19670401-0016",
        "c13800006207",
    ],
)
def test_people_are_found_however_it_is_written(written: str, chen_id: int, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session:
        chen = session.get_one(Customer, chen_id)
        chen.certificate_hash = sealing.hash_now(CARD, "certificate")
        session.add(chen)
    with database.reading() as session:
        found = worklist.find_people(session, written, actor=supervisor_he, at=MONDAY_MORNING)
    assert [one.id for one in found] == [chen_id]


def test_a_number_that_the_source_took_away_names_nobody(chen_id: int, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session:
        row = session.exec(select(SubscriptionNumber)).one()
        row.gone_at = MONDAY_MORNING
        session.add(row)
    with database.reading() as session:
        assert worklist.find_people(session, NUMBER, actor=supervisor_he, at=MONDAY_MORNING) == []
        assert worklist.person(session, chen_id, actor=supervisor_he, at=MONDAY_MORNING).numbers == ()
