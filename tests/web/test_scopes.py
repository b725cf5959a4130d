"""The code tables on screen."""

import re

import pytest

from tests.web.browser import Browser

PATH = "/system/scopes"


@pytest.fixture
def zhejiang(wu: Browser) -> None:
    wu.submit(f"{PATH}/region", {"code": "330000", "name": "浙江", "parent_code": ""})


def test_a_city_is_added_under_its_province(wu: Browser, zhejiang: None) -> None:
    answer = wu.submit(f"{PATH}/region", {"code": "330100", "name": "杭州", "parent_code": "330000"})
    page = wu.get(answer.headers["Location"]).text

    assert 'value="杭州"' in page
    assert '<td class="sub">浙江</td>' in page


def test_a_code_in_use_is_a_conflict_and_nothing_is_lost(wu: Browser, zhejiang: None) -> None:
    answer = wu.submit(f"{PATH}/region", {"code": "330000", "name": "浙江省"})

    assert answer.status_code == 409
    assert "已经存在" in answer.text
    assert 'value="浙江省"' in answer.text


def test_a_term_is_renamed_and_retired(wu: Browser) -> None:
    wu.submit(f"{PATH}/brand", {"code": "changxiang", "name": "畅享"})
    wu.submit(f"{PATH}/brand/changxiang", {"name": "畅享系列", "retired": "true"})

    page = wu.get(f"{PATH}?dimension=brand").text

    assert 'value="畅享系列"' in page
    assert re.search(r'value="true"\s+checked', page)


def test_a_retired_region_is_no_longer_offered_as_parent(wu: Browser, zhejiang: None) -> None:
    assert '<option value="330000"' in wu.get(PATH).text

    wu.submit(f"{PATH}/region/330000", {"name": "浙江", "retired": "true"})

    assert '<option value="330000"' not in wu.get(PATH).text


def test_a_name_that_is_empty_stays_in_its_row_with_the_reason(wu: Browser, zhejiang: None) -> None:
    answer = wu.submit(f"{PATH}/region/330000", {"name": ""})

    assert answer.status_code == 422
    assert "请填写这一项" in answer.text


def test_a_table_that_does_not_exist_is_no_page(wu: Browser) -> None:
    assert wu.submit(f"{PATH}/planet", {"code": "x", "name": "x"}).status_code == 404
