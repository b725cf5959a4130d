"""A request that none of our own pages sent does nothing."""

import pytest
from sqlmodel import select

from core.identity import Actor
from core.sign_in import SignInSession
from tests.web.browser import HERE, HTMX, Browser
from tests.web.records import rows

PATH = "/account/sessions/end-others"


@pytest.mark.parametrize(
    ("what", "headers"),
    [
        ("another site by its origin", {"Origin": "http://evil.example"}),
        ("an origin that hides itself", {"Origin": "null"}),
        ("another site as the browser says", HERE | {"Sec-Fetch-Site": "cross-site"}),
        ("a neighbour under the same domain", HERE | {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_is_refused(chen: Browser, what: str, headers: dict[str, str]) -> None:
    answer = chen.post(PATH, data={"csrf_token": chen.token()}, headers=headers)

    assert answer.status_code == 403
    assert "刷新页面" in answer.text


@pytest.mark.parametrize("token", ["", "forged.0123", "x" * 90])
def test_a_form_without_our_token_is_refused(chen: Browser, token: str) -> None:
    answer = chen.post(PATH, data={"csrf_token": token}, headers=HERE)

    assert answer.status_code == 403


def test_a_token_that_somebody_planted_in_the_cookie_is_refused(chen: Browser) -> None:
    planted = "nonce.ffffffff"
    chen.cookies.delete("zhida_csrf")
    chen.cookies.set("zhida_csrf", planted)

    answer = chen.post(PATH, data={"csrf_token": planted}, headers=HERE)

    assert answer.status_code == 403


def test_a_fragment_carries_the_token_in_a_header(chen: Browser) -> None:
    answer = chen.post(PATH, headers=HERE | HTMX | {"X-CSRF-Token": chen.token()})

    assert answer.status_code == 303


def test_without_an_origin_the_token_decides(chen: Browser) -> None:
    """An old browser in the local network sends neither header."""
    assert chen.post(PATH, data={"csrf_token": chen.token()}).status_code == 303


def test_nobody_can_be_signed_in_by_another_site(nobody: Browser, agent_chen: Actor) -> None:
    answer = nobody.post(
        "/sign-in",
        data={"login": "chen", "password": "tests-are-2026", "csrf_token": nobody.token()},
        headers={"Origin": "http://evil.example"},
    )

    assert answer.status_code == 403
    assert rows(select(SignInSession)) == []


def test_the_token_survives_signing_in_again(nobody: Browser, agent_chen: Actor) -> None:
    before = nobody.token()
    nobody.enter(agent_chen)

    assert nobody.token() == before
