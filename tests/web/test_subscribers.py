"""Subscribers: found by what is known of them, and what is masked is shown to nobody unnoticed."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from core import clock, database, sealing
from core.audit import AuditEntry
from core.identity import Actor
from subscribers.loading.preparing import CERTIFICATE
from subscribers.models import Bill, Customer, ServiceEvent, Subscription
from subscribers.revealing import Reveal
from subscribers.verifying import NotVerified
from tests.makers import give, make_subscriber
from tests.web.browser import HTMX, Browser, on_one_line
from tests.web.records import rows

CERTIFICATE_NUMBER = "330106198503141226"
SECRETS = {
    "certificate": CERTIFICATE_NUMBER,
    "phone": "13355556666",
    "email": "wanqing.chen@example.com",
    "address": "浙江省杭州市西湖区文三路 99 号",
    "birthday": "1985-03-14",
}


@pytest.fixture
def wanqing(centre: object) -> Subscription:
    return make_subscriber(
        "13800006207",
        "陈婉清",
        certificate_sealed=sealing.seal(CERTIFICATE_NUMBER, CERTIFICATE),
        certificate_hash=sealing.hash_now(CERTIFICATE_NUMBER, CERTIFICATE),
        phone="13355556666",
        email="wanqing.chen@example.com",
        address="浙江省杭州市西湖区文三路 99 号",
        birthday=date(1985, 3, 14),
    )


@pytest.fixture
def verified(chen: Browser, wanqing: Subscription) -> Browser:
    said = {"customer": str(wanqing.customer_id), "method": "certificate", "answer": "1226"}
    assert chen.submit("/desk/verifications", said).status_code == 303
    return chen


def asking(made: Subscription, field: str, reason: str = "caller", **more: str) -> tuple[str, dict[str, str]]:
    said = {"entity": "customer", "row": str(made.customer_id), "field": field, "reason": reason}
    return f"/subscribers/{made.customer_id}/reveal", said | more


def test_a_list_says_by_what_somebody_was_found(chen: Browser, wanqing: Subscription) -> None:
    page = chen.submit("/subscribers", {"text": "6207"}).text

    assert "陈婉清" in page
    assert "号码末尾" in page
    assert "13800006207" not in page
    assert "没有找到" in chen.submit("/subscribers", {"text": "9999"}, HTMX).text


@pytest.mark.parametrize(("field", "secret"), SECRETS.items())
def test_what_is_masked_is_shown_for_a_reason_and_noted(
    verified: Browser, wanqing: Subscription, agent_chen: Actor, field: str, secret: str
) -> None:
    assert secret not in verified.get(f"/subscribers/{wanqing.customer_id}").text
    path, said = asking(wanqing, field, "complaint", note="核对地址")

    shown = verified.submit(path, said, HTMX)

    assert secret in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    [kept] = rows(select(Reveal))
    assert (kept.staff_id, kept.customer_id, kept.field) == (agent_chen.staff_id, wanqing.customer_id, field)
    [entry] = rows(select(AuditEntry).where(AuditEntry.action == "subscribers.revealed"))
    assert entry.details["reason"] == "投诉处理"
    assert secret not in str(entry.details)


def test_a_number_can_be_shown_too_but_only_of_that_customer(
    verified: Browser, wanqing: Subscription
) -> None:
    make_subscriber("13377778888", "刘敏")
    path, _said = asking(wanqing, "phone")
    of_number = {"entity": "number", "field": "number", "reason": "caller"}

    own = verified.submit(path, of_number | {"row": "1"}, HTMX)
    strange = verified.submit(path, of_number | {"row": "2"}, HTMX)

    assert "13800006207" in own.text
    assert strange.status_code == 404
    assert "13377778888" not in strange.text


@pytest.mark.parametrize(
    "said",
    [
        {"entity": "customer", "field": "name", "row": "1"},
        {"entity": "customer", "field": "certificate_sealed", "row": "1"},
        {"entity": "account", "field": "balance", "row": "1"},
        {"entity": "staff", "field": "password_hash", "row": "1"},
        {"entity": "customer", "field": "phone", "row": "2"},
        {"entity": "customer", "field": "phone", "row": "x"},
    ],
)
def test_nothing_else_is_shown(verified: Browser, wanqing: Subscription, said: dict[str, str]) -> None:
    make_subscriber("13377778888", "刘敏", phone="13399990000")

    answer = verified.submit(asking(wanqing, "")[0], said | {"reason": "caller"}, HTMX)

    assert answer.status_code == 404
    assert rows(select(Reveal)) == []


def test_who_is_not_verified_has_nothing_shown(chen: Browser, wanqing: Subscription) -> None:
    path, said = asking(wanqing, "phone")

    asked = chen.get(path, params=said, headers=HTMX)
    answer = chen.submit(path, said, HTMX)

    assert (asked.status_code, answer.status_code) == (403, 403)
    assert NotVerified.message in answer.text
    assert rows(select(Reveal)) == []


def test_another_reason_is_said_in_words(verified: Browser, wanqing: Subscription) -> None:
    path, said = asking(wanqing, "phone", "other")

    silent = verified.submit(path, said, HTMX)
    told = verified.submit(path, said | {"note": "家属代办"}, HTMX)

    assert silent.status_code == 422
    assert "请写明查看的原因" in silent.text
    assert SECRETS["phone"] in told.text


def test_without_a_script_the_reason_is_asked_on_a_page(verified: Browser, wanqing: Subscription) -> None:
    path, said = asking(wanqing, "address")

    page = verified.get(path, params=said).text
    shown = verified.submit(path, said).text

    assert "<html" in page
    assert "查看会记入审计" in page
    assert SECRETS["address"] in shown


def test_a_supervisor_reads_and_reveals_without_a_caller_and_an_administrator_does_neither(
    he: Browser, wu: Browser, wanqing: Subscription
) -> None:
    path, said = asking(wanqing, "phone")

    assert "浙江省杭州市西湖区****" in he.get(f"/subscribers/{wanqing.customer_id}").text
    assert SECRETS["phone"] in he.submit(path, said, HTMX).text
    assert "浙江省" not in wu.get(f"/subscribers/{wanqing.customer_id}").text
    assert wu.submit(path, said, HTMX).status_code == 403


def test_the_report_says_who_looked_at_what_and_never_the_value(
    verified: Browser, he: Browser, wanqing: Subscription
) -> None:
    for field in ("phone", "address"):
        path, said = asking(wanqing, field)
        verified.submit(path, said, HTMX)

    report = he.get("/subscribers/reveals?days=1").text

    assert "陈静（2 次，1 位客户）" in report
    assert "联系电话" in report
    assert "客户来电核对" in report
    assert SECRETS["phone"] not in report
    assert verified.get("/subscribers/reveals").status_code == 403


def test_a_page_has_what_happened_once_the_caller_is_known_to_be_the_customer(
    chen: Browser, he: Browser, wanqing: Subscription
) -> None:
    at = clock.now()
    give(
        wanqing,
        Bill(key="B1", source="billing", month=202602, total=13500, items="套餐月费=12900;彩铃=600"),
        *(
            ServiceEvent(
                key=f"E{day}", source="crm", at=at - timedelta(days=day), kind="咨询", title=f"第{day}次"
            )
            for day in range(1, 26)
        ),
    )
    path = f"/subscribers/{wanqing.customer_id}"

    hidden, whole = chen.get(path).text, he.get(path).text
    second = he.get(f"{path}?page=2", headers=HTMX).text

    assert "核身后显示号码、账单" in hidden
    assert "第1次" not in hidden
    assert "套餐月费 ¥129.00，彩铃 ¥6.00" in whole
    assert "第1次" in whole
    assert "第25次" in second
    assert "<html" not in second


@pytest.mark.parametrize("address", ["/subscribers/4711", "/subscribers/abc", "/subscribers/0"])
def test_nobody_has_no_page(he: Browser, wanqing: Subscription, address: str) -> None:
    assert he.get(address).status_code == 404


def test_an_editor_sees_no_subscribers(lin: Browser, wanqing: Subscription) -> None:
    assert lin.submit("/subscribers", {"text": "6207"}).status_code == 403
    assert lin.get(f"/subscribers/{wanqing.customer_id}").status_code == 403


def test_a_customer_who_has_no_number_yet_is_shown_too(chen: Browser, wanqing: Subscription) -> None:
    with database.unit_of_work() as session:
        customer = Customer(key="C9", source="crm", name="张磊", phone="13900001111")
        session.add(customer)
        session.flush()
        path = f"/subscribers/{customer.id}"

    assert "张磊" in chen.submit("/subscribers", {"text": "13900001111"}, HTMX).text
    assert chen.get(path).status_code == 200
    assert chen.get("/desk?caller=13900001111").status_code == 200


@pytest.mark.parametrize("path", ["/subscribers", "/desk/callers"])
def test_what_is_typed_to_find_somebody_never_stands_in_an_address(
    chen: Browser, wanqing: Subscription, path: str
) -> None:
    for page in ("/subscribers", "/desk"):
        form = on_one_line(chen.get(page).text).split('action="/subscribers"')[0].rsplit("<form", 1)[1]
        assert 'method="post"' in form

    answer = chen.submit(path, {"text": SECRETS["certificate"]}, HTMX)

    assert "陈婉清" in answer.text
    assert "证件号" in answer.text
    assert SECRETS["certificate"] not in answer.text
    assert {name for name in answer.headers if name.lower().startswith("hx-")} <= {"hx-trigger"}
    assert "陈婉清" not in chen.get(f"{path}?text={SECRETS['certificate']}").text
