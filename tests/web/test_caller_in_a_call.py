"""Who calls, in a call whose number says nothing or somebody else: found, verified, and kept on the call."""

import re
from html import unescape

from fastapi import FastAPI
from sqlmodel import select

from core import clock, database
from subscribers.calls.models import Call
from subscribers.restrictions import restrict
from subscribers.verifying import Verification
from tests.makers import LIBRARIAN, make_subscriber
from tests.people import hire
from tests.web.browser import HTMX, Browser, hidden_fields
from tests.web.records import rows
from tests.web.switch import Switch


def only_call() -> Call:
    (call,) = rows(select(Call))
    return call


def way_to(name: str, page: str) -> str:
    """Return where the link with this name in it leads."""
    [way] = re.findall(rf'<a href="(/desk[^"]*)"[^>]*>\s*<b>{name}', page)
    return unescape(way)


def asking_for(text: str, column: str) -> dict[str, str]:
    """Return what the form that looks for a customer sends."""
    finder = column[column.index('role="search"') :]
    return dict(hidden_fields(finder[: finder.index("</form>")])) | {"text": text}


def verify(browser: Browser, column: str) -> str:
    form = column[column.index('class="verify"') :]
    said = dict(hidden_fields(form[: form.index("</form>")]))
    return browser.submit("/desk/verifications", said | {"method": "face"}, HTMX).text


def test_a_customer_who_was_looked_for_in_a_call_is_its_caller_once_verified(
    app: FastAPI, chen: Browser, switch: Switch
) -> None:
    zhao = Browser(app)
    zhao.enter(hire("zhao", "赵晨", "agent"))
    made = make_subscriber("13377778888", "刘敏")
    switch.ring(caller="13999990000")
    switch.say("answered", agent="chen")
    column = chen.get(f"/desk?call={only_call().id}").text

    found = chen.submit("/desk/callers", asking_for("刘敏", column), HTMX).text
    assert "已核身" in verify(chen, chen.get(way_to("刘敏", found)).text)

    assert only_call().customer_id == made.customer_id
    switch.say("transferred", agent="chen", to="zhao")
    switch.say("answered", agent="zhao")
    assert "已核身" in zhao.get(f"/desk?call={only_call().id}").text


def test_without_a_script_the_list_of_customers_leads_back_to_the_call(chen: Browser, switch: Switch) -> None:
    made = make_subscriber("13377778888", "刘敏")
    switch.ring(caller="13999990000")
    column = chen.get(f"/desk?call={only_call().id}").text

    listed = chen.submit("/subscribers", asking_for("刘敏", column)).text

    assert f'href="/desk?customer={made.customer_id}&amp;call={only_call().id}"' in listed


def test_somebody_else_at_the_number_of_a_customer_can_be_looked_for_in_the_call(
    chen: Browser, switch: Switch
) -> None:
    make_subscriber("13800006207", "陈婉清")
    made = make_subscriber("13377778888", "刘敏")
    switch.ring()
    switch.say("answered", agent="chen")
    [leave] = re.findall(
        r'href="([^"]+)"\s+aria-label="换一位客户"', chen.get(f"/desk?call={only_call().id}").text
    )

    column = chen.get(unescape(leave)).text
    found = chen.submit("/desk/callers", asking_for("刘敏", column), HTMX).text
    verify(chen, chen.get(way_to("刘敏", found)).text)

    assert "核身方式" not in column
    assert only_call().customer_id == made.customer_id


def test_nobody_is_verified_who_is_not_there_or_may_not_be_seen(chen: Browser, app: FastAPI) -> None:
    made = make_subscriber("13377778888", "刘敏")
    with database.unit_of_work() as session:
        assert made.customer_id
        restrict(session, made.customer_id, reason="本人要求", actor=LIBRARIAN, at=clock.now())

    for customer in ("4711", str(made.customer_id)):
        for method in ("certificate", "face"):
            said = {"customer": customer, "method": method, "answer": "1226"}
            assert chen.submit("/desk/verifications", said, HTMX).status_code == 404
    assert rows(select(Verification)) == []
