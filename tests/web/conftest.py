"""The web as its users meet it: one application, a browser for each person."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from core import clock, database
from core.identity import Actor
from subscribers.calls import codes
from tests.web.browser import Browser
from tests.web.switch import Switch
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
def switch(app: FastAPI, agent_chen: Actor) -> Switch:
    return Switch(app)


@pytest.fixture
def code(supervisor_he: Actor) -> str:
    """The only leaf of the tree by which calls are sorted."""
    with database.unit_of_work() as session:
        return str(codes.add(session, "资费咨询", None, actor=supervisor_he, at=clock.now()).id)


@pytest.fixture
def statements(app: FastAPI) -> Iterator[list[str]]:
    """Every statement that reaches the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(database.engine(), "before_cursor_execute", note)
