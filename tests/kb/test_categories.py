"""The category tree."""

import pytest
from sqlmodel import Session

from core import database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from kb.categories import (
    CategoryExists,
    CategoryInUse,
    CategoryMisplaced,
    CategoryNameless,
    add_category,
    by_path,
    change_category,
    remove_category,
    tree,
    with_descendants,
)
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article

AT = {"actor": LIBRARIAN, "at": MONDAY_MORNING}


def test_a_path_is_made_once(session: Session) -> None:
    first = by_path(session, "宽带/移机", **AT)
    again = by_path(session, " 宽带 / 移机 ", **AT)

    assert first == again
    assert [node.path for node in tree(session)] == ["宽带", "宽带 › 移机"]


def test_a_name_is_used_once_among_siblings(session: Session) -> None:
    add_category(session, "宽带", parent_id=None, **AT)

    with pytest.raises(CategoryExists):
        add_category(session, " 宽带 ", parent_id=None, **AT)


@pytest.mark.parametrize("name", ["", " ", "a/b", "长" * 41])
def test_a_name_must_be_usable(session: Session, name: str) -> None:
    with pytest.raises(CategoryNameless):
        add_category(session, name, parent_id=None, **AT)


def test_a_category_never_comes_under_itself_or_too_deep(session: Session) -> None:
    leaf = by_path(session, "一/二/三/四", **AT)
    top = tree(session)[0].id
    other = by_path(session, "甲/乙", **AT)

    with pytest.raises(CategoryMisplaced):
        change_category(session, top, name="一", parent_id=leaf, **AT)
    with pytest.raises(CategoryMisplaced):
        change_category(session, top, name="一", parent_id=other, **AT)
    with pytest.raises(CategoryMisplaced):
        add_category(session, "五", parent_id=leaf, **AT)


def test_a_category_in_use_stays(session: Session) -> None:
    path = by_path(session, "宽带/移机", **AT)
    session.commit()
    make_article("移机费", category_id=path)

    with pytest.raises(CategoryInUse):
        remove_category(session, path, **AT)
    with pytest.raises(CategoryInUse):
        remove_category(session, tree(session)[0].id, **AT)


def test_a_category_knows_all_below_it(session: Session) -> None:
    leaf = by_path(session, "宽带/移机/跨省", **AT)

    assert leaf in with_descendants(session, tree(session)[0].id)


def test_an_agent_does_not_rearrange_the_shelves(session: Session, agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        add_category(session, "宽带", parent_id=None, actor=agent_chen, at=MONDAY_MORNING)


def test_moving_a_category_lets_its_articles_be_indexed_anew(each_database: str) -> None:
    with database.unit_of_work() as session:
        category = by_path(session, "宽带/移机", **AT)
        other = by_path(session, "家庭业务", **AT)
    make_article("移机费", category_id=category)
    jobs.run_all_due(MONDAY_MORNING)

    with database.unit_of_work() as session:
        change_category(session, category, name="移机", parent_id=other, **AT)
    with database.reading() as session:
        news = jobs.waiting(session)

    assert sum(news.values()) == 1
