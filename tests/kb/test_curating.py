"""The editors' list, and what agents say of the answers."""

from datetime import date, timedelta

import pytest

from core import database, paging
from core.identity import Actor
from kb import curating, feedback, publishing, writing
from kb.answers import answer_for
from kb.curating import Shelf, Stage
from kb.feedback import AlreadyAnswered, CommentMissing, CommentTooLong
from kb.models import Kind, Verdict
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article, make_draft


def titles(shelf: Shelf) -> set[str]:
    with database.reading() as session:
        page = paging.page_of(session, curating.listed(session, shelf, at=MONDAY_MORNING), 1)
        return {card.title for card in curating.cards(session, page.rows, at=MONDAY_MORNING)}


@pytest.fixture
def shelves(each_database: str) -> None:
    make_article("甲 草稿", published=False)
    make_article("乙 现行", kind=Kind.TARIFF)
    make_article("丙 待生效", valid_from=date(2026, 4, 1))
    over = make_article("丁 已撤回")
    with database.unit_of_work() as session:
        publishing.withdraw(session, over.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("shelf", "listed"),
    [
        (Shelf(stage=Stage.DRAFT), {"甲 草稿"}),
        (Shelf(stage=Stage.IN_FORCE), {"乙 现行"}),
        (Shelf(stage=Stage.SCHEDULED), {"丙 待生效"}),
        (Shelf(stage=Stage.OVER), {"丁 已撤回"}),
        (Shelf(kind=Kind.TARIFF), {"乙 现行"}),
        (Shelf(text="待生"), {"丙 待生效"}),
        (Shelf(text="KB-00002"), {"乙 现行"}),
        (Shelf(text="%"), set()),
        (Shelf(), {"甲 草稿", "乙 现行", "丙 待生效", "丁 已撤回"}),
    ],
)
def test_articles_are_listed_by_where_they_stand(shelf: Shelf, listed: set[str]) -> None:
    assert titles(shelf) == listed


def test_a_new_draft_of_a_published_article_is_listed_as_a_draft_that_is_in_force(each_database: str) -> None:
    version = make_article("移机费")
    with database.unit_of_work() as session:
        writing.save_draft(
            session,
            version.article_id,
            make_draft("新移机费"),
            seen_version=version.id,
            seen_revision=version.revision,
            actor=LIBRARIAN,
            at=MONDAY_MORNING,
        )

    with database.reading() as session:
        page = paging.page_of(session, curating.listed(session, Shelf(), at=MONDAY_MORNING), 1)
        [card] = curating.cards(session, page.rows, at=MONDAY_MORNING)

    assert (card.title, card.stage, card.in_force, card.version_number) == ("新移机费", Stage.DRAFT, True, 2)


def judge(reader: Actor, verdict: Verdict, comment: str = "") -> None:
    with database.unit_of_work() as session:
        answer = answer_for(session, reader, "KB-00001", at=MONDAY_MORNING)
        feedback.give(session, answer, verdict, comment=comment, actor=reader, at=MONDAY_MORNING)


def open_feedback() -> list[feedback.FeedbackCard]:
    with database.reading() as session:
        page = paging.page_of(session, feedback.listed(answered=False), 1)
        return feedback.cards(session, page.rows)


def test_a_correction_reaches_the_editors_with_the_answer_that_it_is_about(
    each_database: str, agent_chen: Actor
) -> None:
    make_article("移机费", answer="同城 100 元")

    judge(agent_chen, Verdict.CORRECTION, " 杭州是 80 元 ")

    [card] = open_feedback()
    assert (card.comment, card.who, card.code, card.answer) == (
        "杭州是 80 元",
        "陈静",
        "KB-00001",
        "同城 100 元",
    )


def test_a_changed_mind_counts_once(each_database: str, agent_chen: Actor) -> None:
    make_article("移机费")

    judge(agent_chen, Verdict.USEFUL)
    judge(agent_chen, Verdict.USELESS)

    with database.reading() as session:
        card = answer_for(session, agent_chen, "KB-00001", at=MONDAY_MORNING).card
    assert card.useful_share == 0
    assert [one.verdict for one in open_feedback()] == [Verdict.USELESS]


def test_a_correction_says_what_is_wrong_and_not_too_much(each_database: str, agent_chen: Actor) -> None:
    make_article("移机费")

    with pytest.raises(CommentMissing):
        judge(agent_chen, Verdict.CORRECTION, "  ")
    with pytest.raises(CommentTooLong):
        judge(agent_chen, Verdict.CORRECTION, "错" * 501)


def test_one_editor_answers_once(each_database: str, agent_chen: Actor, editor_lin: Actor) -> None:
    make_article("移机费")
    judge(agent_chen, Verdict.CORRECTION, "杭州是 80 元")
    [card] = open_feedback()
    later = MONDAY_MORNING + timedelta(hours=1)

    with database.unit_of_work() as session:
        feedback.reply(session, card.id, "已改", actor=editor_lin, at=later)

    assert open_feedback() == []
    with pytest.raises(AlreadyAnswered), database.unit_of_work() as session:
        feedback.reply(session, card.id, "又改", actor=editor_lin, at=later)
