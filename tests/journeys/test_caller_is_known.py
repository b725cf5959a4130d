"""From a file of the source to the caller on the screen, and what an agent hears back to the source."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from core import clock, jobs, regular
from core.identity import Actor
from core.settings import settings
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.loading import acknowledging
from subscribers.loading.models import Load
from tests.journeys.conftest import Enter
from tests.people import hire
from tests.subscribers.senders import Sender, row
from tests.web.corrected_on_screen import correct_the_address
from tests.web.records import rows
from tests.web.switch import Switch
from web.app import create_app

pytestmark = pytest.mark.journey

NUMBER, CERTIFICATE = "13800006207", "330106198503141224"
OLD, NEW = "浙江省杭州市西湖区文三路 138 号", "浙江省杭州市余杭区良渚街道古墩路 9 号"


@pytest.fixture
def crm(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """The source, at its folder. The jobs run when the test says so."""
    monkeypatch.setenv("ZHIDA_JOBS_IN_WEB", "false")
    settings.cache_clear()
    return Sender(acknowledging.folder("crm") / "in")


@pytest.fixture
def switch(crm: Sender, site: str) -> Switch:
    """It speaks to another process of the same centre than the browsers do."""
    return Switch(create_app())


def time_passes(**span: float) -> datetime:
    """Let the work of that time be done."""
    at = clock.now() + timedelta(**span)
    regular.enqueue_due(at)
    jobs.run_all_due(at)
    return at


def wanqing(address: str, version: int = 1) -> list[str | None]:
    return row(
        "customer",
        "C1",
        version=version,
        gender="女",
        certificate_kind="身份证",
        certificate=CERTIFICATE,
        phone=NUMBER,
        address=address,
    )


@pytest.fixture
def loaded(crm: Sender) -> Sender:
    """One customer with a number, come as three pairs of files."""
    crm.send("customer", [wanqing(OLD)])
    crm.send("subscription", [row("subscription", "S1")])
    crm.send("number", [row("number", "N1")])
    time_passes()
    assert [(load.state, load.reason) for load in rows(select(Load))] == [("acknowledged", "")] * 3
    return crm


def rings_while_typing(page: Page, switch: Switch, call: str) -> None:
    """The screen pops in the middle of a question; the question stays, and the cursor in it."""
    box = page.get_by_role("combobox", name="搜索知识")
    box.press_sequentially("宽带提前")
    switch.ring(call=call, agent="chen" if call == "c1" else "fang")
    box.press_sequentially("解约违约金", delay=120)
    expect(page.locator("#caller")).to_contain_text("陈婉清")
    expect(box).to_have_value("宽带提前解约违约金")
    expect(box).to_be_focused()


def answers_and_verifies(page: Page, switch: Switch, call: str) -> None:
    left = page.locator("#caller")
    switch.say("answered", call=call, agent="chen" if call == "c1" else "fang")
    expect(page.locator("#callbar")).to_contain_text("通话")
    expect(left).not_to_contain_text("西湖区")
    left.get_by_label("来电人报出的证件号后四位").fill(CERTIFICATE[-4:])
    page.keyboard.press("Enter")
    expect(left).to_contain_text("已核身")


def corrects_the_address(page: Page) -> None:
    left = page.locator("#caller")
    expect(address(page)).to_contain_text("西湖区")
    correct_the_address(left, NEW)
    expect(left.get_by_role("region", name="资料更正")).to_contain_text("待反馈")


def address(page: Page) -> Locator:
    """What the screen says of where the caller lives."""
    return page.locator("#caller dt:has-text('联系地址') + dd")


def the_source_answers(result: str) -> None:
    """It reads the file that came out and says the same of every line of it."""
    home = settings().drop / "crm"
    (data,) = (home / "out").glob("CRM_FEEDBACK_*.dat")
    assert data.with_suffix(".chk").exists()
    lines = data.read_text("utf-8").splitlines()
    (parts,) = [line.split("|") for line in lines]
    assert parts[1:8] == ["customer", "C1", "address", OLD, NEW, "verified", "chen"]
    said = ["version=1", f"file={data.stem}", "rows=1", f"{parts[0]}|{result}||", "end"]
    (home / "in" / f"{data.stem}.ack").write_text("\n".join(said) + "\n", "utf-8")


def test_a_caller_is_known_and_corrected_and_the_source_is_told(
    loaded: Sender, switch: Switch, enter: Enter, enter_elsewhere: Enter, agent_chen: Actor
) -> None:
    chen = enter(agent_chen)
    rings_while_typing(chen, switch, "c1")
    answers_and_verifies(chen, switch, "c1")
    corrects_the_address(chen)
    expect(address(chen)).to_contain_text("余杭区")
    expect(address(chen)).to_contain_text("更正")
    switch.say("ended", call="c1")

    fang = enter_elsewhere(hire("fang", "方圆", "agent"))
    rings_while_typing(fang, switch, "c2")
    answers_and_verifies(fang, switch, "c2")
    expect(address(fang)).to_contain_text("余杭区")
    expect(address(fang)).to_contain_text("更正")

    time_passes(days=1)
    the_source_answers("accepted")
    time_passes(days=1, minutes=6)
    fang.locator("#caller").get_by_role("link", name="更正资料").click()
    corrections = fang.get_by_role("region", name="资料更正")
    expect(corrections).to_contain_text("来源已受理，还没更新")

    loaded.send("customer", [wanqing(NEW, version=2)])
    time_passes(days=1, minutes=7)
    fang.reload()
    expect(address(fang)).to_contain_text("余杭区")
    expect(address(fang)).not_to_contain_text("更正")
    (correction,) = rows(select(Correction))
    assert correction.state == CorrectionState.CONFIRMED
