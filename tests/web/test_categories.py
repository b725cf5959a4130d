"""The category tree on screen."""

import re

import pytest
from sqlmodel import select

from kb.models import Category
from tests.makers import make_article
from tests.web.browser import Browser
from tests.web.records import rows

HERE = "/knowledge/categories"


def add(editor: Browser, name: str, under: str = "") -> str:
    """Add a category and return its id."""
    answer = editor.submit(HERE, {"name": name, "parent_id": under})
    assert answer.status_code == 303, answer.text
    return named(name)


def named(name: str) -> str:
    return str(rows(select(Category).where(Category.name == name))[0].id)


def test_says_how_to_begin(lin: Browser) -> None:
    assert "还没有分类" in lin.get(HERE).text


def test_a_category_is_added_under_another(lin: Browser) -> None:
    above = add(lin, "宽带")
    add(lin, "移机", under=above)

    page = lin.get(HERE).text

    assert '<td class="depth-1">' in page
    assert "宽带 › 移机" in page


def test_is_renamed_and_moved_in_one_go(lin: Browser) -> None:
    broadband, mobile = add(lin, "宽带"), add(lin, "移动")
    moved = add(lin, "套餐", under=broadband)

    answer = lin.submit(f"{HERE}/{moved}", {"name": "移动套餐", "parent_id": mobile})

    assert answer.status_code == 303
    assert "移动 › 移动套餐" in lin.get(HERE).text


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [("宽带", 409, "已有同名分类"), ("", 422, "请填写分类名称"), ("a/b", 422, "请填写分类名称")],
)
def test_a_name_that_will_not_do_is_said_and_kept(lin: Browser, name: str, status: int, message: str) -> None:
    add(lin, "宽带")

    answer = lin.submit(HERE, {"name": name})

    assert answer.status_code == status
    assert message in answer.text
    assert len(rows(select(Category))) == 1
    assert re.search(rf'id="f-name"\s+name="name"\s+autocomplete="off"\s+value="{name}"', answer.text)


def test_it_does_not_move_under_itself(lin: Browser) -> None:
    above = add(lin, "宽带")
    below = add(lin, "移机", under=above)

    answer = lin.submit(f"{HERE}/{above}", {"name": "宽带业务", "parent_id": below})

    assert answer.status_code == 422
    assert "不能移到自己或自己的下级" in answer.text
    assert 'value="宽带业务"' in answer.text
    assert "宽带 › 移机" in lin.get(HERE).text


def test_a_fifth_level_is_refused(lin: Browser) -> None:
    under = ""
    for name in ("一", "二", "三", "四"):
        under = add(lin, name, under=under)

    assert lin.submit(HERE, {"name": "五", "parent_id": under}).status_code == 422


def test_an_empty_one_is_removed(lin: Browser) -> None:
    unused = add(lin, "宽带")

    assert lin.submit(f"{HERE}/{unused}/removal").status_code == 303
    assert rows(select(Category)) == []


def test_one_that_is_in_use_stays(lin: Browser) -> None:
    used = add(lin, "宽带")
    make_article("宽带移机", category_id=used)

    answer = lin.submit(f"{HERE}/{used}/removal")

    assert answer.status_code == 409
    assert "请先移走再删除" in answer.text
    assert f'<a href="/knowledge?category={used}">1</a>' in answer.text
    assert len(rows(select(Category))) == 1


def test_one_that_is_gone_is_no_page(lin: Browser) -> None:
    gone = add(lin, "宽带")
    lin.submit(f"{HERE}/{gone}/removal")

    assert lin.submit(f"{HERE}/{gone}", {"name": "宽带"}).status_code == 404
    assert lin.submit(f"{HERE}/{gone}/removal").status_code == 404


def test_the_admin_may_too_and_agents_may_not(wu: Browser, chen: Browser) -> None:
    kept = add(wu, "宽带")

    assert f'href="{HERE}"' in wu.get("/system").text
    assert chen.get(HERE).status_code == 403
    assert chen.submit(HERE, {"name": "移动"}).status_code == 403
    assert chen.submit(f"{HERE}/{kept}", {"name": "移动"}).status_code == 403
    assert chen.submit(f"{HERE}/{kept}/removal").status_code == 403
    assert [one.name for one in rows(select(Category))] == ["宽带"]
