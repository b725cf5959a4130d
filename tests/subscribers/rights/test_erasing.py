"""Deleting a person: what goes, what law keeps, who else is untouched, and what a file brings back."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import Session, select

from core import database
from core.identity import Actor
from subscribers.models import Account, MonthlyFact, Status, Subscription
from subscribers.restrictions import restricted_among
from subscribers.rights import carrying_out, erasing, receiving, worklist
from subscribers.rights.erasing import NAME_OF_THE_ERASED, Fate, StillOwes, StillServed
from subscribers.rights.models import RightsChannel, RightsKind, RightsState
from subscribers.rights.moving import find
from subscribers.rights.receiving import Asking
from subscribers.suppressions import SuppressionSource, is_suppressed, suppress
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.one_person import (
    CERTIFICATE,
    NEIGHBOURS,
    NUMBER,
    PERSONAL,
    customer_of,
    everything,
    make_whole,
)

pytestmark = pytest.mark.usefixtures("each_database")
CLOSED = date(2025, 12, 1)


@pytest.fixture
def chen_id(each_database: str) -> int:
    return make_whole(closed_on=CLOSED)


@pytest.fixture
def neighbour_id(each_database: str) -> int:
    return make_whole(NEIGHBOURS, "李四")


def erase(customer_id: int, actor: Actor) -> dict[str, tuple[Fate, int]]:
    with database.unit_of_work() as session:
        done = erasing.erase(session, customer_id, reason="删除", actor=actor, at=MONDAY_MORNING)
        return {part.label: (part.fate, rows) for part, rows in done}


def test_the_report_says_what_became_of_what_and_the_prospect_said_it_before(
    chen_id: int, supervisor_he: Actor
) -> None:
    with database.reading() as session:
        said = {part.label: (part.fate, rows) for part, rows in erasing.prospect(session, chen_id)}

    done = erase(chen_id, supervisor_he)

    assert done == said
    assert {
        label: what for label, what in done.items() if not label.startswith(("文件里", "装载前", "隔离"))
    } == {
        "快速建档": (Fate.REMOVED, 0),
        "更正的经过": (Fate.REMOVED, 0),
        "座席的更正": (Fate.REMOVED, 0),
        "重复客户的判断": (Fate.REMOVED, 0),
        "查看记录的说明": (Fate.BLANKED, 0),
        "通话的事件": (Fate.BLANKED, 0),
        "通话中的检索": (Fate.BLANKED, 0),
        "话务小结": (Fate.BLANKED, 0),
        "通话": (Fate.BLANKED, 0),
        "异动与服务记录": (Fate.REMOVED, 5),
        "产品": (Fate.REMOVED, 1),
        "月度指标": (Fate.REMOVED, 1),
        "单个号码的谢绝营销": (Fate.REMOVED, 0),
        "制作给本人的资料副本": (Fate.REMOVED, 0),
        "谢绝营销的凭据": (Fate.BLANKED, 0),
        "重新同意的凭据": (Fate.BLANKED, 0),
        "权利请求的说明和凭据": (Fate.BLANKED, 0),
        "权利请求的原话": (Fate.BLANKED, 0),
        "权利请求的号码": (Fate.BLANKED, 0),
        "解除限制的原因": (Fate.BLANKED, 0),
        "号码": (Fate.BLANKED, 1),
        "账户": (Fate.BLANKED, 1),
        "客户": (Fate.BLANKED, 1),
        "用户": (Fate.KEPT, 1),
        "账单": (Fate.KEPT, 5),
        "缴费": (Fate.KEPT, 5),
    }


def test_nothing_that_names_the_person_is_left_and_the_bills_are(
    chen_id: int, neighbour_id: int, supervisor_he: Actor
) -> None:
    with database.reading() as session:
        before, neighbours = everything(session, chen_id), everything(session, neighbour_id)

    erase(chen_id, supervisor_he)

    with database.reading() as session:
        left = everything(session, chen_id)
        assert everything(session, neighbour_id) == neighbours
        assert restricted_among(session, [chen_id, neighbour_id]) == {chen_id}
        assert worklist.find_people(session, CERTIFICATE, actor=supervisor_he, at=MONDAY_MORNING)[0].id == (
            neighbour_id
        )
    for name in ("bill", "payment", "subscription"):
        assert left[name] == before[name]
    assert left["customer"][0]["name"] == NAME_OF_THE_ERASED
    written = str({name: rows for name, rows in left.items() if name not in {"bill", "payment"}})
    for personal in ("陈婉清", CERTIFICATE, *map(str, PERSONAL.values())):
        assert personal not in written
    assert left["number"][0]["number"] == left["number"][0]["backwards"] == ""
    assert [row["digest"] for row in left["customer"]] == [row["digest"] for row in before["customer"]]


def test_twice_does_no_more(chen_id: int, supervisor_he: Actor) -> None:
    erase(chen_id, supervisor_he)

    again = erase(chen_id, supervisor_he)
    assert {rows for fate, rows in again.values() if fate is not Fate.KEPT} == {0}


def _serve(session: Session, customer_id: int, status: Status) -> None:
    subscription = session.exec(select(Subscription).where(Subscription.customer_id == customer_id)).one()
    subscription.status = status


def _owe(session: Session, customer_id: int, field: str, cents: int) -> None:
    account = session.exec(select(Account).where(Account.customer_id == customer_id)).one()
    setattr(account, field, cents)


@pytest.mark.parametrize(
    ("happened", "refusal"),
    [
        (lambda session, who: _serve(session, who, Status.ACTIVE), StillServed),
        (lambda session, who: _serve(session, who, Status.STOPPED), StillServed),
        (lambda session, who: _serve(session, who, Status.SUSPENDED), StillServed),
        (lambda session, who: _owe(session, who, "arrears", 1), StillOwes),
        (lambda session, who: _owe(session, who, "balance", 1), StillOwes),
        (lambda session, who: _owe(session, who, "balance", -1), StillOwes),
        (lambda session, who: _owe(session, who, "credit_limit", 500), None),
    ],
    ids=[
        "in use",
        "stopped",
        "suspended",
        "arrears",
        "balance",
        "balance below nothing",
        "a limit is no money",
    ],
)
def test_who_may_be_erased(
    chen_id: int,
    supervisor_he: Actor,
    happened: Callable[[Session, int], None],
    refusal: type[Exception] | None,
) -> None:
    with database.unit_of_work() as session:
        happened(session, chen_id)
    with database.reading() as session:
        before = everything(session, chen_id)

    if refusal is None:
        erase(chen_id, supervisor_he)
        return
    with pytest.raises(refusal):
        erase(chen_id, supervisor_he)
    with database.reading() as session:
        assert everything(session, chen_id) == before
        assert restricted_among(session, [chen_id]) == set()


def test_what_a_file_brings_back_is_erased_again_and_was_never_shown(
    chen_id: int, neighbour_id: int, supervisor_he: Actor
) -> None:
    erase(chen_id, supervisor_he)
    with database.unit_of_work() as session:
        back = customer_of(session, chen_id)
        back.name, back.phone = "陈婉清", "13711112222"
        subscription = session.exec(select(Subscription).where(Subscription.customer_id == chen_id)).one()
        session.add_all([back, MonthlyFact(subscription_id=subscription.id, month=202603)])
    with database.reading() as session:
        assert restricted_among(session, [chen_id]) == {chen_id}
        neighbours = everything(session, neighbour_id)

    with database.unit_of_work() as session:
        assert erasing.erase_again(session) == 2
        assert erasing.erase_again(session) == 0

    with database.reading() as session:
        assert customer_of(session, chen_id).name == NAME_OF_THE_ERASED
        assert everything(session, neighbour_id) == neighbours


def test_a_refusal_of_marketing_outlives_the_person(chen_id: int, supervisor_he: Actor) -> None:
    with database.unit_of_work() as session:
        for number in ("", NUMBER):
            suppress(
                session,
                customer_id=chen_id,
                number=number,
                source=SuppressionSource.CALL,
                proof="录音",
                actor=supervisor_he,
                at=MONDAY_MORNING,
            )

    assert erase(chen_id, supervisor_he)["单个号码的谢绝营销"] == (Fate.REMOVED, 1)

    with database.reading() as session:
        assert is_suppressed(session, chen_id, NUMBER, at=MONDAY_MORNING)


def test_a_request_to_delete_leaves_its_report_and_not_its_words(chen_id: int, supervisor_he: Actor) -> None:
    asking = Asking(RightsKind.DELETE, "我是陈婉清，删掉我的资料", RightsChannel.COUNTER)
    said = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        number = receiving.receive(session, chen_id, asking, **said).number
        receiving.verify(session, number, proof="身份证原件", **said)
        carrying_out.carry_out(session, number, note="", agreed=True, **said)

    with database.reading() as session:
        request = find(session, number)
        assert request.state == RightsState.DONE
        assert request.asked == ""
        assert {"label": "账单", "fate": "依法留存", "rows": 5} in request.report["erased"]


def test_a_deletion_that_is_refused_leaves_the_request_open(neighbour_id: int, supervisor_he: Actor) -> None:
    asking = Asking(RightsKind.DELETE, "删掉", RightsChannel.COUNTER)
    said = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        number = receiving.receive(session, neighbour_id, asking, **said).number
        receiving.verify(session, number, proof="身份证原件", **said)
    with pytest.raises(StillServed), database.unit_of_work() as session:
        carrying_out.carry_out(session, number, note="", agreed=True, **said)

    with database.reading() as session:
        assert find(session, number).state == RightsState.VERIFIED
