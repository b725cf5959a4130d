"""The audit trail on screen."""

from sqlmodel import update

from core.audit import AuditEntry
from core.identity import Actor
from tests.web.browser import HTMX, Browser
from tests.web.records import change


def test_who_did_what_is_listed_in_our_words(wu: Browser, agent_chen: Actor) -> None:
    wu.submit(f"/staff/{agent_chen.staff_id}/disable")

    page = wu.get("/audit").text

    assert "停用员工" in page
    assert page.index("停用员工") < page.index("登录</td>")


def test_the_list_is_narrowed_by_person_action_and_subject(
    wu: Browser, chen: Browser, agent_chen: Actor
) -> None:
    wu.submit(f"/staff/{agent_chen.staff_id}/disable")

    of_chen = wu.get("/audit", params={"staff": str(agent_chen.staff_id)}, headers=HTMX).text
    of_staff = wu.get("/audit", params={"action": "core.staff"}, headers=HTMX).text
    of_nothing = wu.get("/audit", params={"subject": "nothing"}, headers=HTMX).text

    assert ("停用员工" in of_chen, ">陈静</a>" in of_chen, ">吴敏</a>" in of_chen) == (False, True, False)
    assert ("停用员工" in of_staff, "登录" in of_staff) == (True, False)
    assert "没有符合条件的记录" in of_nothing


def test_entries_before_the_day_are_left_out(wu: Browser) -> None:
    assert "登录" in wu.get("/audit?since=2020-01-01", headers=HTMX).text
    assert "没有符合条件的记录" in wu.get("/audit?since=2999-01-01", headers=HTMX).text


def test_a_whole_chain_is_said_to_be_whole(wu: Browser) -> None:
    assert "记录完整" in wu.get("/audit/chain", headers=HTMX).text


def test_an_altered_entry_is_named(wu: Browser) -> None:
    change(update(AuditEntry).where(AuditEntry.number == 1).values(staff_name="别人"))

    page = wu.get("/audit/chain").text

    assert "从第 1 条起与原记录不符" in page
    assert 'role="alert"' in page
