"""Tables: their headings, and every way in which a row can be misread."""

from datetime import date, datetime
from typing import Any

import pytest
from openpyxl.styles import Font

from core.identity import Actor
from kb.importing.checking import check
from kb.importing.headings import MappingIncomplete, Meaning, guess
from kb.importing.models import BatchState
from tests.conftest import MONDAY_MORNING
from tests.kb.import_desk import (
    batch_of,
    bring,
    checked,
    csv_file,
    drafts,
    imported,
    jsonl_file,
    reasons,
    refused,
    rewritten,
    workbook,
    xlsx_file,
)

SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("标题", Meaning.TITLE),
        ("问题（必填）", Meaning.TITLE),
        ("Question", Meaning.TITLE),
        ("text", Meaning.TITLE),
        ("回答", Meaning.ANSWER),
        ("Answer*", Meaning.ANSWER),
        ("相似问法2", Meaning.SIMILAR),
        ("分类", Meaning.CATEGORY),
        ("类型", Meaning.KIND),
        ("话术", Meaning.SCRIPT),
        ("关键词", Meaning.KEYWORDS),
        ("套餐代码", Meaning.CODES),
        ("适用地区", Meaning.REGIONS),
        ("品牌", Meaning.BRANDS),
        ("产品", Meaning.PRODUCTS),
        ("渠道", Meaning.CHANNELS),
        ("生效日期", Meaning.VALID_FROM),
        ("Valid_Until", Meaning.VALID_UNTIL),
        ("内部备注", Meaning.NOTE),
        ("编号", Meaning.EXTERNAL_ID),
        ("ID", Meaning.EXTERNAL_ID),
    ],
)
def test_headings_are_understood_in_chinese_and_english(heading: str, meaning: Meaning) -> None:
    assert guess([heading]) == {heading: meaning}


def test_a_second_column_of_a_kind_is_something_else_or_nothing() -> None:
    assert guess(["问题", "标题", "答案", "回答", "心情"]) == {
        "问题": Meaning.SIMILAR,
        "标题": Meaning.TITLE,
        "答案": Meaning.ANSWER,
    }


def test_titles_above_the_headings_are_passed_over(editor_lin: Actor) -> None:
    rows = [["2026 年知识汇总", "", ""], ["", "", ""], ["序号", "问题", "答案"], ["1", "怎么移机", "打热线"]]

    imported(csv_file(rows), actor=editor_lin)

    assert [(draft.title, draft.answer) for draft in drafts()] == [("怎么移机", "打热线")]


def test_a_table_without_a_question_column_says_what_to_do(editor_lin: Actor) -> None:
    batch_id = bring(csv_file([["甲", "答案"], ["怎么移机", "打热线"]]), actor=editor_lin)

    with pytest.raises(MappingIncomplete, match="哪一列是问题"):
        check(batch_id, actor=editor_lin, at=MONDAY_MORNING)

    assert batch_of(batch_id).state == BatchState.FAILED
    assert "哪一列是问题" in batch_of(batch_id).error


def test_a_csv_row_with_a_cell_too_few_or_too_many_is_refused_with_its_line(editor_lin: Actor) -> None:
    text = "问题,答案,分类\n怎么移机,打热线\n怎么拆机,打热线,宽带,再说\n怎么装机,打热线,宽带\n"

    batch = imported(("faq.csv", text.encode()), actor=editor_lin)

    assert batch.started == 1
    assert "2  这一行只有 2 格，标题有 3 列" in reasons(batch)
    assert "3  这一行有 4 格，标题只有 3 列" in reasons(batch)


def test_lines_are_counted_as_an_editor_of_text_counts_them(editor_lin: Actor) -> None:
    text = '问题,答案\n怎么移机,"第一步\n第二步\n第三步"\n,没有问题\n'

    batch = checked(("faq.csv", text.encode()), actor=editor_lin)

    assert reasons(batch).startswith("5 标题 没有写问题")


@pytest.mark.parametrize("separator", [",", "\t", ";", "，"])
def test_columns_may_be_separated_by_what_offices_use(editor_lin: Actor, separator: str) -> None:
    text = f"问题{separator}答案\n怎么移机{separator}打热线\n"

    imported(("faq.txt", text.encode()), actor=editor_lin)

    assert drafts()[0].answer == "打热线"


def test_a_cell_of_ten_megabytes_is_refused_and_the_rows_around_it_are_taken(editor_lin: Actor) -> None:
    rows = [["问题", "答案"], ["甲", "一"], ["乙", "字" * (10 * 1024 * 1024 // 3)], ["丙", "三"]]

    batch = imported(csv_file(rows), actor=editor_lin)

    assert [draft.title for draft in drafts()] == ["甲", "丙"]
    assert "3 答案 这一格有 3,495,253 个字，最多 200,000 个" in reasons(batch)


def test_jsonl_takes_lists_and_numbers_and_refuses_what_it_cannot_read(editor_lin: Actor) -> None:
    file = jsonl_file(
        {"question": "怎么移机", "similar": ["搬家", "换地址"], "answer": 100, "codes": None},
        '{"question": "少了括号"',
        '["不是", "对象"]',
        {"question": "嵌套", "answer": {"text": "里面"}},
        {"question": "空字符", "answer": "前\x00后"},
        '{"question": "残缺", "answer": "\\ud800"}',
        "[" * 100_000,
        {"question": "最后一行"},
    )

    batch = imported(file, actor=editor_lin)

    assert [draft.title for draft in drafts()] == ["怎么移机", "最后一行"]
    assert drafts()[0].similar_questions == ["搬家", "换地址"]
    assert drafts()[0].answer == "100"
    said = reasons(batch).splitlines()
    assert [line.split("，")[0] for line in said] == [
        "2  这一行不是完整的 JSON",
        "3  这一行应是一个对象",
        "4 answer 里面还有一层对象或列表",
        "5 answer 含有无法保存的字符（空字符或残缺的表情符号）",
        "6 answer 含有无法保存的字符（空字符或残缺的表情符号）",
        "7  这一行不是完整的 JSON",
    ]
    assert refused(batch)[0].row == {"原文": '{"question": "少了括号"'}


def test_a_raw_nul_in_a_line_refuses_that_line_alone(editor_lin: Actor) -> None:
    file = ("faq.jsonl", b'{"question": "a\x00b"}\n{"question": "c"}\n')

    batch = imported(file, actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 1)


def test_a_sheet_says_what_excel_shows(editor_lin: Actor) -> None:
    book = workbook(["编号", "问题", "答案", "生效日期", "失效日期", "代码"])
    midnight = datetime(2026, 12, 31)  # noqa: DTZ001 - Excel knows no time zones
    book.active.append(["a1", "折扣是多少", 0.2, date(2026, 3, 1), midnight, 42])
    book.active["C2"].number_format = "0%"
    book.active["F2"].number_format = "00000"
    book.active["B2"].font = Font(bold=True)

    imported(xlsx_file(book), actor=editor_lin)

    draft = drafts()[0]
    assert (draft.answer, draft.codes) == ("20%", ["00042"])
    assert (draft.valid_from, draft.valid_until) == (date(2026, 3, 1), date(2026, 12, 31))


def test_a_formula_gives_its_result_and_one_without_a_result_is_refused(editor_lin: Actor) -> None:
    book = workbook(["问题", "答案"], ["甲", "=1+1"], ["乙", "=2+2"], ["丙", "文字"])

    def calculated(xml: bytes) -> bytes:
        assert b"<f>1+1</f><v></v>" in xml or b"<f>1+1</f><v />" in xml
        return xml.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
        )

    batch = imported(rewritten(xlsx_file(book), SHEET, calculated), actor=editor_lin)

    assert [(draft.title, draft.answer) for draft in drafts()] == [("甲", "2"), ("丙", "文字")]
    assert reasons(batch).startswith("3 答案 公式没有计算结果")


def test_an_error_value_is_refused(editor_lin: Actor) -> None:
    book = workbook(["问题", "答案"], ["甲", "#N/A"])

    batch = checked(xlsx_file(book), actor=editor_lin)

    assert "2 答案 单元格是错误值 #N/A" in reasons(batch)


def test_a_merged_cell_holds_for_every_line_beside_it(editor_lin: Actor) -> None:
    book = workbook(["分类", "问题"], ["宽带/移机", "甲"], [None, "乙"], [None, "丙"], [None, "丁"])
    book.active.merge_cells("A2:A4")

    imported(xlsx_file(book), actor=editor_lin)

    first, second, third, fourth = drafts()
    assert first.category_id == second.category_id == third.category_id is not None
    assert fourth.category_id is None


def test_ten_empty_columns_are_nothing(editor_lin: Actor) -> None:
    book = workbook([*[None] * 5, "问题", *[None] * 5, "答案"], [*[None] * 5, "甲", *[None] * 5, "一"])

    batch = imported(xlsx_file(book), actor=editor_lin)

    assert [(draft.title, draft.answer) for draft in drafts()] == [("甲", "一")]
    assert batch.refused == 0


@pytest.mark.parametrize("declared", [b"A1:XFD1048576", b"A1:A2", b"C3:C3"])
def test_what_a_sheet_declares_of_its_size_is_not_believed(editor_lin: Actor, declared: bytes) -> None:
    book = workbook(["问题", "答案"], ["甲", "一"], ["乙", "二"])
    lying = rewritten(xlsx_file(book), SHEET, lambda xml: xml.replace(b"A1:B3", declared))

    batch = imported(lying, actor=editor_lin)

    assert [(draft.title, draft.answer) for draft in drafts()] == [("甲", "一"), ("乙", "二")]
    assert batch.total == 2


def test_a_line_a_million_lines_below_costs_nothing(editor_lin: Actor) -> None:
    book = workbook(["问题"], ["甲"])
    book.active.cell(1_048_576, 1, "乙")

    batch = imported(xlsx_file(book), actor=editor_lin)

    assert batch.started == 2


def sheets(**tables: list[list[Any]]) -> Any:
    book = workbook()
    book.remove(book.active)
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def test_every_sheet_with_questions_is_read_and_the_others_are_named(editor_lin: Actor) -> None:
    book = sheets(
        说明=[["本表由知识组维护"]],
        宽带=[["问题"], ["甲"]],
        套餐=[["问题", "答案"], ["乙", ""], ["", "没有问题"]],
        旧的=[["问题"], ["丙"]],
    )
    book["旧的"].sheet_state = "hidden"

    batch = imported(xlsx_file(book), actor=editor_lin)

    assert [draft.title for draft in drafts()] == ["甲", "乙"]
    assert batch.notes == ["“faq.xlsx”的工作表“说明”没有问题列，不导入。"]
    assert (refused(batch)[0].file, refused(batch)[0].line) == ("faq.xlsx［套餐］", 3)
