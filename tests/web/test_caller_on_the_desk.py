"""The left of the desk: who calls is known before the first word, and nobody sees more than they may."""

import re
from datetime import date, timedelta

import pytest
from sqlmodel import select

from core import clock, database, sealing
from core.audit import AuditEntry
from core.scope import Brand, Product
from search.pinyin import sound
from subscribers.loading.preparing import CERTIFICATE
from subscribers.models import Bill, Customer, ServiceEvent, Subscription, SubscriptionNumber
from subscribers.models import Product as Ordered
from subscribers.quick_profile import QuickProfile
from subscribers.verifying import Verification
from tests.makers import give, make_article, make_scopes, make_subscriber
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

NUMBER = "13800006207"
CERTIFICATE_NUMBER = "330106198503141226"


@pytest.fixture
def wanqing(centre: object) -> Subscription:
    """A customer with two subscriptions of known products, and everything that a card shows."""
    make_scopes()
    with database.unit_of_work() as session:
        session.add_all([Product(code="mobile", name="移动号码"), Brand(code="yinling", name="银龄")])
    made = make_subscriber(
        NUMBER,
        "陈婉清",
        certificate_kind="居民身份证",
        certificate_sealed=sealing.seal(CERTIFICATE_NUMBER, CERTIFICATE),
        certificate_hash=sealing.hash_now(CERTIFICATE_NUMBER, CERTIFICATE),
        address="浙江省杭州市西湖区文三路 99 号",
        gender="女",
        birthday=date(1985, 3, 14),
    )
    line = Subscription.id == made.id
    with database.unit_of_work() as session:
        own = session.exec(select(Subscription).where(line)).one()
        own.product, own.brand = "mobile", "changxiang"
        session.add(own)
        broadband = {"product": "broadband", "brand": "unheard", "name": "家庭宽带"}
        session.add(Subscription(key="S2", source="crm", customer_id=made.customer_id, **broadband))
    give(
        made,
        Ordered(
            key="P1", source="crm", name="5G 畅享融合 129 元", kind="plan", data_mb=61440, data_used_mb=42189
        ),
        Bill(key="B1", source="billing", month=202602, total=12900),
        ServiceEvent(
            key="E1", source="crm", at=clock.now() - timedelta(days=2), kind="投诉", title="晚间掉线"
        ),
    )
    return made


def verify(browser: Browser, made: Subscription, answer: str = "1226", **more: str) -> str:
    said = {"customer": str(made.customer_id), "method": "certificate", "answer": answer} | more
    return str(browser.submit("/desk/verifications", said, HTMX).text)


def chosen(page: str) -> dict[str, str]:
    """Return what is chosen in the bar for whom the search is."""
    boxes = re.findall(r'<select class="sel sm ctx-pick" id="(\w+)".*?</select>', page, re.DOTALL)
    parts = re.split(r'<select class="sel sm ctx-pick"', page)[1:]
    values = [re.findall(r'value="([^"]*)"\s+selected', part.split("</select>")[0]) for part in parts]
    return {box: value[0] for box, value in zip(boxes, values, strict=True) if value}


def test_a_ringing_number_shows_its_owner_and_narrows_the_search(
    chen: Browser, wanqing: Subscription
) -> None:
    page = chen.get(f"/desk?caller=%2B86{NUMBER}").text

    assert "陈婉清" in page
    assert "5G 畅享融合 129 元" in page
    assert chosen(page) == {"region": "330100", "brand": "changxiang", "product": "mobile,broadband"}
    assert f'<input type="hidden" name="customer" value="{wanqing.customer_id}">' in page
    assert f'<input type="hidden" name="line" value="{wanqing.id}">' in page


def test_the_channel_and_tier_that_the_agent_chose_stay_when_a_caller_comes(
    chen: Browser, wanqing: Subscription
) -> None:
    chen.get("/desk?region=510000&channel=hotline&tier=gold")

    here = chosen(chen.get(f"/desk?caller={NUMBER}").text)

    assert (here["region"], here["channel"], here["tier"]) == ("330100", "hotline", "gold")


def test_the_page_with_a_caller_and_a_question_can_be_loaded_anew(
    chen: Browser, wanqing: Subscription
) -> None:
    """The address of the desk holds both, and an agent presses F5."""
    make_article("宽带移机")

    page = chen.get(f"/desk?caller={NUMBER}&q=宽带移机")

    assert page.status_code == 200
    assert "核身方式" in page.text
    assert 'value="宽带移机"' in page.text
    assert "有用" in page.text


def test_who_is_not_verified_stays_masked_and_nothing_is_told_or_done(
    chen: Browser, wanqing: Subscription
) -> None:
    page = chen.get(f"/desk?caller={NUMBER}").text

    assert "未核身" in page
    assert "138 **** 6207" in page
    for secret in (
        NUMBER,
        CERTIFICATE_NUMBER,
        "文三路",
        "129.00",
        "晚间掉线",
        "41.2",
        "/reveal?",
        "41 岁",
        "网龄",
    ):
        assert secret not in page


def test_four_digits_that_the_caller_says_open_the_card_to_who_asked(
    chen: Browser, he: Browser, wanqing: Subscription
) -> None:
    column = verify(chen, wanqing)

    assert "已核身" in column
    for told in ("¥129.00", "晚间掉线", "41.2 / 60 GB", "3***************26", "浙江省杭州市西湖区****"):
        assert told in column
    assert NUMBER not in column
    assert "已核身" in chen.get(f"/desk?customer={wanqing.customer_id}").text
    assert "已核身" not in he.get(f"/desk?customer={wanqing.customer_id}").text


def test_what_the_caller_said_is_written_down_nowhere(chen: Browser, wanqing: Subscription) -> None:
    verify(chen, wanqing, "9999")
    verify(chen, wanqing)

    noted = rows(select(AuditEntry).where(AuditEntry.subject_id == str(wanqing.customer_id)))
    assert [entry.action for entry in noted] == ["subscribers.not_verified", "subscribers.verified"]
    assert "1226" not in str([entry.details for entry in noted])


def test_after_three_wrong_answers_nobody_may_try_again(
    chen: Browser, he: Browser, wanqing: Subscription
) -> None:
    answers = [verify(chen, wanqing, "0000") for _ in range(3)]

    assert "与登记的证件号不符" in answers[0]
    assert "半小时内已有 3 次核身不符" in answers[2]
    assert "已核身" not in verify(chen, wanqing)
    assert "已核身" not in verify(he, wanqing)
    assert len(rows(select(Verification))) == 3


def test_a_verification_ends_after_half_an_hour(chen: Browser, wanqing: Subscription) -> None:
    verify(chen, wanqing)
    [held] = rows(select(Verification))
    held.valid_until = clock.now() - timedelta(seconds=1)
    with database.unit_of_work() as session:
        session.add(held)

    assert "未核身" in chen.get(f"/desk?customer={wanqing.customer_id}").text


@pytest.mark.parametrize("answer", ["", "12"])
def test_half_an_answer_is_asked_again_and_counts_as_no_attempt(
    chen: Browser, wanqing: Subscription, answer: str
) -> None:
    reply = verify(chen, wanqing, answer)

    assert "证件号后四位" in reply
    assert rows(select(Verification)) == []


def test_without_a_script_the_form_leads_back_to_the_desk(chen: Browser, wanqing: Subscription) -> None:
    said = {"customer": str(wanqing.customer_id), "method": "certificate"}

    right = chen.submit("/desk/verifications", said | {"answer": "1226"})
    wrong = chen.submit("/desk/verifications", said | {"answer": "0000"})

    assert (right.status_code, right.headers["Location"]) == (303, f"/desk?customer={wanqing.customer_id}")
    assert wrong.status_code == 422
    assert "<html" in wrong.text


def test_typing_keeps_the_caller_and_never_reads_the_card_again(
    chen: Browser, wanqing: Subscription, statements: list[str]
) -> None:
    make_article("宽带移机")
    chen.get("/desk")
    statements.clear()

    reply = chen.get(f"/desk?q=宽带&customer={wanqing.customer_id}&region=510000", headers=HTMX)

    assert not [one for one in statements if "subscribers_" in one]
    assert "zhida_context" not in reply.headers.get("set-cookie", "")


def test_after_the_call_the_search_is_again_for_whom_the_agent_chose(
    chen: Browser, wanqing: Subscription
) -> None:
    chen.get("/desk?q=&region=510000&channel=hotline")

    during = chosen(chen.get(f"/desk?caller={NUMBER}").text)
    after = chosen(chen.get("/desk").text)

    assert during == {
        "region": "330100",
        "brand": "changxiang",
        "product": "mobile,broadband",
        "channel": "hotline",
    }
    assert after == {"region": "510000", "channel": "hotline"}


def test_another_search_of_the_page_is_for_the_same_caller(chen: Browser, wanqing: Subscription) -> None:
    page = chen.get(f"/desk?customer={wanqing.customer_id}&line={wanqing.id}&q=没有的东西").text

    [forget] = re.findall(r'id="forget"\s+href="([^"]+)"', page)
    assert f"customer={wanqing.customer_id}" in forget
    assert f"line={wanqing.id}" in forget


def test_a_caller_is_swapped_in_beside_what_is_typed(chen: Browser, wanqing: Subscription) -> None:
    reply = chen.get(f"/desk/caller?caller={NUMBER}", headers=HTMX).text

    assert reply.count("<hx-partial") == 2
    assert 'id="q"' not in reply
    assert chosen(reply)["region"] == "330100"


def test_a_number_of_two_customers_is_asked_about(chen: Browser, wanqing: Subscription) -> None:
    other = make_subscriber("13377778888", "刘敏")
    since = clock.now() - timedelta(days=1)
    give(other, SubscriptionNumber(key="N9", source="crm", number=NUMBER, valid_from=since))

    page = chen.get(f"/desk?caller={NUMBER}").text

    assert "对应 2 位客户" in page
    assert f"/desk?customer={other.customer_id}&amp;line={other.id}" in page
    assert "5G 畅享融合 129 元" not in page


def test_who_only_left_the_number_is_named_below(chen: Browser, wanqing: Subscription) -> None:
    make_subscriber("13377778888", "刘敏", phone=NUMBER)

    page = chen.get(f"/desk?caller={NUMBER}").text

    assert "5G 畅享融合 129 元" in page
    assert "也留了这个号码" in page


def test_an_unknown_caller_is_noted_and_known_the_next_time(
    chen: Browser, he: Browser, centre: object
) -> None:
    make_scopes()
    assert "没有找到这个号码的客户" in chen.get("/desk?caller=13911112222").text

    nameless = chen.submit("/desk/profiles", {"caller": "13911112222", "note": "问宽带"}, HTMX)
    said = {"caller": "13911112222", "name": "李先生", "region": "510000", "note": "问宽带"}
    chen.submit("/desk/profiles", said, HTMX)

    assert nameless.status_code == 422
    assert "问宽带" in nameless.text
    again = he.get("/desk?caller=013911112222").text
    assert "李先生" in again
    assert "问宽带" in again
    assert chosen(again) == {"region": "510000"}
    assert len(rows(select(QuickProfile))) == 1


def test_once_a_source_knows_the_number_the_customer_is_shown(chen: Browser, wanqing: Subscription) -> None:
    change_profile = {"caller": "13911112222", "name": "李先生"}
    chen.submit("/desk/profiles", change_profile, HTMX)
    make_subscriber("13911112222", "李建国")

    page = chen.get("/desk?caller=13911112222").text

    assert "李建国" in page
    assert "李先生" not in page


@pytest.mark.parametrize("text", ["6207", "chenwanqing", "cwq", "陈婉清", CERTIFICATE_NUMBER])
def test_somebody_is_found_on_the_left(chen: Browser, wanqing: Subscription, text: str) -> None:
    reply = chen.submit("/desk/callers", {"text": text}, HTMX).text

    assert "陈婉清" in reply
    assert "138 **** 6207" in reply
    assert CERTIFICATE_NUMBER not in reply


def test_somebody_who_has_no_number_now_is_found_on_the_left(chen: Browser, app: object) -> None:
    with database.unit_of_work() as session:
        session.add(Customer(key="C1", source="crm", name="陈婉清", name_sound=sound("陈婉清")))

    reply = chen.submit("/desk/callers", {"text": "陈婉清"}, HTMX)

    assert reply.status_code == 200
    assert "陈婉清" in reply.text
    assert "没有号码" in reply.text


def test_whoever_sees_no_subscribers_has_the_desk_to_himself(lin: Browser, wanqing: Subscription) -> None:
    page = lin.get(f"/desk?caller={NUMBER}").text

    assert "陈婉清" not in page
    assert 'id="caller"' not in page
    assert lin.get("/desk/caller?caller=1", headers=HTMX).status_code == 403


def test_a_customer_who_is_gone_from_the_database_is_said(chen: Browser, centre: object) -> None:
    answer = chen.get("/desk?customer=4711")

    assert answer.status_code == 404
    assert "没有这位客户的资料" in answer.text
