"""The ground that tests stand on: a database of their own, a fixed hour, a cast of people."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from core import database, sealing, signing
from core.identity import Actor
from core.settings import Settings, settings
from operations import tables, wiring
from search import embeddings, engines, live, reranking
from tests.empty_databases import POSTGRESQL, OnPostgresql, make_tables
from tests.people import hire
from tests.search.nodes import Centre, Nodes, centre_on, free_ports, needs_elasticsearch, running

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in the centre


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for `each_database` runs on SQLite, and on PostgreSQL where one is given."""
    if "each_database" in metafunc.fixturenames:
        kinds = ["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"]
        metafunc.parametrize("each_database", kinds, indirect=True)


def pytest_report_header() -> str:
    where = "SQLite and PostgreSQL" if POSTGRESQL else "SQLite only (set ZHIDA_TEST_POSTGRESQL for both)"
    return f"databases: {where}"


def forget() -> None:
    """Drop what a process keeps, as if it had just been started."""
    if database.engine.cache_info().currsize:
        database.engine().dispose()
    embeddings.forget()
    reranking.forget()
    engines.forget()
    live.forget()
    settings.cache_clear()
    database.engine.cache_clear()
    signing.signing_key.cache_clear()
    sealing.keys.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A centre's data folder of its own; everything that is kept in a process begins anew."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("ZHIDA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "none")
    monkeypatch.setenv("ZHIDA_RERANKER", "")
    forget()
    tables.known()
    wiring.introduce()
    yield tmp_path
    forget()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "zhida.sqlite3"
    make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def own_postgresql() -> OnPostgresql:
    return OnPostgresql()


@pytest.fixture
def each_database(request: pytest.FixtureRequest, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_sqlite"), data_dir)
        return "sqlite"
    postgresql: OnPostgresql = request.getfixturevalue("own_postgresql")
    postgresql.empty()
    monkeypatch.setenv("ZHIDA_DATABASE_URL", postgresql.address)
    forget()
    return "postgresql"


@pytest.fixture
def centre(request: pytest.FixtureRequest, data_dir: Path) -> Path:
    """An empty centre: its tables, and nothing in them. On SQLite, unless the test asks for each database."""
    if "each_database" not in request.fixturenames:
        shutil.copy(request.getfixturevalue("empty_sqlite"), data_dir)
    else:
        request.getfixturevalue("each_database")
    return data_dir


@pytest.fixture
def session(centre: Path) -> Iterator[Session]:
    with Session(database.engine().execution_options(writes=True), expire_on_commit=False) as session:
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


@pytest.fixture(scope="session")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with running(Nodes(free_ports(0), tmp_path_factory.mktemp("one-node"))) as nodes:
        yield nodes


@pytest.fixture
def on_one_node(one_node: Nodes, tmp_path: Path) -> Iterator[Centre]:
    with centre_on(one_node, tmp_path) as centre:
        yield centre


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=needs_elasticsearch)])
def each_engine(request: pytest.FixtureRequest, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A centre to come searches on the embedded engine, or on a node of its own."""
    if request.param == "elasticsearch":
        on_one_node: Centre = request.getfixturevalue("on_one_node")
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_URL", ",".join(on_one_node.nodes.urls))
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_PREFIX", on_one_node.prefix)
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_TIMEOUT", "10")
        settings.cache_clear()
    return str(request.param)
