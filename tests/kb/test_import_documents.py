"""Word and HTML documents: one article each, its first heading the title."""

import base64
import io

import pytest

from core.identity import Actor
from kb.sanitising import text_of
from tests.kb.import_desk import (
    File,
    document,
    docx_file,
    drafts,
    imported,
    reasons,
    rewritten,
    versions,
)

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def html_file(body: str, *, name: str = "移机.html", encoding: str = "utf-8") -> File:
    return name, f"<!doctype html><html><head><title>站点</title></head><body>{body}</body></html>".encode(
        encoding
    )


def test_a_word_document_becomes_a_draft_with_its_headings_and_lists(editor_lin: Actor) -> None:
    made = document("适用于本市用户。", title="宽带移机办理流程")
    made.add_heading("办理步骤", 2)
    made.add_paragraph("核验机主身份", style="List Number")
    made.add_paragraph("预约上门时间", style="List Number")

    imported(docx_file(made, "附件1.docx"), actor=editor_lin)

    draft = drafts()[0]
    assert draft.title == "宽带移机办理流程"
    assert "<h2>办理步骤</h2>" in draft.steps
    assert "<ol><li>核验机主身份</li><li>预约上门时间</li></ol>" in draft.steps
    assert "宽带移机办理流程" not in draft.steps
    assert "预约上门时间" in versions()[0].body_text


def test_a_tariff_table_keeps_its_merged_cells(editor_lin: Actor) -> None:
    made = document(title="移机资费")
    table = made.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "同城"
    table.cell(1, 0).text, table.cell(1, 1).text = "元", "100"

    imported(docx_file(made), actor=editor_lin)

    assert '<td colspan="2"><p>同城</p></td>' in drafts()[0].steps


def test_pictures_are_left_out_and_counted(editor_lin: Actor) -> None:
    made = document("见下图。", title="光猫指示灯")
    made.add_picture(io.BytesIO(PIXEL))
    made.add_picture(io.BytesIO(PIXEL))

    batch = imported(docx_file(made, "光猫.docx"), actor=editor_lin)

    assert batch.notes == ["“光猫.docx”里有 2 张图片没有导入，请在知识里用文字说明。"]
    assert "img" not in drafts()[0].steps


def test_a_document_without_headings_is_named_after_its_file(editor_lin: Actor) -> None:
    imported(docx_file(document("直接写正文。"), "停机保号说明.docx"), actor=editor_lin)

    assert (drafts()[0].title, text_of(drafts()[0].steps)) == ("停机保号说明", "直接写正文。")


def test_scripts_styles_and_data_addresses_of_a_page_are_gone(editor_lin: Actor) -> None:
    body = """
      <style>p{color:red}</style><script>alert(1)</script><nav>首页 | 帮助</nav>
      <h1>宽带移机</h1><p onclick="steal()" style="color:red">拨打 <a href="javascript:x()">热线</a></p>
      <p><a href="data:text/html,x">下载</a><img src="data:image/png;base64,AAAA"></p>
      <iframe src="http://x"></iframe><a href="https://example.com/yj">网厅办理</a>"""

    batch = imported(html_file(body), actor=editor_lin)

    draft = drafts()[0]
    assert draft.title == "宽带移机"
    assert text_of(draft.steps).split() == ["拨打", "热线", "下载", "网厅办理"]
    for forbidden in ("script", "alert", "style", "onclick", "data:", "javascript", "iframe", "首页", "<img"):
        assert forbidden not in draft.steps
    assert 'href="https://example.com/yj"' in draft.steps
    assert batch.notes == ["“移机.html”里有 1 张图片没有导入，请在知识里用文字说明。"]


@pytest.mark.parametrize(
    ("name", "encoding", "prefix"),
    [
        ("a.html", "utf-8", ""),
        ("a.html", "gb18030", ""),
        ("a.txt", "utf-8", '<?xml version="1.0" encoding="gbk"?>'),
    ],
)
def test_pages_are_read_in_their_encoding(editor_lin: Actor, name: str, encoding: str, prefix: str) -> None:
    page = html_file("<h2>流量查询</h2><p>发送 CXLL 到 10010</p>")[1].decode()

    imported((name, (prefix + page).encode(encoding)), actor=editor_lin)

    assert (drafts()[0].title, text_of(drafts()[0].steps)) == ("流量查询", "发送 CXLL 到 10010")


def test_a_document_of_pictures_alone_is_refused(editor_lin: Actor) -> None:
    made = document(title="扫描件")
    made.add_picture(io.BytesIO(PIXEL))

    batch = imported(
        docx_file(made, "扫描件.docx"),
        docx_file(document("有字", title="另一篇"), "b.docx"),
        actor=editor_lin,
    )

    assert [draft.title for draft in drafts()] == ["另一篇"]
    assert "没有文字" in reasons(batch)


def test_a_broken_document_beside_sound_ones_is_refused_by_name(editor_lin: Actor) -> None:
    broken = rewritten(docx_file(document("正文"), "坏的.docx"), "word/document.xml", lambda xml: xml[:-50])

    batch = imported(broken, docx_file(document("正文", title="好的")), actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 1)
    assert "“坏的.docx”已损坏" in reasons(batch)


def test_entities_of_a_document_are_not_expanded(editor_lin: Actor) -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    declared = b'<!DOCTYPE w [<!ENTITY l0 "ha">' + laughs + b"]>"

    def hostile(xml: bytes) -> bytes:
        head, body, rest = xml.partition(b"<w:document")
        return head + declared + body + rest.replace("正文".encode(), b"&l9;")

    sound = docx_file(document("正文", title="好的"), "b.docx")
    batch = imported(
        rewritten(docx_file(document("正文")), "word/document.xml", hostile), sound, actor=editor_lin
    )

    assert (batch.started, batch.refused) == (1, 1)


def test_two_documents_of_one_title_and_different_words_do_not_overwrite_each_other(
    editor_lin: Actor,
) -> None:
    files = [
        docx_file(document(said, title="通知"), name) for said, name in (("甲", "a.docx"), ("乙", "b.docx"))
    ]

    batch = imported(*files, actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 1)
    assert "与“a.docx”第 1 行是同一个问题" in reasons(batch)
