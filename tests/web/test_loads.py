"""The screens of loads: what came, what asks for a person, and what may be done about it."""

import errno
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core import clock, jobs
from core.audit import AuditEntry
from core.settings import settings
from subscribers.loading import acknowledging, staging, watching
from subscribers.loading.models import Load, LoadState, QuarantinedRow, RowState
from tests.subscribers.senders import Sender, copied, load, row
from tests.web.browser import HERE, HTMX, Browser
from tests.web.records import rows

EVERYBODY = [row("customer", f"C{n}", phone=f"1380000{n:04}") for n in range(40)]
BAD_PHONE = row("customer", "C99", name="张磊", phone="1380000x207", address="浙江省杭州市西湖区文三路 9 号")


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    folder = tmp_path / "sent"
    folder.mkdir()
    return Sender(folder)


def said(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def upload(browser: Browser, dat: Path, chk: Path | None = None, **fields: str) -> Any:
    parts = [
        (name, (path.name, path.read_bytes()))
        for name, path in (("dat", dat), ("chk", chk or dat.with_suffix(".chk")))
    ]
    return browser.post("/loads", data={"csrf_token": browser.token(), **fields}, files=parts, headers=HERE)


def loaded() -> Load:
    return max(rows(select(Load)), key=lambda one: one.id or 0)


def aside() -> QuarantinedRow:
    return rows(select(QuarantinedRow))[-1]


class TestAnUploadedPair:
    def test_is_loaded_acknowledged_and_put_where_done_files_are(self, wu: Browser, crm: Sender) -> None:
        answer = upload(wu, crm.send("customer", EVERYBODY))
        assert answer.status_code == 303
        assert "正在核对文件" in wu.get(answer.headers["Location"]).text

        jobs.run_all_due(clock.now())

        page = said(wu.get(answer.headers["Location"]).text)
        assert "已回执" in page
        assert "新增 40" in page
        assert "一致" in page
        assert len(copied("customer")) == 40
        name = loaded().name
        assert (settings().drop / "crm" / "ack" / f"{name}.ack").exists()
        assert (settings().drop / "crm" / "arch" / f"{name}.dat").exists()

    def test_says_beside_the_field_what_is_wrong_with_it(
        self, wu: Browser, crm: Sender, tmp_path: Path
    ) -> None:
        dat = crm.send("customer", EVERYBODY)
        other = tmp_path / "CRM_CUSTOMER_F_202603020900_009.chk"
        other.write_text("end")
        odd = tmp_path / "customers.dat"
        odd.write_text("")
        odd.with_suffix(".chk").write_text("end")

        assert "清单应与数据文件同名" in upload(wu, dat, other).text
        assert "这里要选 .chk 文件" in upload(wu, dat, dat).text
        refused = upload(wu, odd, tries="yes")
        assert (refused.status_code, "不合规则" in refused.text) == (422, True)
        assert 'name="tries" value="yes" checked' in refused.text
        empty = wu.submit("/loads", {"tries": ""})
        assert (empty.status_code, empty.text.count("请选择这个文件")) == (422, 1)
        assert rows(select(Load)) == []

    def test_that_is_only_tried_waits_and_shows_what_would_change(self, wu: Browser, crm: Sender) -> None:
        load(crm.send("customer", EVERYBODY))
        changed = [row("customer", f"C{n}", version=2, phone="13911112222") for n in range(39)]
        path = upload(wu, crm.send("customer", [*changed, row("customer", "C77")]), tries="yes").headers[
            "Location"
        ]
        jobs.run_all_due(clock.now())

        page = wu.get(path).text

        assert "试算完成，等待放行" in page
        assert re.search(r"联系电话.*?39", said(page))
        assert "138 **** 0000" in page
        assert "139 **** 2222" in page
        assert "13911112222" not in page
        assert "新增 1" in said(page)
        assert "疑似缺失 1" in said(page)
        assert copied("customer")["C1"].phone == "13800000001"
        wu.submit(f"{path}/release")
        jobs.run_all_due(clock.now())
        assert copied("customer")["C1"].phone == "13911112222"


class TestSteering:
    def test_a_held_load_goes_on_when_it_is_released(self, wu: Browser, crm: Sender) -> None:
        load(crm.send("customer", EVERYBODY))
        load(crm.send("customer", EVERYBODY[:15]))
        page = said(wu.get("/loads").text)
        assert f"{loaded().name} 暂停" in page
        assert "相差超过" in page
        assert loaded().state == LoadState.HELD

        wu.submit(f"/loads/{loaded().id}/release")
        jobs.run_all_due(clock.now())

        assert loaded().state == LoadState.ACKNOWLEDGED
        assert "暂停 " not in said(wu.get("/loads").text).partition("装载记录")[0]

    def test_sending_back_asks_why_and_keeps_what_was_typed(self, wu: Browser, crm: Sender) -> None:
        load(crm.send("customer", EVERYBODY))
        load(crm.send("customer", EVERYBODY[:15]))
        path = f"/loads/{loaded().id}"

        empty = wu.submit(f"{path}/reject", {"reason": "  "})
        assert (empty.status_code, "请写明原因" in empty.text) == (422, True)
        long = wu.submit(f"{path}/reject", {"reason": "长" * 201})
        assert (long.status_code, "长" * 201 in long.text) == (422, True)
        wu.submit(f"{path}/reject", {"reason": "行数不对"})

        assert (loaded().state, loaded().reason) == (LoadState.REJECTED, "吴敏：行数不对")
        assert "请让来源按原因改正" in wu.get(path).text
        again = wu.submit(f"{path}/release")
        assert (again.status_code, "可能已被别人放行" in again.text) == (409, True)

    def test_a_load_that_is_told_to_stop_stops_before_its_next_step(self, wu: Browser, crm: Sender) -> None:
        path = upload(wu, crm.send("customer", EVERYBODY)).headers["Location"]

        wu.submit(f"{path}/hold", {"reason": "等来源确认"})
        jobs.run_all_due(clock.now())

        assert (loaded().state, loaded().reason) == (LoadState.HELD, "吴敏：等来源确认")
        assert copied("customer") == {}
        wu.submit(f"{path}/release")
        jobs.run_all_due(clock.now())
        assert len(copied("customer")) == 40

    def test_a_load_is_undone_and_says_what_it_kept(self, wu: Browser, crm: Sender) -> None:
        people = load(crm.send("customer", EVERYBODY), at=clock.now())
        load(crm.send("account", [row("account", "A1", customer="C1")]), at=clock.now())
        assert "撤销这次装载" in wu.get(f"/loads/{people.id}").text

        wu.submit(f"/loads/{people.id}/undo")
        assert "正在撤销" in wu.get(f"/loads/{people.id}").text
        jobs.run_all_due(clock.now())

        page = said(wu.get(f"/loads/{people.id}").text)
        assert "恢复 0 删除 39 保留 1" in page
        assert "C1 其他资料还在用它" in page
        assert wu.submit(f"/loads/{people.id}/undo").status_code == 409
        assert {"subscribers.load.undone"} <= {one.action for one in rows(select(AuditEntry))}

    def test_a_load_that_cannot_go_on_says_why_and_what_to_do_until_it_goes_on(
        self, wu: Browser, crm: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = upload(wu, crm.send("customer", EVERYBODY)).headers["Location"]
        whole = staging._keep
        full = OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(staging, "_keep", lambda *_, **__: (_ for _ in ()).throw(full))
        watching.watch(at=clock.now())

        page, listed = said(wu.get(path).text), said(wu.get("/loads").text)
        assert "停下了，会自动再试" in page
        assert "磁盘满了，装载停在已完成的一步，什么都没有丢。请腾出空间，装载会接着做。" in page
        assert "停下 磁盘满了" in page
        assert "停在“已核对文件”" in page
        assert "不需要操作" not in page
        assert f"{loaded().name} 装载不下去 磁盘满了" in listed

        monkeypatch.setattr(staging, "_keep", whole)
        watching.watch(at=clock.now())
        assert "装载不下去" not in wu.get("/loads").text
        assert "磁盘满" not in wu.get(path).text

    def test_a_pair_that_cannot_be_taken_is_listed_with_what_to_do(
        self, wu: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dat = Sender(acknowledging.folder("crm") / "in").send("customer", EVERYBODY)
        refused = PermissionError(errno.EACCES, "Permission denied")
        monkeypatch.setattr(watching, "receive", lambda *_, **__: (_ for _ in ()).throw(refused))
        watching.watch(at=clock.now())

        page = said(wu.get("/loads").text)

        assert f"{dat.stem} 取不进来 文件读写不了（Permission denied）。请检查文件夹的权限和磁盘。" in page

    def test_a_fragment_is_what_a_page_polls_for(self, wu: Browser, crm: Sender) -> None:
        people = load(crm.send("customer", EVERYBODY))

        for path in ("/loads", f"/loads/{people.id}", "/loads?entity=customer&state=acknowledged"):
            answer = wu.get(path, headers=HTMX)
            assert (answer.status_code, "<html" in answer.text) == (200, False)
            assert people.name in wu.get(path).text

    def test_keys_that_differ_have_a_page_of_their_own(self, wu: Browser, crm: Sender) -> None:
        load(crm.send("customer", EVERYBODY))
        lacking = load(crm.send("customer", EVERYBODY[:-1]))

        assert "C39 库里有，文件没有 疑似已销" in said(wu.get(f"/loads/{lacking.id}/differences").text)
        assert wu.get(f"/loads/{lacking.id}/kept").status_code == 200
        assert wu.get("/loads/999").status_code == 404


class TestMendingARow:
    @pytest.fixture
    def path(self, crm: Sender, wu: Browser) -> str:
        load(crm.send("customer", [*EVERYBODY, BAD_PHONE]))
        return f"/loads/{aside().load_id}/rows/{aside().id}"

    def boxes(self, wu: Browser, path: str) -> dict[str, str]:
        page = wu.get(path).text
        found = dict(re.findall(r'<input class="inp"\s+id="f-(\w+)"\s+name="\w+"\s+value="([^"]*)"', page))
        chosen = re.findall(
            r'<select class="sel" id="f-(\w+)".*?<option value="([^"]*)" selected', page, re.DOTALL
        )
        return found | dict(chosen)

    def test_shows_what_is_wrong_beside_its_box_and_personal_data_masked(
        self, wu: Browser, path: str
    ) -> None:
        page = wu.get(path).text

        assert "联系电话不是电话号码" in page
        assert "138 **** x207" in page
        assert "1380000x207" not in page
        assert "文三路" not in page
        assert self.boxes(wu, path)["name"] == "张磊"
        assert self.boxes(wu, path)["phone"] == ""

    def test_a_row_that_is_still_wrong_comes_back_as_it_was_typed(self, wu: Browser, path: str) -> None:
        typed = self.boxes(wu, path) | {"phone": "还是不对", "name": "张磊磊"}

        answer = wu.submit(path, typed)

        assert answer.status_code == 422
        assert 'value="还是不对"' in answer.text
        assert 'value="张磊磊"' in answer.text
        assert "联系电话不是电话号码" in answer.text
        assert aside().state == RowState.WAITING

    def test_a_mended_row_is_loaded_again_and_nothing_else_of_it_is_lost(
        self, wu: Browser, path: str
    ) -> None:
        load_path = path.partition("/rows")[0]
        assert wu.submit(path, self.boxes(wu, path) | {"phone": "13800006207"}).status_code == 303
        assert "重新装载改好的 1 行" in wu.get(load_path).text

        redriven = wu.submit(f"{load_path}/redrive").headers["Location"]
        jobs.run_all_due(clock.now())

        kept = copied("customer")["C99"]
        assert (kept.phone, kept.name, kept.address) == (
            "13800006207",
            "张磊",
            "浙江省杭州市西湖区文三路 9 号",
        )
        assert "修正重装" in wu.get(redriven).text
        assert "已重新装载" in wu.get(load_path).text
        closed = wu.submit(path, {"phone": "13800006208"})
        assert (closed.status_code, "不能再改" in closed.text) == (409, True)
        assert wu.submit(f"{load_path}/redrive").status_code == 409
        details = [one.details for one in rows(select(AuditEntry)) if one.action == "subscribers.row.mended"]
        assert "13800006207" not in str(details)

    def test_a_row_may_be_given_up(self, wu: Browser, path: str) -> None:
        wu.submit(f"{path}/drop")

        assert aside().state == RowState.DROPPED
        assert "行待修正" not in wu.get("/loads").text

    def test_a_row_that_does_not_fall_into_cells_is_typed_anew(self, wu: Browser, crm: Sender) -> None:
        from tests.subscribers.senders import rewritten

        dat = crm.send("customer", EVERYBODY)
        lines = dat.read_bytes() + "I|C98|少了几列|13800006207\n".encode()
        load(rewritten(dat, lines))
        path = f"/loads/{aside().load_id}/rows/{aside().id}"
        page = wu.get(path).text
        assert "请整行重写" in page
        assert "13800006207" not in page

        wrong = wu.submit(path, {"row": "I|C98"})
        assert (wrong.status_code, "应有 15 列" in wrong.text, ">I|C98<" in wrong.text) == (422, True, True)
        whole = "I|C98|2026-03-01 20:00:00|1|person|王五" + "|" * 9
        assert wu.submit(path, {"row": whole}).status_code == 303


class TestLags:
    def test_a_copy_that_grows_old_asks_for_somebody(self, wu: Browser, crm: Sender) -> None:
        load(crm.send("customer", EVERYBODY), at=clock.now())

        wu.submit("/loads/lags", self.hours(wu) | {"customer": "8000"})
        assert "装载不下去" not in wu.get("/loads").text
        wu.submit("/loads/lags", self.hours(wu) | {"customer": "1"})

        assert "客户超过约定没有更新" in wu.get("/loads").text

    def test_a_number_that_is_none_is_refused_beside_its_box(self, wu: Browser) -> None:
        answer = wu.submit("/loads/lags", self.hours(wu) | {"bill": "一个月", "customer": "0"})

        assert answer.status_code == 422
        assert 'value="一个月"' in answer.text
        assert "整数小时" in answer.text

    def hours(self, wu: Browser) -> dict[str, str]:
        return dict(
            re.findall(r'name="(\w+)"\s+autocomplete="off"\s+value="(\d+)"', wu.get("/loads/lags").text)
        )


@pytest.mark.parametrize("path", ["/loads", "/loads/lags", "/loads/1", "/loads/1/rows/1"])
def test_only_the_admin_runs_loads(he: Browser, chen: Browser, path: str) -> None:
    assert he.get(path).status_code == 403
    assert chen.get(path).status_code == 403
