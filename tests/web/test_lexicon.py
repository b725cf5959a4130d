"""The lexicon desk on screen."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core import database
from core.clock import now as clock_now
from core.identity import Actor
from operations import preparing
from search import understanding
from search.golden import GoldenQuery, Grade, Judgement
from search.lexicon import current
from search.lexicon.models import LexiconChange, LexiconEntry
from tests.makers import make_indexed
from tests.search.logged import log_search
from tests.web.browser import HERE as FROM_HERE
from tests.web.browser import HTMX, Browser
from tests.web.records import rows
from web.pages import lexicon_files, lexicon_history

HERE = "/lexicon"


@pytest.fixture(autouse=True)
def stocked(app: object) -> None:
    preparing.stock_lexicon()


def entry_of(said: str, kind: str) -> LexiconEntry:
    return rows(select(LexiconEntry).where(LexiconEntry.said == said, LexiconEntry.kind == kind))[0]


def keep(editor: Browser, **fields: str) -> None:
    answer = editor.submit(f"{HERE}/entries", fields)
    assert answer.status_code == 303, answer.text


def ask(
    actor: Actor, text: str, *, found: int = 3, ago: timedelta = timedelta(hours=1), opened: bool = False
) -> UUID:
    with database.unit_of_work() as session:
        used = 1 if opened else None
        return log_search(session, actor, text, found=found, used=used, at=clock_now() - ago)


def test_the_shipped_words_stand_in_their_tabs_with_counts(lin: Browser) -> None:
    page = lin.get(f"{HERE}?text=携入").text

    assert 'href="/lexicon?kind=synonym"' in page
    assert ">携入</a>" in page
    assert re.search(r"语气词<span class=\"c\">\d+</span>", page)
    assert "光猫" in lin.get(f"{HERE}?kind=synonym&text=光猫").text


def test_the_list_is_narrowed_by_what_is_typed(lin: Browser) -> None:
    found = lin.get(f"{HERE}?kind=synonym&text=寬頻", headers=HTMX).text

    assert "宽频" in found
    assert "光猫" not in found
    assert "<html" not in found
    assert "没有符合条件" in lin.get(f"{HERE}?text=%25").text


def test_a_word_is_looked_at_and_then_kept(lin: Browser) -> None:
    typed = {"kind": "synonym", "said": "宽带", "meant": "家宽，上网", "direction": "one_way"}

    preview = lin.submit(f"{HERE}/preview", typed)
    assert preview.status_code == 200
    assert "<ins>宽带 → 家宽、上网</ins>" in preview.text
    assert '<input type="hidden" name="meant" value="家宽，上网">' in preview.text
    assert current.refresh().synonyms["宽带"] == ("宽频",)

    keep(lin, **typed)
    assert set(current.refresh().synonyms["宽带"]) == {"宽频", "家宽", "上网"}
    assert "家宽、上网" in lin.get(f"{HERE}?kind=synonym&text=家宽").text


def test_what_was_typed_comes_back_to_be_changed(lin: Browser) -> None:
    again = lin.submit(f"{HERE}/form", {"kind": "confusable", "said": "慢游", "meant": "漫游"})

    assert again.status_code == 200
    assert 'value="慢游"' in again.text
    assert 'value="漫游"' in again.text


@pytest.mark.parametrize(
    ("typed", "status", "message"),
    [
        ({"kind": "word", "said": ""}, 422, "不能为空"),
        ({"kind": "word", "said": "携入"}, 409, "已有这一条：携入"),
        ({"kind": "filler", "said": "携入"}, 409, "已是专业词"),
        ({"kind": "synonym", "said": "甲乙", "meant": ""}, 422, "至少一个"),
        ({"kind": "confusable", "said": "甲乙", "meant": "甲乙"}, 422, "相同"),
        ({"kind": "pin", "said": "甲乙", "code": "KB-9999"}, 422, "没有这个编号"),
        ({"kind": "pin", "said": "甲乙", "code": "乱写"}, 422, "没有这个编号"),
    ],
)
@pytest.mark.parametrize(("path", "headers"), [("preview", HTMX), ("entries", {})])
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(
    lin: Browser, typed: dict[str, str], status: int, message: str, headers: dict[str, str], path: str
) -> None:
    answer = lin.submit(f"{HERE}/{path}", typed, headers)

    assert answer.status_code == status
    assert message in answer.text
    assert f'value="{typed["said"]}"' in answer.text
    assert ("<html" in answer.text) is not bool(headers)
    assert len(rows(select(LexiconChange))) == 1


def test_an_entry_is_changed_and_removed(lin: Browser) -> None:
    kept = entry_of("携入", "word")
    form = lin.get(f"{HERE}/entries/{kept.id}").text
    assert 'value="携入"' in form
    seen = {"kind": "word", "entry_id": str(kept.id), "seen": str(kept.changed_in)}

    assert "<del>携入</del>" in lin.submit(f"{HERE}/preview", {**seen, "said": "携号转入"}).text
    keep(lin, **seen, said="携号转入")
    assert {"携号转入"} <= current.refresh().words
    stale = lin.submit(f"{HERE}/entries", {**seen, "said": "携号转进"})
    assert (stale.status_code, "刚被别人改过" in stale.text) == (409, True)

    kept = entry_of("携号转入", "word")
    assert "确认删除" in lin.submit(f"{HERE}/entries/{kept.id}/removal-preview").text
    removal = lin.submit(f"{HERE}/entries/{kept.id}/removal", {"seen": str(kept.changed_in)})
    assert removal.status_code == 303
    assert "携号转入" not in current.refresh().words
    assert lin.get(f"{HERE}/entries/{kept.id}").status_code == 404


def test_a_change_shows_which_queries_it_moves_before_it_is_kept(
    lin: Browser, agent_chen: Actor, editor_lin: Actor
) -> None:
    answer = make_indexed("宽带移机怎么办理", answer="预约上门")
    make_indexed("机顶盒故障", answer="重启")
    with database.unit_of_work() as session:
        golden = GoldenQuery(text="迁网", kind="口语", created_by=editor_lin.staff_id)
        session.add(golden)
        session.flush()
        session.add(
            Judgement(
                query_id=golden.id,
                source="kb",
                document_id=str(answer.article_id),
                grade=Grade.ANSWERS,
                judged_by=editor_lin.staff_id,
                judged_at=clock_now(),
            )
        )
    for hours in (4, 3, 2):
        ask(agent_chen, "怎么迁网", found=0, ago=timedelta(hours=hours))
    ask(agent_chen, "机顶盒", found=1)
    understanding.refresh()

    preview = lin.submit(
        f"{HERE}/preview", {"kind": "synonym", "said": "迁网", "meant": "移机", "direction": "one_way"}
    ).text

    assert "标准问题变好 1" in preview
    assert "怎么迁网" in preview
    assert "3 次" in preview
    assert "宽带移机怎么办理" in preview
    assert "没有找到" in preview
    assert "<b>机顶盒</b>" not in preview
    assert "移机" not in current.refresh().synonyms.get("迁网", ())


def test_a_change_that_moves_nothing_says_so(lin: Browser) -> None:
    preview = lin.submit(f"{HERE}/preview", {"kind": "filler", "said": "呃呃呃呃"}).text

    assert "没有查询会受影响" in preview


def test_the_form_is_prefilled_by_a_link(lin: Browser) -> None:
    page = lin.get(f"{HERE}/new?kind=synonym&term=%E5%AE%B6%E5%AE%BD&meant=%E5%AE%BD%E5%B8%A6").text

    assert 'value="家宽"' in page
    assert 'value="宽带"' in page


def test_a_pin_names_its_article(lin: Browser) -> None:
    make_indexed("校园卡套餐")
    code = lin.get(f"{HERE}/articles?code=校园", headers=HTMX).text
    (number,) = re.findall(r'value="(KB-\d+)"', code)

    keep(
        lin,
        kind="pin",
        said="学生卡",
        code="校园",
        picked=number,
        extent="whole",
        weight="promotion",
        until="2027-01-31",
    )

    page = lin.get(f"{HERE}?kind=pin").text
    assert number in page
    assert "校园卡套餐" in page
    assert "提升 · 整句" in page
    assert "2027-01-31" in page
    (pin,) = current.refresh().pins
    assert (pin.phrase, pin.is_whole, pin.is_promotion) == ("学生卡", True, True)
    assert number in lin.get(f"{HERE}/entries/{entry_of('学生卡', 'pin').id}").text


def test_without_scripts_the_refusal_offers_the_articles(lin: Browser) -> None:
    make_indexed("校园卡套餐")

    refused = lin.submit(f"{HERE}/preview", {"kind": "pin", "said": "学生卡", "code": "校园卡"})

    assert refused.status_code == 422
    assert 'name="picked"' in refused.text
    assert "校园卡套餐" in refused.text


def test_the_history_takes_back(lin: Browser) -> None:
    keep(lin, kind="word", said="云宽带")
    assert "<ins>云宽带</ins>" in lin.get(f"{HERE}/history").text

    assert lin.submit(f"{HERE}/history/2/undo").status_code == 303

    page = lin.get(f"{HERE}/history").text
    assert "已由第 3 次撤销" in page
    assert "撤销第 2 次" in page
    assert "云宽带" not in current.refresh().words
    again = lin.submit(f"{HERE}/history/2/undo")
    assert (again.status_code, "已经撤销过" in again.text) == (409, True)
    assert lin.submit(f"{HERE}/history/99/undo").status_code == 404


def test_what_undoing_would_move_is_shown_before_it_is_done(lin: Browser, agent_chen: Actor) -> None:
    ask(agent_chen, "云宽带怎么办")
    keep(lin, kind="word", said="云宽带")

    (link,) = set(re.findall(r'href="(/lexicon/history/2/undo)"', lin.get(f"{HERE}/history").text))
    page = lin.get(link).text

    assert "<del>云宽带</del>" in page
    assert "1 条的理解会变" in page
    assert "撤销后的前三条" in page
    assert f'<form class="panel-f" method="post" action="{link}">' in page
    assert "云宽带" in current.refresh().words


def test_what_cannot_be_undone_says_so_before_anything_is_shown(lin: Browser) -> None:
    keep(lin, kind="word", said="云宽带")
    lin.submit(f"{HERE}/history/2/undo")

    refused = lin.get(f"{HERE}/history/2/undo")

    assert (refused.status_code, "已经撤销过" in refused.text) == (409, True)
    assert lin.get(f"{HERE}/history/99/undo").status_code == 404


def test_a_change_that_is_too_large_to_weigh_says_why_nothing_is_shown(
    lin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (lexicon_files, lexicon_history):
        monkeypatch.setattr(place, "MOST_MOVES", 1)
    here = upload(lin, "类型,词\n专业词,云宽带\n专业词,云打印\n".encode()).headers["Location"]

    page = lin.get(here).text
    assert "一次改 2 条，超过 1 条，不逐条比对" in page
    assert 'hx-trigger="load"' not in page

    assert lin.submit(here.split("?")[0], {"kind": "word"}).status_code == 303
    undoing = lin.get(f"{HERE}/history/2/undo").text
    assert "一次改 2 条，超过 1 条，不逐条比对" in undoing
    assert "确认撤销" in undoing


def test_what_was_said_another_way_is_suggested_and_can_be_declined(
    lin: Browser, agent_chen: Actor, editor_lin: Actor
) -> None:
    for actor in (agent_chen, editor_lin):
        ask(actor, "请问拆网", ago=timedelta(minutes=60))
        ask(actor, "拆机", ago=timedelta(minutes=59), opened=True)

    page = lin.get(f"{HERE}/suggestions").text
    assert "2 人 2 次" in page
    (link,) = re.findall(r'href="(/lexicon/new\?kind=synonym[^"]*)"', page)
    form = lin.get(link.replace("&amp;", "&")).text
    assert 'value="拆网"' in form
    assert 'value="拆机"' in form

    declined = lin.submit(
        f"{HERE}/suggestions/dismissal", {"kind": "synonym", "said": "拆网", "meant": "拆机"}
    )
    assert declined.status_code == 303
    assert "暂时没有建议" in lin.get(f"{HERE}/suggestions").text


def upload(editor: Browser, content: bytes, kind: str = "word") -> object:
    return editor.post(
        f"{HERE}/files",
        data={"csrf_token": editor.token(), "kind": kind},
        files={"file": ("词库.csv", content, "text/csv")},
        headers=FROM_HERE,
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_checked_row_by_row_and_taken_in_once(lin: Browser, encoding: str) -> None:
    rows_of_file = (
        "专业词,云宽带,,",
        "同义词,宽带,家宽,单向",
        "专业词,请问,,",
        "怪词,甲乙,,",
        "专业词,携入,,",
    )
    text = "\r\n".join(("类型,词,对应词,方向", *rows_of_file, "专业词,云宽带,,"))
    answer = upload(lin, text.encode(encoding))
    assert answer.status_code == 303, answer.text
    here = answer.headers["Location"]

    page = lin.get(here).text
    for counted in ("新增 2", "更新 0", "无变化 2", "退回 2"):
        assert counted in page
    assert "“请问”已是语气词" in page
    assert "“类型”只能填" in page
    assert "云宽带" not in current.refresh().words
    assert "条的理解会变" in lin.get(here.replace("?", "/effect?"), headers=HTMX).text

    token = here.split("?")[0]
    assert lin.submit(token, {"kind": "word"}).status_code == 303
    assert "云宽带" in current.refresh().words
    assert lin.submit(token, {"kind": "word"}).status_code == 404
    again = lin.get(upload(lin, text.encode(encoding)).headers["Location"]).text
    assert "没有要写入的内容" in again
    assert "导入" in lin.get(f"{HERE}/history").text
    assert lin.submit(f"{HERE}/history/2/undo").status_code == 303
    assert "云宽带" not in current.refresh().words


def test_a_list_of_words_without_kinds_is_taken_as_chosen(lin: Browser) -> None:
    here = upload(lin, "词\n呃呃呃呃\n".encode(), kind="filler").headers["Location"]

    assert lin.submit(here.split("?")[0], {"kind": "filler"}).status_code == 303

    assert "呃呃呃呃" in current.refresh().fillers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空文件"),
        ("问题,答案\n甲,乙\n".encode(), "要有“词”这一列"),
        (b"%PDF-1.7", "PDF"),
        ("词\n云宽带".encode() + b"\xff\xfe\xfa", "损坏"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused_by_name(lin: Browser, content: bytes, message: str) -> None:
    answer = upload(lin, content)

    assert answer.status_code == 422
    assert message in answer.text


def test_what_is_exported_comes_in_again_without_a_change(lin: Browser) -> None:
    make_indexed("校园卡套餐")
    keep(lin, kind="synonym", said="=1+1", meant="@网", direction="expansion")
    keep(lin, kind="pin", said="学生卡", code="KB-0001", extent="whole", weight="pin", until="2027-01-31")
    keep(lin, kind="confusable", said="慢游", meant="漫游")

    exported = lin.get(f"{HERE}/files/lexicon.csv")

    assert exported.content.startswith(b"\xef\xbb\xbf")
    assert "'=1+1" in exported.text
    assert "\n=1+1" not in exported.text
    assert ",=1+1" not in exported.text
    page = lin.get(upload(lin, exported.content).headers["Location"]).text
    assert "没有要写入的内容" in page
    assert "退回 0" in page


def test_agents_keep_no_lexicon(chen: Browser) -> None:
    assert HERE not in re.findall(r'href="([^"]+)"', chen.get("/desk").text)
    for path in ("", "/new", "/history", "/suggestions", "/files", "/files/lexicon.csv"):
        assert chen.get(f"{HERE}{path}").status_code == 403
    assert chen.submit(f"{HERE}/entries", {"kind": "word", "said": "云宽带"}).status_code == 403
