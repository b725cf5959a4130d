"""The web as its users meet it: one application, a browser for each person."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from core import database
from core.identity import Actor
from tests.web.browser import Browser
from web.app import create_app


@pytest.fixture
def app(centre: Path) -> FastAPI:
    return create_app()


@pytest.fixture
def nobody(app: FastAPI) -> Browser:
    return Browser(app)


def _enter(app: FastAPI, actor: Actor) -> Browser:
    browser = Browser(app)
    assert browser.enter(actor).status_code == 303
    return browser


@pytest.fixture
def chen(app: FastAPI, agent_chen: Actor) -> Browser:
    return _enter(app, agent_chen)


@pytest.fixture
def lin(app: FastAPI, editor_lin: Actor) -> Browser:
    return _enter(app, editor_lin)


@pytest.fixture
def he(app: FastAPI, supervisor_he: Actor) -> Browser:
    return _enter(app, supervisor_he)


@pytest.fixture
def wu(app: FastAPI, admin_wu: Actor) -> Browser:
    return _enter(app, admin_wu)


@pytest.fixture
def statements(app: FastAPI) -> Iterator[list[str]]:
    """Every statement that reaches the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(database.engine(), "before_cursor_execute", note)
