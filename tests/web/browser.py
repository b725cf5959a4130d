"""A browser of the tests: it keeps cookies, sends the token of the page, and may ask as htmx does."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from core.identity import Actor
from tests.people import PASSWORD

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
HISTORY = HTMX | {"HX-History-Restore-Request": "true"}
HERE = {"Origin": "http://testserver"}
Fields = Mapping[str, str | Sequence[str]]


class Browser(TestClient):
    def __init__(self, app: ASGIApp) -> None:
        agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0"}
        super().__init__(app, follow_redirects=False, headers=agent)

    def token(self) -> str:
        """Return the token that the pages of this browser carry."""
        page = self.get("/account/password", follow_redirects=True)
        return dict(hidden_fields(page.text))["csrf_token"]

    def submit(
        self, path: str, fields: Fields | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send a form as one of our pages does."""
        return self.post(
            path, data={"csrf_token": self.token(), **(fields or {})}, headers=HERE | (headers or {})
        )

    def enter(self, actor: Actor, password: str = PASSWORD, **fields: str) -> Any:
        return self.submit("/sign-in", {"login": actor.login, "password": password, **fields})


def hidden_fields(html: str) -> list[tuple[str, str]]:
    """Return the hidden fields of a page, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return [(name, unescape(value)) for name, value in found]


def on_one_line(html: str) -> str:
    """Return the markup without the breaks and indents that the formatter of templates puts into it."""
    return " ".join(html.split()).replace(" </", "</")
