"""Writing: drafts, versions that stay as they were, and two editors at one draft."""

from typing import Any

import pytest
from pydantic import ValidationError

from core import database
from core.errors import NotAllowed
from core.identity import Actor
from kb import writing
from kb.forms import ArticleDraft
from kb.models import ArticleVersion
from kb.writing import DraftChanged, NoSuchArticle, NothingToDiscard, UnknownScope
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article, make_draft, make_scopes


def save(seen: ArticleVersion, title: str, actor: Actor, **content: Any) -> ArticleVersion:
    with database.unit_of_work() as session:
        return writing.save_draft(
            session,
            seen.article_id,
            make_draft(title, **content),
            seen_version=seen.id,
            seen_revision=seen.revision,
            actor=actor,
            at=MONDAY_MORNING,
        )


def test_a_draft_comes_back_as_it_was_written(each_database: str, editor_lin: Actor) -> None:
    make_scopes()
    written = make_draft(
        "移机费",
        answer="同城 100 元",
        steps="<ol><li>核验机主</li></ol>",
        similar_questions=["搬家宽带怎么办"],
        codes=["YJ100"],
        regions=["330000", "330100"],
        brands=["changxiang"],
        scripts=[{"tier": "", "text": "您好"}, {"tier": "gold", "text": "{客户称呼}，您好"}],
    )
    with database.unit_of_work() as session:
        version = writing.start_article(session, written, actor=editor_lin, at=MONDAY_MORNING)

    with database.reading() as session:
        read = writing.draft_of(session, version)

    assert read.model_copy(update={"regions": sorted(read.regions)}) == written


def test_codes_of_articles_count_up(each_database: str) -> None:
    first, second = make_article("甲"), make_article("乙")

    with database.reading() as session:
        numbers = [session.get_one(writing.Article, v.article_id).code for v in (first, second)]

    assert numbers == ["KB-00001", "KB-00002"]


def test_saving_a_draft_again_changes_it_in_place(each_database: str, editor_lin: Actor) -> None:
    draft = make_article("初稿", published=False)

    saved = save(draft, "二稿", editor_lin)

    assert (saved.id, saved.number, saved.revision, saved.title) == (draft.id, 1, 1, "二稿")


def test_changing_what_is_published_begins_a_new_version(each_database: str, editor_lin: Actor) -> None:
    published = make_article("第一版")

    saved = save(published, "第二版", editor_lin)

    assert (saved.number, saved.title) == (2, "第二版")
    with database.reading() as session:
        assert session.get_one(ArticleVersion, published.id).title == "第一版"


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(
    each_database: str, editor_lin: Actor
) -> None:
    seen_by_both = make_article("初稿", published=False)
    save(seen_by_both, "林的稿", editor_lin)

    with pytest.raises(DraftChanged):
        save(seen_by_both, "另一稿", editor_lin)

    with database.reading() as session:
        assert writing.latest_version(session, seen_by_both.article_id).title == "林的稿"


def test_an_agent_writes_nothing(each_database: str, agent_chen: Actor) -> None:
    draft = make_article("初稿", published=False)

    with pytest.raises(NotAllowed):
        save(draft, "二稿", agent_chen)


@pytest.mark.parametrize(
    "content",
    [{"regions": ["999999"]}, {"teams": ["nobody"]}, {"scripts": [{"tier": "tin", "text": "您好"}]}],
)
def test_a_scope_that_is_not_there_is_refused(
    each_database: str, editor_lin: Actor, content: dict[str, Any]
) -> None:
    draft = make_article("初稿", published=False)

    with pytest.raises(UnknownScope):
        save(draft, "二稿", editor_lin, **content)


def test_a_draft_can_be_thrown_away_and_a_published_version_cannot(
    each_database: str, editor_lin: Actor
) -> None:
    published = make_article("第一版")
    save(published, "第二版", editor_lin)

    with database.unit_of_work() as session:
        assert writing.discard_draft(session, published.article_id, actor=editor_lin, at=MONDAY_MORNING)

    with pytest.raises(NothingToDiscard), database.unit_of_work() as session:
        writing.discard_draft(session, published.article_id, actor=editor_lin, at=MONDAY_MORNING)


def test_throwing_away_the_only_draft_removes_the_article(each_database: str, editor_lin: Actor) -> None:
    draft = make_article("初稿", published=False)

    with database.unit_of_work() as session:
        remains = writing.discard_draft(session, draft.article_id, actor=editor_lin, at=MONDAY_MORNING)

    assert not remains
    with pytest.raises(NoSuchArticle), database.reading() as session:
        writing.latest_version(session, draft.article_id)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"title": "甲", "answer": "长" * 301}, "answer"),
        ({"title": "甲", "keywords": ["长" * 201]}, "每行不超过"),
        ({"title": "甲", "valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "早于生效日期"),
        ({"title": "甲", "scripts": [{"text": "a"}, {"text": "b"}]}, "同一客户等级"),
    ],
)
def test_what_cannot_be_an_article_is_refused(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ArticleDraft.model_validate(content)
