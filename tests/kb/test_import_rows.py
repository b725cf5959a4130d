"""What a row says, and the draft that it becomes."""

from datetime import date

import pytest
from sqlmodel import select

from core import database
from core.identity import Actor, Role
from core.permissions import GRANTED, Permission
from core.scope import Brand, Channel
from kb import categories
from kb.forms import ArticleDraft
from kb.importing.placing import placed
from kb.models import Audience, Category, Kind
from kb.sanitising import text_of
from tests.kb.import_desk import checked, csv_file, drafts, imported, reasons, refused
from tests.makers import make_scopes

LONG = "同城移机收费 100 元。" + "装维师傅会在两天内联系客户预约上门时间，请保持电话畅通。" * 12


def taken(actor: Actor, **cells: str) -> ArticleDraft:
    imported(csv_file([[*cells], [*cells.values()]]), actor=actor)
    return drafts()[0]


def refusal(actor: Actor, **cells: str) -> str:
    batch = imported(csv_file([[*cells], [*cells.values()]]), actor=actor)
    assert drafts() == []
    return reasons(batch)


def test_every_column_finds_its_place(editor_lin: Actor) -> None:
    make_scopes()

    draft = taken(
        editor_lin,
        编号="YJ-1",
        问题="宽带\n怎么移机",
        答案="同城 100 元。",
        相似问法1="搬家宽带怎么办；换地址",
        相似问法2="移机多少钱",
        分类="宽带 › 移机",
        类型="流程",
        适用条件="实名用户",
        资费="<table><tr><td colspan='2'>100 元</td></tr></table>",
        步骤="核验\n预约",
        话术="您好，移机费是 100 元。",
        关键词="移机、搬家，迁移",
        代码="YJ100,YJ200",
        地区="浙江、杭州",
        品牌="畅享",
        产品="broadband",
        渠道="全部",
        可见范围="仅供内部",
        生效日期="2026年3月1日",
        失效日期="20261231",
        内部备注="以公告为准",
    )

    assert (draft.title, draft.answer, draft.kind) == ("宽带 怎么移机", "同城 100 元。", Kind.PROCEDURE)
    assert draft.similar_questions == ["搬家宽带怎么办", "换地址", "移机多少钱"]
    assert (draft.keywords, draft.codes) == (["移机", "搬家", "迁移"], ["YJ100", "YJ200"])
    assert (text_of(draft.conditions), draft.steps) == ("实名用户", "<p>核验</p><p>预约</p>")
    assert 'colspan="2"' in draft.prices
    assert [script.text for script in draft.scripts] == ["您好，移机费是 100 元。"]
    assert draft.regions == ["330000", "330100"]
    assert (draft.brands, draft.products, draft.channels) == (["changxiang"], ["broadband"], [])
    assert draft.audience == Audience.STAFF
    assert (draft.valid_from, draft.valid_until) == (date(2026, 3, 1), date(2026, 12, 31))
    assert text_of(draft.internal_note) == "以公告为准"


def test_a_question_without_an_answer_is_taken_and_says_so(editor_lin: Actor) -> None:
    batch = imported(csv_file([["问题"], ["怎么移机"]]), actor=editor_lin)

    assert (drafts()[0].title, drafts()[0].answer) == ("怎么移机", "")
    assert batch.preview[0]["answer"] == "待补充答案"


def test_a_long_answer_stands_whole_in_the_steps_and_its_first_sentence_answers(editor_lin: Actor) -> None:
    draft = taken(editor_lin, 问题="怎么移机", 答案=LONG)

    assert draft.answer == "同城移机收费 100 元。"
    assert text_of(draft.steps) == LONG


def test_plain_text_of_the_longest_kind_is_not_made_too_long_by_its_markup(editor_lin: Actor) -> None:
    text = "同城/跨城 = 100 元 " * 12_000

    assert text_of(taken(editor_lin, 问题="怎么移机", 步骤=text).steps) == text.strip()


def test_steps_of_their_own_follow_a_long_answer(editor_lin: Actor) -> None:
    draft = taken(editor_lin, 问题="怎么移机", 答案=LONG, 步骤="第一步")

    assert text_of(draft.steps) == f"{LONG}\n第一步"


@pytest.mark.parametrize(
    ("answer", "short", "steps"),
    [
        ("一句话。", "一句话。", ""),
        ("字" * 301 + "。短句。", "", "字" * 301 + "。短句。"),
        (
            "您好！" + "字" * 100 + "。" + "话" * 250,
            "您好！" + "字" * 100 + "。",
            "您好！" + "字" * 100 + "。" + "话" * 250,
        ),
        ("<p>同城 <b>100</b> 元</p>", "同城 100 元", ""),
        (
            "<ul><li>先去营业厅核验身份</li><li>再预约上门</li></ul>",
            "先去营业厅核验身份",
            "先去营业厅核验身份\n再预约上门",
        ),
        ("3<5 且 a>b", "3<5 且 a>b", ""),
    ],
)
def test_an_answer_goes_where_it_fits_and_nothing_is_cut(answer: str, short: str, steps: str) -> None:
    found = placed("问", answer, "")

    assert found.answer == short
    assert text_of(found.steps) == steps


def test_a_passage_without_a_question_is_titled_by_its_first_sentence(editor_lin: Actor) -> None:
    draft = taken(editor_lin, text=LONG)

    assert draft.title == "同城移机收费 100 元"
    assert draft.answer == "同城移机收费 100 元。"
    assert text_of(draft.steps) == LONG


def test_a_question_that_is_too_long_beside_an_answer_is_refused_with_the_limit(editor_lin: Actor) -> None:
    assert refusal(editor_lin, 问题="问" * 121, 答案="答") == "2 问题 超过 120 字，请缩短或拆成几条。"


def test_an_unknown_category_is_added_for_whoever_may(editor_lin: Actor) -> None:
    rows = [
        ["问题", "分类"],
        ["甲", "宽带/移机"],
        ["乙", "宽带／移机"],
        ["丙", "宽带 > 拆机"],
        ["丁", "宽带"],
    ]

    imported(csv_file(rows), actor=editor_lin)

    with database.reading() as session:
        assert sorted(node.path for node in categories.tree(session)) == [
            "宽带",
            "宽带 › 拆机",
            "宽带 › 移机",
        ]


def test_an_unknown_category_is_refused_for_whoever_may_not(
    editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRANTED, Role.EDITOR, GRANTED[Role.EDITOR] - {Permission.MANAGE_CATEGORIES})

    assert "您没有新增分类的权限" in refusal(editor_lin, 问题="甲", 分类="宽带/移机")


def test_a_dry_run_adds_no_category(editor_lin: Actor) -> None:
    batch = checked(csv_file([["问题", "分类"], ["甲", "宽带/移机"]]), actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 0)
    with database.reading() as session:
        assert session.exec(select(Category)).all() == []


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("地区", "火星", "2 地区 没有名为“火星”的地区"),
        ("品牌", "畅享、无名", "2 品牌 没有名为“无名”的品牌"),
        ("产品", "固话", "2 产品 没有名为“固话”的产品"),
        ("渠道", "电报", "2 渠道 没有名为“电报”的渠道"),
        ("类型", "随笔", "2 类型 不认识“随笔”，请改成：问答、资费、政策、流程、话术、排障。"),
        ("可见范围", "大家", "2 可见范围 不认识“大家”，请改成：可对客户讲、仅供内部。"),
        ("生效日期", "下个月", "2 生效日期 “下个月”不是日期，请写成 2026-03-01。"),
        ("失效日期", "2026-02-30", "2 失效日期 “2026-02-30”不是日期"),
        ("分类", "一/二/三/四/五", "2 分类 分类最多 4 级"),
        ("分类", "/", "2 分类 分类最多 4 级"),
        ("关键词", "长" * 201, "2 关键词 每行不超过 200 字"),
        ("话术", "长" * 2001, "2 话术 超过 2000 字"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_field_and_reason(
    editor_lin: Actor, column: str, text: str, said: str
) -> None:
    make_scopes()

    assert refusal(editor_lin, 问题="怎么移机", **{column: text}).startswith(said)


def test_all_that_is_wrong_with_a_row_is_said_at_once(editor_lin: Actor) -> None:
    said = refusal(editor_lin, 问题="问" * 121, 答案="答", 地区="火星", 生效日期="后天")

    assert [line.split()[1] for line in said.splitlines()] == ["地区", "生效日期", "问题"]


def test_an_end_before_the_beginning_is_refused(editor_lin: Actor) -> None:
    assert "失效日期早于生效日期" in refusal(
        editor_lin, 问题="甲", 生效日期="2026-03-02", 失效日期="2026-03-01"
    )


@pytest.mark.parametrize(
    "text", ["2026-3-1", "2026/03/01", "2026.3.1", "2026年3月1日", "20260301", "2026-03-01 00:00:00"]
)
def test_days_are_understood_as_offices_write_them(editor_lin: Actor, text: str) -> None:
    assert taken(editor_lin, 问题="甲", 生效日期=text).valid_from == date(2026, 3, 1)


def test_a_retired_brand_and_an_ambiguous_name_are_refused(editor_lin: Actor) -> None:
    with database.unit_of_work() as session:
        session.add_all([Brand(code="old", name="老牌", retired=True)])
        session.add_all([Channel(code="a", name="门店"), Channel(code="b", name="门店")])

    said = refusal(editor_lin, 问题="甲", 品牌="老牌", 渠道="门店")

    assert "品牌“老牌”已停用" in said
    assert "有多个渠道叫“门店”，请改写代码：a、b。" in said


def test_a_row_without_a_question_is_refused_and_an_empty_one_is_nothing(editor_lin: Actor) -> None:
    batch = imported(csv_file([["问题", "答案"], ["", "只有答案"], ["", ""], ["甲", "一"]]), actor=editor_lin)

    assert (batch.total, batch.started) == (2, 1)
    assert refused(batch)[0].row == {"答案": "只有答案"}
