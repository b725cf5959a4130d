"""What is told of a caller, on the desk and on the page of the customer: when, to whom, and how old it is."""

from datetime import date, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import select, update

from core import clock, database
from core.identity import SYSTEM, Actor, Role
from subscribers import joining, suppressions
from subscribers.calls.models import Call
from subscribers.entities import ENTITIES
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.models import Bill, MonthlyFact, Payment, ServiceEvent, Subscription
from subscribers.models import Product as Ordered
from subscribers.quick_profile import QuickProfile
from subscribers.restrictions import restrict
from subscribers.suppressions import SuppressionSource
from tests.makers import give, make_subscriber
from tests.web.browser import HTMX, Browser
from tests.web.records import change, rows
from tests.web.switch import Switch

HEAD = Actor(SYSTEM.staff_id, "主管", roles=frozenset({Role.SUPERVISOR, Role.ADMIN}))
NUMBER = "13800006207"


@pytest.fixture
def wanqing(centre: object) -> Subscription:
    return make_subscriber(NUMBER, "陈婉清", gender="女", birthday=date(1985, 3, 14))


def verify(browser: Browser, made: Subscription) -> None:
    said = {"customer": str(made.customer_id), "method": "face"}
    assert browser.submit("/desk/verifications", said).status_code == 303


def a_call(
    browser: Browser,
    switch: Switch,
    name: str,
    code: str,
    *,
    note: str = "",
    ago: int = 300,
    caller: str = NUMBER,
) -> None:
    """Let one be answered, hung up, and wrapped up."""
    switch.ring(call=name, ago=ago, caller=caller)
    switch.say("answered", call=name, agent="chen", ago=ago - 10)
    switch.say("ended", call=name, ago=ago - 75)
    (call,) = rows(select(Call).where(Call.key == name))
    browser.submit(f"/calls/{call.id}/wrap-up", {"code_id": code, "note": note}, HTMX)


def test_own_calls_stand_among_the_contacts_once_the_caller_is_verified(
    chen: Browser, switch: Switch, wanqing: Subscription, code: str
) -> None:
    at = clock.now()
    give(
        wanqing,
        ServiceEvent(key="E1", source="crm", at=at - timedelta(hours=2), kind="投诉", title="晚间掉线"),
        ServiceEvent(key="E2", source="crm", at=at - timedelta(minutes=1), kind="咨询", title="千兆提速"),
    )
    a_call(chen, switch, "c1", code, note="问合约到期")
    pages = [f"/desk?customer={wanqing.customer_id}", f"/subscribers/{wanqing.customer_id}"]

    for page in pages:
        assert "问合约到期" not in chen.get(page).text
    verify(chen, wanqing)

    for page in pages:
        told = chen.get(page).text
        for said in ("资费咨询", "问合约到期", "呼入", "陈静", "1 分 5 秒"):
            assert said in told, (page, said)
        assert told.index("千兆提速") < told.index("资费咨询") < told.index("晚间掉线")


def test_calls_of_all_customers_who_are_one_person_are_told_and_practice_is_not(
    chen: Browser, supervisor_he: Actor, switch: Switch, wanqing: Subscription, code: str
) -> None:
    other = make_subscriber("13377778888", "陈婉清")
    a_call(chen, switch, "c1", code, note="来自另一个号码", caller="13377778888")
    chen.submit("/calls/practice", {"agent": "chen", "number": NUMBER})
    change(update(Call).where(Call.switch == "practice").values(phase="ended", ended_at=clock.now()))  # type: ignore[arg-type]
    with database.unit_of_work() as session:
        assert wanqing.customer_id
        assert other.customer_id
        joining.merge(session, wanqing.customer_id, other.customer_id, actor=supervisor_he, at=clock.now())

    verify(chen, wanqing)

    told = chen.get(f"/subscribers/{wanqing.customer_id}").text
    assert "来自另一个号码" in told
    assert "未接来电" not in told
    assert told.count("呼入") == 2  # in the column and in the list


def test_a_call_that_nobody_answered_is_told_as_missed(
    chen: Browser, switch: Switch, wanqing: Subscription
) -> None:
    switch.ring(ago=120)
    switch.say("ended", ago=90)

    verify(chen, wanqing)

    assert "未接来电" in chen.get(f"/desk?customer={wanqing.customer_id}").text


def test_whoever_refused_marketing_is_not_sold_to_even_before_the_caller_is_verified(
    chen: Browser, wanqing: Subscription
) -> None:
    desk = f"/desk?caller={NUMBER}"
    assert "谢绝营销" not in chen.get(desk).text

    with database.unit_of_work() as session:
        suppressions.suppress(
            session,
            customer_id=wanqing.customer_id,
            source=SuppressionSource.CALL,
            proof="录音 1",
            actor=HEAD,
            at=clock.now(),
        )

    page = chen.get(desk).text
    assert "谢绝营销" in page
    assert "未核身" in page
    today = clock.day_of(clock.now())
    assert f"自 {today} 起" in page


def test_what_the_newest_month_says_is_shown_with_the_money(chen: Browser, wanqing: Subscription) -> None:
    assert wanqing.id
    with database.unit_of_work() as session:
        for month, arpu in ((202601, 11100), (202602, 12900)):
            session.add(
                MonthlyFact(
                    subscription_id=wanqing.id, month=month, arpu_3=arpu, arrears_days=9, complaints=2
                )
            )
    page = f"/subscribers/{wanqing.customer_id}"
    assert "月度指标" not in chen.get(page).text

    verify(chen, wanqing)

    told = chen.get(page).text
    for said in ("月度指标", "2026-02", "¥129.00", "9 天", "2 次"):
        assert said in told
    assert "¥111.00" not in told


def test_before_a_caller_is_verified_no_more_than_a_name_and_products_is_told(
    chen: Browser, wanqing: Subscription
) -> None:
    give(wanqing, Ordered(key="P1", source="crm", name="5G 畅享融合 129 元", kind="plan"))
    with database.unit_of_work() as session:
        more = {"name": "家庭宽带", "product": "broadband", "brand": "changxiang"}
        session.add(Subscription(key="S2", source="crm", customer_id=wanqing.customer_id, **more))
    pages = [f"/desk?caller={NUMBER}", f"/subscribers/{wanqing.customer_id}"]
    personal = ("女", "41 岁", "网龄", "共 2 个", "家庭宽带")

    hidden = [chen.get(page).text for page in pages]
    verify(chen, wanqing)
    shown = "".join(chen.get(page).text for page in pages)

    for page in hidden:
        column = page[page.index('id="caller"') :]
        assert "5G 畅享融合 129 元" in column
        assert not [one for one in personal if one in column.split('id="answers"')[0]]
    assert not [one for one in ("女", "网龄", "共 2 个", "家庭宽带") if one not in shown]


def test_a_restricted_customer_is_named_nowhere_in_calls_and_reveals(
    chen: Browser, he: Browser, switch: Switch, wanqing: Subscription
) -> None:
    switch.ring()
    verify(chen, wanqing)
    said = {"entity": "number", "field": "number", "reason": "caller", "row": "1"}
    chen.submit(f"/subscribers/{wanqing.customer_id}/reveal", said, HTMX)
    pages = ("/calls", "/calls/bar", f"/calls/{rows(select(Call))[0].id}", "/subscribers/reveals?days=1")
    seen = [he.get(page).text + chen.get(page, headers=HTMX).text for page in pages]
    assert ["陈婉清" in one for one in seen] == [True] * len(pages)

    with database.unit_of_work() as session:
        assert wanqing.customer_id
        restrict(session, wanqing.customer_id, reason="本人要求", actor=HEAD, at=clock.now())

    for page in pages:
        assert "陈婉清" not in he.get(page).text + chen.get(page, headers=HTMX).text, page


def test_numbers_that_somebody_typed_are_masked_wherever_they_are_read(
    chen: Browser, he: Browser, switch: Switch, wanqing: Subscription, code: str
) -> None:
    mobile, certificate = "13912345678", "330106198503141226"
    a_call(chen, switch, "c1", code, note=f"联系 {mobile} 证件 {certificate}")
    give(
        wanqing,
        ServiceEvent(key="E1", source="crm", at=clock.now(), kind="投诉", title=f"回拨 {mobile}"),
    )
    chen.submit("/desk/profiles", {"caller": "13911112222", "name": "李先生", "note": f"改打 {mobile}"}, HTMX)
    verify(chen, wanqing)
    (call,) = rows(select(Call))

    pages = [
        he.get("/calls").text,
        he.get(f"/calls/{call.id}").text,
        chen.get(f"/desk?customer={wanqing.customer_id}").text,
        chen.get(f"/subscribers/{wanqing.customer_id}").text,
        chen.get("/desk?caller=13911112222").text,
    ]

    for page in pages:
        assert "139 **** 5678" in page
        assert mobile not in page
        assert certificate not in page


def test_a_note_that_was_shown_masked_and_not_changed_is_kept_as_it_was(chen: Browser, app: FastAPI) -> None:
    said = {"caller": "13911112222", "name": "李先生", "note": "改打 13912345678"}
    chen.submit("/desk/profiles", said, HTMX)

    chen.submit("/desk/profiles", said | {"name": "李建国", "note": "改打 139 **** 5678"}, HTMX)

    (kept,) = rows(select(QuickProfile))
    assert (kept.name, kept.note) == ("李建国", "改打 13912345678")


def test_each_block_says_up_to_when_it_is_known(chen: Browser, wanqing: Subscription) -> None:
    """Each entity was told of on a day of its own."""
    at, told = clock.now(), {}
    assert wanqing.id
    give(
        wanqing,
        Bill(key="B1", source="billing", month=202602, total=12900),
        ServiceEvent(key="E1", source="crm", at=at - timedelta(days=2), kind="投诉", title="晚间掉线"),
    )
    with database.unit_of_work() as session:
        session.add(MonthlyFact(subscription_id=wanqing.id, month=202602))
        session.add(
            Payment(key="Y1", source="billing", account_id=wanqing.account_id, paid_at=at, amount=100)
        )
        for days, entity in enumerate(ENTITIES, start=1):
            seen = at - timedelta(days=days)
            told[entity] = seen.astimezone(clock.CENTRE_TIME).strftime("%m-%d %H:%M")
            session.add(loaded(entity, seen))
    verify(chen, wanqing)
    page = chen.get(f"/subscribers/{wanqing.customer_id}").text

    for begins, entities in (
        ('id="caller-facts"', ("customer", "account", "bill")),
        (">在用产品", ("subscription", "product")),
        (">最近联系与异动", ("event",)),
        ('id="lines"', ("subscription", "number")),
        ('aria-label="账户与账单"', ("account", "bill")),
        ("<h3>缴费</h3>", ("payment",)),
        ('aria-label="月度指标"', ("account", "bill", "event")),
        ('id="events"', ("event",)),
    ):
        block = page[page.index(begins) :]
        first = block[block.index("截至") :][:20]
        oldest = max(entities, key=list(ENTITIES).index)
        assert told[oldest] in first, begins


def loaded(entity: str, seen: datetime) -> Load:
    return Load(
        source="crm",
        entity=entity,
        kind=LoadKind.FULL,
        via=Via.COMMAND,
        name=f"crm_{entity}",
        sequence=1,
        state=LoadState.MERGED,
        state_since=seen,
        seen_at=seen,
    )
