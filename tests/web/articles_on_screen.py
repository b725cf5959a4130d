"""An article in the editor: what a browser would send from the form as it was shown."""

import re
from html import unescape
from typing import Any

from tests.web.browser import Browser, hidden_fields

LISTS = ("similar_questions", "codes", "keywords")


def typed(title: str = "宽带移机", **changed: Any) -> dict[str, Any]:
    """Return the form of a new article, filled in as far as needed."""
    return {"title": title, "kind": "faq", "audience": "customers", **changed}


def as_shown(page: str, **changed: Any) -> dict[str, Any]:
    """Return what the editor's page would send, but for what was changed."""
    form = page.split('<form id="article"')[1].split("</form>", maxsplit=1)[0]
    fields: dict[str, Any] = {name: value for name, value in hidden_fields(form) if name.startswith("seen_")}
    fields |= {name: text_of_box(page, name) for name in ("answer", "conditions", "prices", "steps", *LISTS)}
    title = re.search(r'name="title" value="([^"]*)"', page)
    assert title
    return typed(unescape(title[1])) | fields | changed


def text_of_box(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found, f"no box {name}"
    return unescape(found[1])


def start(editor: Browser, **content: Any) -> str:
    """Let the editor save a new draft; return its address."""
    answer = editor.submit("/knowledge", typed(**content))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def start_published(editor: Browser, **content: Any) -> str:
    return start(editor, act="publish", **content)
