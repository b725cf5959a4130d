"""A browser of the tests: it keeps cookies, sends the token of the page, and may ask as htmx does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from typing import Any

from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from core.identity import Actor
from tests.people import PASSWORD

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
HISTORY = {"HX-History-Restore-Request": "true"}


class Browser(TestClient):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, follow_redirects=False, headers={"User-Agent": "Mozilla/5.0 Windows Chrome/156"})

    def token(self) -> str:
        """Return the token that a page of this browser carries."""
        page = self.get("/account/password")
        if page.status_code != 200:
            page = self.get("/sign-in")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, "the page has no token"
        return found[1]

    def submit(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """Send a form as one of our pages does."""
        filled = {"csrf_token": self.token(), **(fields or {})}
        return self.post(path, data=filled, headers={"Origin": "http://testserver", **(headers or {})}, **more)

    def enter(self, actor: Actor, password: str = PASSWORD, **fields: str) -> Any:
        return self.submit("/sign-in", {"login": actor.login, "password": password, **fields})


def hidden_fields(html: str) -> list[tuple[str, str]]:
    """Return the hidden fields of a page, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return [(name, unescape(value)) for name, value in found]


@contextmanager
def signed_in(app: ASGIApp, actor: Actor) -> Iterator[Browser]:
    browser = Browser(app)
    assert browser.enter(actor).status_code == 303
    yield browser
