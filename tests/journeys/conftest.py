"""A person in a real browser, before a real server with a data folder of its own."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.identity import Actor
from tests.people import PASSWORD
from web.app import create_app

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 15_000  # an editor takes its time to come up on a machine that runs other tests beside
expect.set_options(timeout=PATIENCE)

Enter = Callable[[Actor], Page]
Windows = Callable[[], BrowserContext]


@pytest.fixture(scope="module")  # no longer: two that drive browsers cannot be open in one process
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("this machine has no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def site(centre: Path) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def windows(chromium: Browser, site: str) -> Iterator[Windows]:
    """Each call opens a browser of its own, as another person at another desk has."""
    opened: list[BrowserContext] = []

    def window() -> BrowserContext:
        context = chromium.new_context(base_url=site, viewport={"width": 1366, "height": 768})
        opened.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE)
        return context

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def context(windows: Windows) -> BrowserContext:
    return windows()


@pytest.fixture
def enter(context: BrowserContext) -> Enter:
    """Sign somebody in, in a tab of the same browser; no page may complain on its console."""
    return lambda actor: sign_in(context, actor)


@pytest.fixture
def enter_elsewhere(windows: Windows) -> Enter:
    """Sign somebody in at another desk."""
    return lambda actor: sign_in(windows(), actor)


def sign_in(context: BrowserContext, actor: Actor) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
    page.goto("/sign-in")
    page.get_by_label("工号").fill(actor.login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page
