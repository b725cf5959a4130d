"""What was typed before is not looked up any more once the browser has hung up on it for the next letter."""

import asyncio
from unittest.mock import Mock

import pytest
from fastapi import FastAPI
from starlette.types import Message

from kb.finding import find_articles
from tests.web.browser import HTMX, Browser
from web.pages import desk


@pytest.fixture
def looking_up(monkeypatch: pytest.MonkeyPatch) -> Mock:
    seen = Mock(wraps=find_articles)
    monkeypatch.setattr(desk, "find_articles", seen)
    return seen


def asked(app: FastAPI, browser: Browser, headers: dict[str, str], *, hangs_up: bool) -> int:
    """Ask the desk by ASGI itself, where a browser can hang up; return the status."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    sent = {**headers, "Cookie": cookies, "Host": "testserver"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/desk", "raw_path": b"/desk", "query_string": b"q=roaming", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip
    told: list[Message] = []

    async def receive() -> Message:
        if not hangs_up:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    asyncio.run(app(scope, receive, send))
    return int(next(message["status"] for message in told if message["type"] == "http.response.start"))


@pytest.mark.parametrize("settled", [{}, {"X-Settled": "pause"}], ids=["typing", "settled"])
def test_nothing_is_looked_up_for_who_has_hung_up(
    app: FastAPI, chen: Browser, looking_up: Mock, settled: dict[str, str]
) -> None:
    assert asked(app, chen, HTMX | settled, hangs_up=True) == desk.NOBODY_WAITS
    looking_up.assert_not_called()


def test_who_waits_is_answered(app: FastAPI, chen: Browser, looking_up: Mock) -> None:
    assert asked(app, chen, HTMX, hangs_up=False) == 200
    looking_up.assert_called_once()


def test_a_page_is_made_also_for_a_browser_that_says_nothing_more(
    app: FastAPI, chen: Browser, looking_up: Mock
) -> None:
    assert asked(app, chen, {}, hangs_up=True) == 200
    looking_up.assert_called_once()
