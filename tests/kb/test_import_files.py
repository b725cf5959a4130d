"""Taking files in: what they are by content, in which encoding, and which are not opened at all."""

import io
import zipfile
from pathlib import Path

import pytest

from core.errors import NotAllowed
from core.identity import Actor
from core.settings import settings
from kb.importing.encodings import BrokenEncoding
from kb.importing.file_kinds import ArchiveBomb, BrokenFile, EmptyFile, UnsupportedFile
from kb.importing.receiving import FileTooLarge, NothingToImport, gathered
from kb.importing.tables import NoHeadings, TooManyColumns
from tests.kb.import_desk import (
    File,
    batch_of,
    bring,
    checked,
    csv_file,
    document,
    docx_file,
    drafts,
    imported,
    jsonl_file,
    reasons,
    rewritten,
    workbook,
    xlsx_file,
)

ROWS = [["问题", "答案"], ["宽带怎么移机", "拨打 10010 预约，同城 100 元。"]]


def zipped(**parts: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MZ\x90\x00\x03" + bytes(200), "可执行程序"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "另存为 .docx 或 .xlsx"),
        (b"%PDF-1.7\n%abc", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "图片"),
        (bytes(range(256)) * 4, "二进制"),
        (zipped(a=b"1"), "压缩包"),
    ],
)
def test_a_file_is_refused_for_its_content_whatever_its_name(
    editor_lin: Actor, content: bytes, said: str
) -> None:
    with pytest.raises(UnsupportedFile, match=said):
        bring(("移机.docx", content), actor=editor_lin)


@pytest.mark.parametrize("name", ["faq.csv", "faq.docx", "faq.xlsx", "faq", "../../etc/faq"])
def test_a_table_is_read_whatever_its_name(editor_lin: Actor, name: str) -> None:
    imported((name, csv_file(ROWS)[1]), actor=editor_lin)

    assert [draft.title for draft in drafts()] == ["宽带怎么移机"]


def test_a_document_that_would_unpack_to_something_enormous_is_not_opened(editor_lin: Actor) -> None:
    bomb = zipped(**{"word__document.xml": bytes(40 * 1024 * 1024)})

    with pytest.raises(ArchiveBomb, match="异常庞大"):
        bring(("移机.docx", bomb), actor=editor_lin)


def test_a_workbook_that_would_unpack_to_something_enormous_is_not_opened(editor_lin: Actor) -> None:
    sheet = {"xl__workbook.xml": b"<workbook/>", "xl__worksheets__sheet1.xml": bytes(64 * 1024 * 1024)}

    with pytest.raises(ArchiveBomb):
        bring(("faq.xlsx", zipped(**sheet)), actor=editor_lin)


def test_a_workbook_that_lies_about_its_size_is_refused(editor_lin: Actor) -> None:
    name, content = xlsx_file(workbook(*ROWS))
    part = b"xl/worksheets/sheet1.xml"
    listed = content.rindex(part) - 46  # its entry in the archive's directory
    lying = bytearray(content)
    lying[listed + 24 : listed + 28] = (10).to_bytes(4, "little")

    with pytest.raises(BrokenFile):
        bring((name, bytes(lying)), actor=editor_lin)


@pytest.mark.parametrize("name", ["faq.xlsx", "移机.docx"])
def test_a_truncated_office_file_is_refused_by_name(editor_lin: Actor, name: str) -> None:
    whole = xlsx_file(workbook(*ROWS))[1] if name.endswith("xlsx") else docx_file(document("正文"))[1]

    with pytest.raises(BrokenFile, match=name):
        bring((name, whole[: len(whole) // 2]), actor=editor_lin)


def test_an_office_file_with_nonsense_inside_is_refused_by_name(editor_lin: Actor) -> None:
    broken = rewritten(xlsx_file(workbook(*ROWS)), "xl/worksheets/sheet1.xml", lambda xml: xml[:-40])

    with pytest.raises(BrokenFile, match=r"faq\.xlsx"):
        bring(broken, actor=editor_lin)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_tables_are_read_in_the_encodings_that_offices_write(editor_lin: Actor, encoding: str) -> None:
    batch = imported(csv_file(ROWS, encoding=encoding), actor=editor_lin)

    assert (batch.started, drafts()[0].title) == (1, "宽带怎么移机")


def test_a_damaged_byte_is_refused_with_its_line_and_never_read_as_another_encoding(
    editor_lin: Actor,
) -> None:
    content = csv_file([*ROWS, ["流量怎么查", "发送 CXLL"], ["话费怎么查", "发送 CXHF"]])[1]
    damaged = content.replace("流".encode(), "流".encode()[:2])

    with pytest.raises(BrokenEncoding, match=r"第 3 行.*另存为 UTF-8"):
        bring(("faq.csv", damaged), actor=editor_lin)


def test_bytes_that_no_encoding_explains_are_refused(editor_lin: Actor) -> None:
    content = csv_file(ROWS, encoding="gb18030")[1] + b"\xff\xff\xff\n"

    with pytest.raises(BrokenEncoding, match="第 3 行"):
        bring(("faq.csv", content), actor=editor_lin)


@pytest.mark.parametrize("content", [b"", b" \r\n\n"])
def test_an_empty_file_is_refused(editor_lin: Actor, content: bytes) -> None:
    with pytest.raises(EmptyFile, match="空文件"):
        bring(("faq.csv", content), actor=editor_lin)


def test_a_table_without_any_words_is_refused(editor_lin: Actor) -> None:
    with pytest.raises(NoHeadings):
        bring(("faq.csv", b",,,\n,,,\n"), actor=editor_lin)


def test_something_with_hundreds_of_columns_is_no_table_of_questions(editor_lin: Actor) -> None:
    with pytest.raises(TooManyColumns):
        bring(csv_file([["问题", *(f"列{n}" for n in range(300))]]), actor=editor_lin)


def test_a_file_beyond_the_limit_is_refused_and_not_kept(
    editor_lin: Actor, monkeypatch: pytest.MonkeyPatch, centre: Path
) -> None:
    monkeypatch.setattr(settings(), "upload_limit_mb", 1)

    with pytest.raises(FileTooLarge, match="1 MB"):
        bring(("faq.csv", b"x" * (1024 * 1024 + 1)), actor=editor_lin)

    assert list((centre / "imports").iterdir()) == []


def test_nothing_at_all_is_refused(editor_lin: Actor) -> None:
    with pytest.raises(NothingToImport):
        bring(actor=editor_lin)


def test_one_unreadable_file_among_several_is_refused_by_itself(editor_lin: Actor) -> None:
    program: File = ("setup.docx", b"MZ\x90\x00\x03")

    batch = imported(program, csv_file(ROWS), actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 1)
    assert "setup.docx" in reasons(batch)
    assert "可执行程序" in reasons(batch)


def test_files_of_different_columns_come_in_together(editor_lin: Actor) -> None:
    english = jsonl_file({"question": "流量怎么查", "answer": "发送 CXLL"})

    batch = imported(csv_file(ROWS), english, actor=editor_lin)

    assert batch.started == 2
    assert [draft.answer for draft in drafts()] == ["拨打 10010 预约，同城 100 元。", "发送 CXLL"]


def test_a_folder_gives_its_documents_and_tables_in_order(tmp_path: Path) -> None:
    for name in ("家宽/移机.docx", "家宽/~$移机.docx", "b.html", "a.csv", "照片.png", ".c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    names = [name for name, _ in gathered([tmp_path])]

    assert names == ["a.csv", "b.html", "家宽/移机.docx"]


def test_a_folder_without_any_says_what_could_be_there(tmp_path: Path) -> None:
    with pytest.raises(NothingToImport, match="DOCX"):
        gathered([tmp_path])


def test_agents_may_not_import(agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        bring(csv_file(ROWS), actor=agent_chen)


def test_the_kept_file_is_named_by_us_and_never_by_the_browser(editor_lin: Actor, centre: Path) -> None:
    batch = checked(("../../../x/faq.csv", csv_file(ROWS)[1]), actor=editor_lin)

    assert batch_of(batch.id).files[0]["place"] == f"{batch.id}/0001"
    assert [path.name for path in (centre / "imports" / str(batch.id)).iterdir()] == ["0001"]
