"""An article in the editor: what a browser would send from the form as it was shown."""

from collections import defaultdict
from typing import Any

from lxml import html

from tests.web.browser import Browser


def typed(title: str = "宽带移机", **changed: Any) -> dict[str, Any]:
    """Return the form of a new article, filled in as far as needed."""
    return {"title": title, "kind": "faq", "audience": "customers", **changed}


def as_shown(page: str, **changed: Any) -> dict[str, Any]:
    """Return what the editor's page would send, but for what was changed."""
    fields: dict[str, list[str]] = defaultdict(list)
    for name, value in html.fromstring(page).get_element_by_id("article").form_values():
        fields[name].append(value.replace("\n", "\r\n"))
    return dict(fields) | changed


def text_of_box(page: str, name: str) -> str:
    (box,) = html.fromstring(page).xpath(f"//textarea[@name='{name}']")
    return str(box.value)


def start(editor: Browser, **content: Any) -> str:
    """Let the editor save a new draft; return its address."""
    answer = editor.submit("/knowledge", typed(**content))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def start_published(editor: Browser, **content: Any) -> str:
    return start(editor, act="publish", **content)
