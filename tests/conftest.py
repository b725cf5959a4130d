"""The ground that tests stand on: a database of their own, a fixed hour, a cast of people."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel

from core import database
from core.identity import Actor
from core.settings import Settings, settings
from operations import wiring
from tests.people import hire

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in the centre
POSTGRESQL = os.environ.get("ZHIDA_TEST_POSTGRESQL", "")  # noqa: TID251 - which machine, not which centre


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for `each_database` runs on SQLite, and on PostgreSQL where one is given."""
    if "each_database" in metafunc.fixturenames:
        metafunc.parametrize("each_database", ["sqlite", *(["postgresql"] if POSTGRESQL else [])], indirect=True)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A centre's data folder of its own; everything that is kept in a process begins anew."""
    monkeypatch.setenv("ZHIDA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "none")
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    wiring.forget()
    wiring.introduce()
    yield tmp_path
    wiring.forget()


@pytest.fixture
def each_database(
    request: pytest.FixtureRequest, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "postgresql":
        monkeypatch.setenv("ZHIDA_DATABASE_URL", POSTGRESQL)
        settings.cache_clear()
        database.engine.cache_clear()
        SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    yield request.param
    if request.param == "postgresql":
        SQLModel.metadata.drop_all(database.engine())
        database.engine().dispose()


@pytest.fixture
def centre(data_dir: Path) -> Path:
    """An empty centre on SQLite: its tables, and nothing in them."""
    SQLModel.metadata.create_all(database.engine())
    return data_dir


@pytest.fixture
def session(centre: Path) -> Iterator[Session]:
    with Session(database.engine(), expire_on_commit=False) as session:
        yield session


@pytest.fixture
def agent_chen(centre: Path) -> Actor:
    return hire("chen", "陈静", "agent")


@pytest.fixture
def editor_lin(centre: Path) -> Actor:
    return hire("lin", "林悦", "editor", team="knowledge")


@pytest.fixture
def supervisor_he(centre: Path) -> Actor:
    return hire("he", "何涛", "supervisor")


@pytest.fixture
def admin_wu(centre: Path) -> Actor:
    return hire("wu", "吴敏", "admin")
