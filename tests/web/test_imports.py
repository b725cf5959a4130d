"""The import screens: upload, columns, dry run, import, publication."""

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from sqlmodel import select

from core import clock, jobs
from core.identity import Actor, Role
from core.permissions import GRANTED, Permission
from core.settings import settings
from kb.importing.models import ImportBatch
from kb.models import Article, Publication
from tests.kb.import_desk import File, csv_file, document, docx_file, drafts, jsonl_file
from tests.people import PASSWORD
from tests.web.browser import HERE, HTMX, Browser
from tests.web.live import CHROMIUM, chromium, served
from tests.web.records import rows
from web.app import create_app

FAQ = csv_file([["问题", "答案", "心情"], ["怎么移机", "打热线", "好"], ["怎么拆机", "", "一般"]])


def upload(browser: Browser, *files: File, source: str = "") -> Any:
    fields = {"csrf_token": browser.token(), "source": source}
    parts = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return browser.post(
        "/knowledge/imports", data=fields, files=parts or [("files", ("", b""))], headers=HERE
    )


def brought(browser: Browser, *files: File) -> str:
    """Upload and return the address of the batch."""
    answer = upload(browser, *files)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def columns_of(page: str) -> dict[str, str]:
    """Return what each column is mapped to on screen."""
    found = {}
    for name, options in re.findall(r'<select[^>]*name="(column-\d+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="(\w+)"\s+selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def checked(browser: Browser, *files: File) -> str:
    path = brought(browser, *files)
    assert browser.submit(f"{path}/check", columns_of(browser.get(path).text)).status_code == 303
    jobs.run_all_due(clock.now())
    return path


def imported(browser: Browser, *files: File) -> str:
    path = checked(browser, *files)
    assert browser.submit(f"{path}/import").status_code == 303
    jobs.run_all_due(clock.now())
    return path


def said(page: str) -> str:
    """Return the words of a page, tags and doubled spaces gone."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


class TestUploading:
    def test_leads_to_the_columns_as_they_are_guessed(self, lin: Browser) -> None:
        page = lin.get(brought(lin, FAQ)).text

        assert columns_of(page) == {"column-0": "title", "column-1": "answer", "column-2": ""}
        assert "打热线" in page
        assert "还没" not in said(page)
        assert rows(select(Article)) == []

    def test_takes_several_files_at_once(self, lin: Browser) -> None:
        path = brought(lin, FAQ, docx_file(document("拨打热线。", title="宽带移机")))

        assert "faq.csv、移机.docx" in lin.get(path).text

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ([], "没有可导入的文件"),
            ([("a.docx", b"MZ\x90\x00")], "“a.docx”的内容是可执行程序"),
            ([("a.csv", b"")], "“a.csv”是空文件"),
        ],
    )
    def test_of_nothing_usable_says_what_to_do(self, lin: Browser, files: list[File], message: str) -> None:
        answer = upload(lin, *files)

        assert answer.status_code == 422
        assert message in said(answer.text)
        assert rows(select(ImportBatch)) == []

    def test_keeps_what_was_typed_beside_a_message(self, lin: Browser) -> None:
        answer = upload(lin, FAQ, source="长" * 41)

        assert answer.status_code == 422
        assert "长" * 41 in answer.text
        assert "来源名称最多 40 个字" in answer.text

    def test_of_too_much_is_refused(
        self, centre: Any, editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings(), "upload_limit_mb", 1)
        browser = Browser(create_app())
        browser.enter(editor_lin)

        answer = upload(browser, ("a.csv", b"x" * 1_200_000))

        assert answer.status_code == 413
        assert "超过 1 MB 的上限" in answer.text

    def test_after_the_session_ended_says_that_the_files_must_be_chosen_again(self, lin: Browser) -> None:
        token = lin.token()
        lin.cookies.delete("zhida_session")

        parts = [("files", (FAQ[0], FAQ[1], "text/csv"))]
        answer = lin.post("/knowledge/imports", data={"csrf_token": token}, files=parts, headers=HERE)

        assert answer.status_code == 401
        assert "附件需要重新选择" in said(answer.text)


class TestTheDryRun:
    def test_shows_counts_and_a_preview_and_writes_nothing(self, lin: Browser) -> None:
        page = said(lin.get(checked(lin, FAQ)).text)

        assert "共 2 行 新增 2 更新 0 不变 0 被拒 0" in page
        assert "待补充答案" in page
        assert "导入 2 条为草稿" in page
        assert rows(select(Article)) == []

    def test_takes_the_columns_as_they_were_corrected(self, lin: Browser) -> None:
        path = brought(lin, csv_file([["甲", "乙"], ["怎么移机", "打热线"]]))

        lin.submit(f"{path}/check", {"column-0": "title", "column-1": "answer", "source": "营业系统"})
        jobs.run_all_due(clock.now())

        assert "新增 1" in said(lin.get(path).text)
        assert rows(select(ImportBatch))[0].source == "营业系统"

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"column-1": "answer"}, "没有认出哪一列是问题"),
            ({"column-0": "title", "column-1": "answer", "column-2": "answer"}, "有两列都对应“答案”"),
            ({"column-0": "nonsense"}, "没有认出哪一列是问题"),
        ],
    )
    def test_with_unusable_columns_says_so_and_keeps_the_choice(
        self, lin: Browser, columns: dict[str, str], message: str
    ) -> None:
        path = brought(lin, FAQ)

        answer = lin.submit(f"{path}/check", columns)

        assert answer.status_code == 422
        assert message in said(answer.text)
        kept = {name: meaning for name, meaning in columns_of(answer.text).items() if meaning}
        assert kept == {name: meaning for name, meaning in columns.items() if meaning != "nonsense"}
        assert rows(select(ImportBatch))[0].state == "mapped"

    def test_shows_refused_rows_with_line_field_and_reason(self, lin: Browser) -> None:
        page = said(lin.get(checked(lin, csv_file([["问题", "类型"], ["甲", "随笔"]]))).text)

        assert "faq.csv 2 类型 不认识“随笔”" in page
        assert "没有需要写入的行" in page

    def test_pages_through_many_refused_rows(self, lin: Browser) -> None:
        path = checked(lin, csv_file([["问题", "类型"], *([f"问{n}", "随笔"] for n in range(30))]))

        second = lin.get(f"{path}?page=2", headers=HTMX).text

        assert "共 30 条，第 2 / 2 页" in second
        assert "问29" in second
        assert "<html" not in second


class TestProgress:
    def test_is_asked_for_every_second_while_work_goes_on(self, lin: Browser) -> None:
        path = brought(lin, FAQ)
        lin.submit(f"{path}/check", columns_of(lin.get(path).text))

        page = lin.get(path).text
        part = lin.get(path, headers=HTMX).text

        for shown in (page, part):
            assert 'hx-trigger="every 1s"' in shown
            assert "试运行中" in shown
            assert "刷新进度" in shown
        assert "<html" not in part

    def test_ends_with_the_work(self, lin: Browser) -> None:
        assert "every 1s" not in lin.get(imported(lin, FAQ)).text

    def test_shows_how_far_it_is(self, lin: Browser) -> None:
        path = checked(lin, FAQ)
        lin.submit(f"{path}/import")

        page = lin.get(path).text
        assert re.search(r'<progress[^>]*value="0"\s+max="2"', page)
        assert "已处理 0 / 2" in said(page)


class TestImporting:
    def test_writes_drafts_that_nobody_reads_yet(self, lin: Browser) -> None:
        page = said(lin.get(imported(lin, FAQ)).text)

        assert [draft.title for draft in drafts()] == ["怎么移机", "怎么拆机"]
        assert rows(select(Publication)) == []
        assert "发布 2 篇？" in page

    def test_a_second_click_changes_nothing_and_says_so(self, lin: Browser) -> None:
        path = checked(lin, FAQ)
        lin.submit(f"{path}/import")

        answer = lin.submit(f"{path}/import")
        jobs.run_all_due(clock.now())

        assert answer.status_code == 409
        assert "这一批的状态已经变了" in answer.text
        assert len(drafts()) == 2

    def test_refused_rows_come_as_a_file_that_can_be_brought_back(self, lin: Browser) -> None:
        path = imported(lin, csv_file([["问题", "类型"], ["=甲", "随笔"], ["乙", ""]]))

        answer = lin.get(f"{path}/refused.csv")

        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.content.startswith(b"\xef\xbb\xbf")
        table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert table[1][:2] == ["'=甲", "随笔"]
        table[1][1] = "问答"
        imported(lin, csv_file(table, name="改好.csv"))
        assert [draft.title for draft in drafts()] == ["乙", "=甲"]

    def test_the_same_file_again_has_nothing_to_write(self, lin: Browser) -> None:
        imported(lin, FAQ)

        assert "没有需要写入的行" in said(lin.get(checked(lin, FAQ)).text)

    def test_what_a_row_says_is_text_and_never_markup(self, lin: Browser) -> None:
        hostile = jsonl_file(
            {"question": "<script>alert(1)</script>", "kind": "<b>随笔</b>"}, name="<i>.jsonl"
        )

        page = lin.get(checked(lin, hostile)).text

        assert "<script>alert" not in page
        assert "<b>随笔" not in page
        assert "<i>.jsonl" not in page


class TestPublishing:
    def test_puts_the_batch_before_the_agents(self, lin: Browser) -> None:
        path = imported(lin, FAQ)

        answer = lin.submit(f"{path}/publication")
        jobs.run_all_due(clock.now())

        assert answer.status_code == 303
        assert len(rows(select(Publication))) == 2
        page = said(lin.get(path).text)
        assert "已发布 2" in page
        assert "发布本批" not in page

    def test_is_for_whoever_may_publish(self, lin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        path = imported(lin, FAQ)
        monkeypatch.setitem(GRANTED, Role.EDITOR, GRANTED[Role.EDITOR] - {Permission.PUBLISH_ARTICLE})

        assert "发布本批" not in lin.get(path).text
        assert lin.submit(f"{path}/publication").status_code == 403


class TestTheList:
    def test_shows_every_batch_with_its_counts_and_who_brought_it(self, lin: Browser) -> None:
        imported(lin, FAQ)
        brought(lin, ("b.csv", FAQ[1]))

        page = said(lin.get("/knowledge/imports").text)

        assert re.search(r"b\.csv 待试运行 0 0 0 0 0 0 [\d-]+ [\d:]+ 林悦", page)
        assert re.search(r"faq\.csv 已导入 2 2 0 0 0 0 [\d-]+ [\d:]+ 林悦", page)

    def test_costs_no_more_for_many_than_for_one(self, lin: Browser, statements: list[str]) -> None:
        def cost() -> int:
            statements.clear()
            assert lin.get("/knowledge/imports").status_code == 200
            return len(statements)

        brought(lin, FAQ)
        of_one = cost()
        for _ in range(8):
            brought(lin, FAQ)

        assert cost() == of_one

    def test_is_empty_at_first_and_says_how_to_begin(self, lin: Browser) -> None:
        assert "还没有导入过文件" in lin.get("/knowledge/imports").text


@pytest.mark.parametrize("path", ["", "/00000000-0000-4000-8000-000000000000"])
def test_agents_and_supervisors_may_not_import(chen: Browser, he: Browser, path: str) -> None:
    assert chen.get(f"/knowledge/imports{path}").status_code == 403
    assert he.submit(f"/knowledge/imports{path}/import" if path else "/knowledge/imports").status_code == 403


def test_a_batch_that_does_not_exist_is_no_page(lin: Browser) -> None:
    nobodys = "/knowledge/imports/00000000-0000-4000-8000-000000000000"

    assert lin.get(nobodys).status_code == 404
    assert lin.get(f"{nobodys}/refused.csv").status_code == 404
    assert lin.submit(f"{nobodys}/import").status_code == 404


@pytest.mark.journey
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_screen_follows_the_work_by_itself(
    app: FastAPI, editor_lin: Actor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("files") / "三月问答.csv"
    file.write_bytes(FAQ[1])

    with served(app) as address, chromium() as browser, browser.new_context(base_url=address) as context:
        page = context.new_page()
        page.goto("/knowledge/imports")
        page.fill("#login", editor_lin.login)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.set_input_files("#f-files", file)
        page.click("button:has-text('上传')")
        page.click("button:has-text('试运行')")
        expect(page.locator("progress")).to_be_visible()
        jobs.run_all_due(clock.now())
        page.click("button:has-text('导入 2 条为草稿')")
        jobs.run_all_due(clock.now())
        page.click("button:has-text('发布本批')")
        page.click("#ask-publish .btn-primary")
        jobs.run_all_due(clock.now())
        expect(page.locator("text=已发布 2")).to_be_visible()

    assert len(rows(select(Publication))) == 2
