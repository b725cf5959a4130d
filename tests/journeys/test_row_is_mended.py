"""An administrator finds a row that was put aside, mends it in the browser, and the customer is there."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from core import clock, jobs, regular
from core.identity import Actor
from core.settings import settings
from subscribers.loading import acknowledging
from subscribers.loading.models import Load
from tests.journeys.conftest import Enter
from tests.subscribers.senders import Sender, row
from tests.web.records import rows

pytestmark = pytest.mark.journey

MANY = 30
BAD = row("customer", "C99", name="张磊", phone="1380000x207", address="浙江省杭州市西湖区文三路 9 号")


@pytest.fixture
def crm(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """The source, at its folder. The jobs run when the test says so."""
    monkeypatch.setenv("ZHIDA_JOBS_IN_WEB", "false")
    settings.cache_clear()
    return Sender(acknowledging.folder("crm") / "in")


@pytest.fixture
def dropped(crm: Sender) -> str:
    """A file with one bad row, loaded by the regular job; its name."""
    dat = crm.send("customer", [*(row("customer", f"C{n}") for n in range(MANY)), BAD])
    work_is_done()
    return dat.stem


def work_is_done() -> None:
    regular.enqueue_due(clock.now())
    jobs.run_all_due(clock.now())


def opens_the_row(page: Page, name: str) -> None:
    page.goto("/loads")
    page.get_by_role("link", name=f"{name} 有 1 行待修正").click()
    aside = page.get_by_role("region", name="搁置的行")
    expect(aside).to_contain_text("联系电话不是电话号码")
    aside.get_by_role("link", name="修正").click()
    expect(page.get_by_role("heading", name="修正第 31 行")).to_be_visible()


def test_a_row_is_mended_and_the_customer_is_found(dropped: str, enter: Enter, admin_wu: Actor) -> None:
    page = enter(admin_wu)
    opens_the_row(page, dropped)
    expect(page.locator("main")).not_to_contain_text("文三路")

    page.get_by_label("姓名").fill("张磊磊")
    page.get_by_label("联系电话").fill("还是不对")
    page.get_by_role("button", name="保存修正").click()
    phone = page.get_by_label("联系电话")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field:has(#f-phone) .errm")).to_have_text("联系电话不是电话号码")
    expect(phone).to_have_value("还是不对")
    expect(page.get_by_label("姓名")).to_have_value("张磊磊")

    phone.fill("13800006207")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="重新装载改好的 1 行").click()
    expect(page.locator("#load")).to_contain_text("修正重装")
    work_is_done()
    expect(page.locator("#load")).to_contain_text("已回执")

    page.goto("/loads")
    expect(page.get_by_role("region", name="要处理的")).not_to_contain_text("待修正")
    page.goto("/subscribers")
    page.get_by_role("searchbox").fill("13800006207")
    expect(page.locator("main")).to_contain_text("张磊磊")
    page.get_by_role("link", name="张磊磊").click()
    expect(page.locator("#caller")).to_contain_text("张磊磊")
    assert [load.state for load in rows(select(Load))] == ["acknowledged"] * 2
