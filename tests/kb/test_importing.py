"""Importing a batch: dry run, drafts, repetition, correction, publication."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from core import audit, database, jobs
from core.errors import NotAllowed
from core.identity import Actor, Staff
from core.settings import settings
from kb import writing
from kb.finding import Wish, find_articles
from kb.forms import ArticleDraft
from kb.importing import queueing
from kb.importing.batches import BatchElsewhere, mapping_of
from kb.importing.carrying_out import carry_out
from kb.importing.checking import check
from kb.importing.chunks import RunsElsewhere
from kb.importing.headings import MappingAmbiguous, Meaning
from kb.importing.models import BatchState, ImportBatch, ImportRefusal
from kb.importing.receiving import remap
from kb.importing.releasing import planned, publish_batch
from kb.models import Article, ArticleVersion, Publication
from search import indexing
from search.finder import Mode
from tests.conftest import MONDAY_MORNING
from tests.kb.import_desk import (
    File,
    batch_of,
    bring,
    checked,
    csv_file,
    drafts,
    imported,
    jsonl_file,
    reasons,
    refused,
    refused_file,
    rows_of_csv,
    versions,
)
from tests.people import hire

FAQ = csv_file([["编号", "问题", "答案"], ["1", "怎么移机", "打热线"], ["2", "怎么拆机", "去营业厅"]])


def count(table: Any) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def edit(title: str, actor: Actor, **content: Any) -> None:
    with database.unit_of_work() as session:
        version = session.exec(select(ArticleVersion).where(ArticleVersion.title == title)).one()
        writing.save_draft(
            session,
            version.article_id,
            ArticleDraft(title=title, **content),
            seen_version=version.id,
            seen_revision=version.revision,
            actor=actor,
            at=MONDAY_MORNING,
        )


def test_a_dry_run_tells_what_would_happen_and_writes_no_article(editor_lin: Actor) -> None:
    bad = csv_file(
        [["编号", "问题", "答案", "生效日期"], ["1", "怎么移机", "打热线", ""], ["2", "怎么拆机", "", "后天"]]
    )

    batch = checked(bad, actor=editor_lin)

    assert (batch.state, batch.total, batch.started, batch.refused) == (BatchState.CHECKED, 2, 1, 1)
    assert [row["outcome"] for row in batch.preview] == ["新增", "被拒"]
    assert (batch.preview[0]["title"], batch.preview[0]["answer"]) == ("怎么移机", "打热线")
    assert (count(Article), count(Publication)) == (0, 0)


def test_imported_rows_are_drafts_of_whoever_imported_them(each_database: str, editor_lin: Actor) -> None:
    batch = imported(FAQ, actor=editor_lin)

    assert (batch.state, batch.started) == (BatchState.IMPORTED, 2)
    assert [(version.title, version.answer) for version in drafts()] == [
        ("怎么移机", "打热线"),
        ("怎么拆机", "去营业厅"),
    ]
    assert {version.author_id for version in versions()} == {editor_lin.staff_id}
    assert count(Publication) == 0


def test_codes_go_on_from_the_last_and_a_batch_is_one_entry_of_the_audit_trail(editor_lin: Actor) -> None:
    batch = imported(FAQ, actor=editor_lin)

    with database.reading() as session:
        codes = session.exec(select(Article.number).order_by(col(Article.number))).all()
        actions = [entry.action for entry in session.exec(audit.entries(subject_id=str(batch.id)))]
        sound = audit.verify(session).broken_at is None
    assert codes == [1, 2]
    assert actions == ["kb.import.carried_out", "kb.import.begun", "kb.import.received"]
    assert sound


@pytest.mark.parametrize(
    "first", [FAQ, csv_file([["问题", "答案"], ["怎么移机", "打热线"], ["怎么拆机？", "去营业厅"]])]
)
def test_the_same_file_twice_changes_nothing(editor_lin: Actor, first: File) -> None:
    imported(first, actor=editor_lin)
    before = [version.model_dump() for version in versions()]

    again = imported(first, actor=editor_lin)

    assert (again.started, again.changed, again.unchanged) == (0, 0, 2)
    assert [version.model_dump() for version in versions()] == before


def test_a_changed_row_of_a_draft_rewrites_it(editor_lin: Actor) -> None:
    imported(FAQ, actor=editor_lin)

    batch = imported(csv_file([["编号", "问题", "答案"], ["1", "宽带怎么移机", "打热线"]]), actor=editor_lin)

    assert (batch.changed, batch.started) == (1, 0)
    assert [draft.title for draft in drafts()] == ["宽带怎么移机", "怎么拆机"]


def test_a_changed_row_of_a_published_article_becomes_its_next_draft(
    each_database: str, editor_lin: Actor
) -> None:
    first = imported(FAQ, actor=editor_lin)
    publish_batch(first.id, actor=editor_lin, at=MONDAY_MORNING)

    imported(csv_file([["编号", "问题", "答案"], ["1", "怎么移机", "上网厅"]]), actor=editor_lin)

    assert [(version.number, version.answer) for version in versions() if version.title == "怎么移机"] == [
        (1, "打热线"),
        (2, "上网厅"),
    ]
    assert count(Publication) == 2


def test_what_an_editor_changed_since_is_never_overwritten(editor_lin: Actor) -> None:
    imported(FAQ, actor=editor_lin)
    edit("怎么移机", editor_lin, answer="打热线或上网厅")

    batch = imported(csv_file([["编号", "问题", "答案"], ["1", "怎么移机", "去营业厅"]]), actor=editor_lin)

    assert (batch.changed, batch.refused) == (0, 1)
    assert "KB-00001 导入后有人改过" in reasons(batch)
    assert drafts()[0].answer == "打热线或上网厅"


def test_the_same_file_after_a_correction_leaves_the_correction(editor_lin: Actor) -> None:
    imported(FAQ, actor=editor_lin)
    edit("怎么移机", editor_lin, answer="打热线或上网厅")

    batch = imported(FAQ, actor=editor_lin)

    assert (batch.unchanged, batch.refused) == (2, 0)
    assert drafts()[0].answer == "打热线或上网厅"


def test_a_discarded_draft_comes_back_with_the_file(editor_lin: Actor) -> None:
    imported(FAQ, actor=editor_lin)
    with database.unit_of_work() as session:
        gone = session.exec(select(ArticleVersion).where(ArticleVersion.title == "怎么移机")).one()
        writing.discard_draft(session, gone.article_id, actor=editor_lin, at=MONDAY_MORNING)

    batch = imported(FAQ, actor=editor_lin)

    assert (batch.started, batch.unchanged) == (1, 1)
    assert sorted(draft.title for draft in drafts()) == ["怎么拆机", "怎么移机"]


def test_numbers_of_two_sources_do_not_meet(editor_lin: Actor) -> None:
    other = csv_file([["编号", "问题", "答案"], ["1", "流量怎么查", "发短信"]])

    imported(FAQ, actor=editor_lin, source="客服系统")
    imported(other, actor=editor_lin, source="营业系统")

    assert len(drafts()) == 3


def test_rows_of_one_file_may_repeat_but_not_contradict_each_other(editor_lin: Actor) -> None:
    rows = [
        ["问题", "答案"],
        ["怎么移机", "打热线"],
        ["怎么移机 ？", "打热线"],
        ["怎么移机", "打热线"],
        ["怎么移机", "上网厅"],
    ]

    batch = imported(csv_file(rows), actor=editor_lin)

    assert (batch.started, batch.unchanged, batch.refused) == (1, 1, 2)
    assert "5  与第 2 行是同一个问题（或编号相同），内容却不一样" in reasons(batch)


def test_refused_rows_can_be_corrected_and_imported_again(editor_lin: Actor) -> None:
    rows = [
        ["编号", "问题", "答案", "生效日期"],
        ["1", "怎么移机", "打热线", ""],
        ["2", "怎么拆机", '写"引号"，和\n换行', "后天"],
    ]
    first = imported(csv_file(rows), actor=editor_lin)
    heading, row = rows_of_csv(refused_file(first))
    assert heading == ["编号", "问题", "答案", "生效日期", "文件", "行号", "字段", "原因"]
    assert row == [*rows[2], "faq.csv", "3", "生效日期", "“后天”不是日期，请写成 2026-03-01。"]

    row[3] = "2026-03-05"
    batch = imported(csv_file([heading, row], name="被拒.csv"), actor=editor_lin)

    assert (batch.started, batch.refused) == (1, 0)
    assert drafts()[1].answer == '写"引号"，和\n换行'


def test_the_file_of_refused_rows_opens_right_in_excel(editor_lin: Actor) -> None:
    batch = imported(csv_file([["问题", "类型"], ["怎么移机", "随笔"]]), actor=editor_lin)

    assert refused_file(batch).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-5 元", "@所有人", "'=1", "''+", "＝1", "\t=1", "普通", "'引"]
)
def test_nothing_in_the_file_of_refused_rows_is_executed_and_all_of_it_comes_back(
    editor_lin: Actor, text: str
) -> None:
    question = f"{text} 是什么意思"
    batch = imported(csv_file([["问题", "类型", "=cmd"], [question, "随笔", ""]]), actor=editor_lin)
    rows = rows_of_csv(refused_file(batch))
    assert not any(cell.startswith(tuple("=+-@\t\r＝＋－＠")) for row in rows for cell in row)

    rows[1][1] = "问答"
    imported(csv_file(rows), actor=editor_lin)

    assert drafts()[0].title == question.strip()


def test_jsonl_rows_come_back_as_a_table(editor_lin: Actor) -> None:
    first = imported(
        jsonl_file({"question": "怎么移机", "similar": ["搬家", "迁移"], "kind": "随笔"}), actor=editor_lin
    )
    rows = rows_of_csv(refused_file(first))

    rows[1][rows[0].index("kind")] = ""
    imported(csv_file(rows), actor=editor_lin)

    assert drafts()[0].similar_questions == ["搬家", "迁移"]


def test_columns_mapped_once_stay_mapped_for_files_with_the_same_ones(editor_lin: Actor) -> None:
    file = csv_file([["甲", "乙"], ["怎么移机", "打热线"]])
    batch_id = bring(file, actor=editor_lin)
    with database.unit_of_work() as session:
        chosen = {"甲": Meaning.TITLE, "乙": Meaning.ANSWER}
        remap(session, batch_id, chosen, source="客服系统", actor=editor_lin, at=MONDAY_MORNING)

    batch = imported(file, actor=editor_lin)

    assert (batch.mapping, batch.source) == ({"甲": "title", "乙": "answer"}, "客服系统")
    assert drafts()[0].answer == "打热线"


def test_two_columns_cannot_both_be_the_answer(editor_lin: Actor) -> None:
    batch_id = bring(csv_file([["问题", "甲", "乙"], ["一", "二", "三"]]), actor=editor_lin)
    chosen = {"问题": Meaning.TITLE, "甲": Meaning.ANSWER, "乙": Meaning.ANSWER}

    with pytest.raises(MappingAmbiguous, match="答案"), database.unit_of_work() as session:
        remap(session, batch_id, chosen, source="", actor=editor_lin, at=MONDAY_MORNING)


def test_what_was_imported_is_not_mapped_or_imported_again(editor_lin: Actor) -> None:
    batch = imported(FAQ, actor=editor_lin)

    with pytest.raises(BatchElsewhere), database.unit_of_work() as session:
        remap(session, batch.id, {"问题": Meaning.TITLE}, source="", actor=editor_lin, at=MONDAY_MORNING)
    with pytest.raises(BatchElsewhere):
        carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING)


def test_nothing_is_imported_that_was_not_checked(editor_lin: Actor) -> None:
    with pytest.raises(BatchElsewhere):
        carry_out(bring(FAQ, actor=editor_lin), actor=editor_lin, at=MONDAY_MORNING)


def many(rows: int) -> File:
    return jsonl_file(*({"id": n, "question": f"问题{n}"} for n in range(rows)))


def stop_after(rows: int) -> Callable[[int, int], None]:
    def tell(read: int, _total: int) -> None:
        if read >= rows:
            raise KeyboardInterrupt

    return tell


def test_an_interrupted_import_goes_on_where_it_stopped(editor_lin: Actor) -> None:
    batch = checked(many(1200), actor=editor_lin)
    with pytest.raises(KeyboardInterrupt):
        carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING, progress=stop_after(500))
    assert (count(Article), batch_of(batch.id).state) == (500, BatchState.IMPORTING)

    told: list[tuple[int, int]] = []
    finished = carry_out(
        batch.id, actor=editor_lin, at=MONDAY_MORNING, progress=lambda read, total: told.append((read, total))
    )

    assert told == [(1000, 1200), (1200, 1200)]
    assert (finished.state, finished.started, count(Article)) == (BatchState.IMPORTED, 1200, 1200)


def test_a_centre_that_was_moved_imports_what_it_had_checked(
    editor_lin: Actor, centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(FAQ, actor=editor_lin)
    elsewhere = centre.with_name("elsewhere")
    shutil.move(centre / "imports", elsewhere / "imports")
    monkeypatch.setattr(settings(), "data_dir", elsewhere)

    assert carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING).started == 2


def test_the_same_files_brought_again_after_an_interruption_are_the_same_batch(
    editor_lin: Actor, centre: Path
) -> None:
    batch = checked(many(600), actor=editor_lin)
    with pytest.raises(KeyboardInterrupt):
        carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING, progress=stop_after(500))

    again = checked(many(600), actor=editor_lin)

    assert again.id == batch.id
    assert carry_out(again.id, actor=editor_lin, at=MONDAY_MORNING).started == 600
    assert [folder.name for folder in (centre / "imports").iterdir()] == [str(batch.id)]


def test_rows_before_an_interruption_still_count_as_said(editor_lin: Actor) -> None:
    rows = [{"id": n, "question": f"问题{n}"} for n in range(600)] + [{"id": 3, "question": "另一个问题"}]
    imported(jsonl_file(*rows[:10]), actor=editor_lin)
    batch = checked(jsonl_file(*rows), actor=editor_lin)
    with pytest.raises(KeyboardInterrupt):
        carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING, progress=stop_after(500))

    finished = carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING)

    assert (finished.started, finished.unchanged, finished.refused) == (590, 10, 1)
    assert "与第 4 行是同一个问题" in reasons(finished)


def test_two_processes_at_one_batch_do_not_write_a_row_twice(editor_lin: Actor) -> None:
    batch = checked(many(1200), actor=editor_lin)

    def meanwhile(read: int, _total: int) -> None:
        if read == 500:
            carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING)

    with pytest.raises(RunsElsewhere):
        carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING, progress=meanwhile)

    assert (batch_of(batch.id).started, count(Article)) == (1200, 1200)
    assert batch_of(batch.id).state == BatchState.IMPORTED


def test_more_rows_than_an_import_takes_are_refused_as_a_whole(
    editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.importing.checking.MOST_ROWS", 5)
    batch_id = bring(many(6), actor=editor_lin)

    with pytest.raises(Exception, match="最多"):
        check(batch_id, actor=editor_lin, at=MONDAY_MORNING)

    assert batch_of(batch_id).state == BatchState.FAILED


def test_a_batch_is_published_as_it_stands_now(each_database: str, editor_lin: Actor) -> None:
    rows = [["问题", "答案", "失效日期"], ["甲", "一", ""], ["乙", "二", ""], ["丙", "三", "2026-03-01"]]
    batch = imported(csv_file(rows), actor=editor_lin)
    edit("乙", editor_lin, answer="改过")
    with database.reading() as session:
        plan = planned(session, batch.id, at=MONDAY_MORNING)
    assert (plan.drafts, plan.edited, plan.expired) == (2, 1, 1)

    done = publish_batch(batch.id, actor=editor_lin, at=MONDAY_MORNING)

    assert (done.state, done.published, count(Publication)) == (BatchState.PUBLISHED, 2, 2)
    again = publish_batch(batch.id, actor=editor_lin, at=MONDAY_MORNING + timedelta(minutes=1))
    assert (again.published, count(Publication)) == (2, 2)


def test_publishing_touches_no_other_draft(editor_lin: Actor) -> None:
    imported(FAQ, actor=editor_lin)
    later = imported(csv_file([["问题"], ["甲"]]), actor=editor_lin)

    publish_batch(later.id, actor=editor_lin, at=MONDAY_MORNING)

    assert count(Publication) == 1


def test_a_batch_that_is_not_imported_cannot_be_published(editor_lin: Actor) -> None:
    with pytest.raises(BatchElsewhere):
        publish_batch(checked(FAQ, actor=editor_lin).id, actor=editor_lin, at=MONDAY_MORNING)


def test_agents_may_not_publish_a_batch(editor_lin: Actor, agent_chen: Actor) -> None:
    batch = imported(FAQ, actor=editor_lin)

    with pytest.raises(NotAllowed):
        publish_batch(batch.id, actor=agent_chen, at=MONDAY_MORNING)

    assert count(Publication) == 0


def ask(step: Callable[..., None], batch: ImportBatch, actor: Actor) -> None:
    with database.unit_of_work() as session:
        step(session, batch.id, actor=actor, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


def test_what_a_page_asks_for_is_done_by_jobs(editor_lin: Actor) -> None:
    batch = batch_of(bring(FAQ, actor=editor_lin))

    ask(partial(queueing.ask_check, mapping=mapping_of(batch), source=""), batch, editor_lin)
    assert batch_of(batch.id).state == BatchState.CHECKED
    ask(queueing.ask_import, batch, editor_lin)
    assert batch_of(batch.id).state == BatchState.IMPORTED
    ask(queueing.ask_publish, batch, editor_lin)

    assert (batch_of(batch.id).state, count(Publication)) == (BatchState.PUBLISHED, 2)


def test_a_second_click_is_refused_while_the_first_is_at_work(editor_lin: Actor) -> None:
    batch = checked(FAQ, actor=editor_lin)
    with database.unit_of_work() as session:
        queueing.ask_import(session, batch.id, actor=editor_lin, at=MONDAY_MORNING)

    with pytest.raises(BatchElsewhere), database.unit_of_work() as session:
        queueing.ask_import(session, batch.id, actor=editor_lin, at=MONDAY_MORNING)


def test_a_job_that_cannot_succeed_says_why_on_the_batch_and_is_not_tried_again(
    editor_lin: Actor, centre: Path
) -> None:
    batch = checked(FAQ, actor=editor_lin)
    shutil.rmtree(centre / "imports")

    ask(queueing.ask_import, batch, editor_lin)

    assert (batch_of(batch.id).state, count(Article)) == (BatchState.FAILED, 0)
    assert "服务器上已没有“faq.csv”的原文件" in batch_of(batch.id).error
    with database.reading() as session:
        assert jobs.waiting(session) == {}


def test_a_job_has_only_the_rights_that_whoever_asked_has_now(editor_lin: Actor) -> None:
    leaving = hire("zhou", "周扬", "editor")
    batch = checked(FAQ, actor=leaving)
    with database.unit_of_work() as session:
        queueing.ask_import(session, batch.id, actor=leaving, at=MONDAY_MORNING)
        session.get_one(Staff, leaving.staff_id).disabled = True

    jobs.run_all_due(MONDAY_MORNING)

    assert (count(Article), batch_of(batch.id).state) == (0, BatchState.FAILED)


def test_a_new_dry_run_forgets_the_refusals_of_the_last(editor_lin: Actor) -> None:
    batch = checked(csv_file([["问题", "类型"], ["怎么移机", "随笔"]]), actor=editor_lin)

    check(batch.id, actor=editor_lin, at=MONDAY_MORNING)

    assert count(ImportRefusal) == len(refused(batch)) == 1


def test_what_was_imported_and_published_is_found_without_an_answer_too(editor_lin: Actor) -> None:
    rows = [["问题", "答案"], ["宽带怎么移机", ""], ["光猫亮红灯", "先断电重启。"]]
    batch = imported(csv_file(rows), actor=editor_lin)
    indexing.ensure(at=MONDAY_MORNING)

    ask(queueing.ask_publish, batch, editor_lin)

    assert found("移机", editor_lin) == [("宽带怎么移机", "")]
    assert found("红灯", editor_lin) == [("光猫亮红灯", "先断电重启。")]


def found(text: str, actor: Actor) -> list[tuple[str, str]]:
    with database.reading() as session:
        answer = find_articles(session, actor, Wish(text), mode=Mode.WORDS, at=MONDAY_MORNING)
        return [(row.card.title, row.card.answer) for row in answer.rows]
