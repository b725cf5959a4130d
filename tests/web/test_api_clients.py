"""The administrator gives keys to other systems: shown once, revoked for good."""

import re

from sqlmodel import select

from core.api_clients import ApiClient
from tests.web.browser import Browser
from tests.web.records import rows

PATH = "/system/clients"
SWITCH = {"name": "杭州软交换", "scopes": ["calls:write"]}


def secret_in(html: str) -> str:
    found = re.search(r'id="secret">([^<]+)<', html)
    assert found
    return found[1]


def test_a_secret_is_shown_once(wu: Browser) -> None:
    added = wu.submit(PATH, SWITCH)

    assert "只显示这一次" in added.text
    assert secret_in(added.text) not in wu.get(PATH).text
    assert "杭州软交换" in wu.get(PATH).text


def test_a_form_without_a_grant_comes_back_with_what_was_typed(wu: Browser) -> None:
    refused = wu.submit(PATH, {"name": "杭州软交换"})

    assert refused.status_code == 422
    assert 'value="杭州软交换"' in refused.text


def test_two_systems_do_not_share_a_name(wu: Browser) -> None:
    wu.submit(PATH, SWITCH)

    assert "请换一个名称" in wu.submit(PATH, SWITCH).text


def test_a_revoked_key_is_listed_as_such(wu: Browser) -> None:
    wu.submit(PATH, SWITCH)
    (client,) = rows(select(ApiClient))

    wu.submit(f"{PATH}/{client.id}/revoke")

    assert "已停用" in wu.get(PATH).text
    assert "停用接口客户端" in wu.get("/audit").text


LOADER = {"name": "计费系统", "scopes": ["subscribers:write"]}


def test_the_sources_of_a_client_are_named_and_named_again(wu: Browser) -> None:
    wu.submit(PATH, {**LOADER, "sources": "Billing、boss"})
    (client,) = rows(select(ApiClient))
    assert client.sources == ["billing", "boss"]

    wu.submit(f"{PATH}/{client.id}/sources", {"sources": "crm"})

    assert rows(select(ApiClient.sources)) == [["crm"]]
    assert "限定接口客户端的来源" in wu.get("/audit").text
    wu.submit(f"{PATH}/{client.id}/sources", {"sources": ""})
    assert "全部来源" in wu.get(PATH).text


def test_a_source_that_is_none_comes_back_as_it_was_typed(wu: Browser) -> None:
    added = wu.submit(PATH, {**LOADER, "sources": "计费"})
    assert (added.status_code, rows(select(ApiClient))) == (422, [])
    assert 'value="计费"' in added.text
    wu.submit(PATH, LOADER)
    (client,) = rows(select(ApiClient))

    changed = wu.submit(f"{PATH}/{client.id}/sources", {"sources": "crm 9x"})

    assert changed.status_code == 422
    assert "来源 9x 不对" in changed.text
    assert 'value="crm 9x"' in changed.text


def test_only_the_admin_sees_the_keys(he: Browser) -> None:
    assert he.get(PATH).status_code == 403
