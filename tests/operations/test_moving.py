"""Moving a centre to PostgreSQL: every row arrives equal, or nothing does and the sentence says why."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    create_engine,
    make_url,
    select,
)
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime
from typer.testing import CliRunner

from core import audit, database
from core.identity import Team
from core.settings import through_psycopg
from operations import copying, keeping, migrating, moving
from operations.__main__ import app
from operations.moving import (
    AddressWrong,
    AlreadyMoved,
    MoveBroken,
    NothingToMove,
    SourceOutdated,
    TargetNotEmpty,
    TargetNotUnicode,
    TargetRefuses,
    Unreachable,
)
from operations.sample_centre import loading, searches
from search.lexicon import stocking
from search.query_log import DocumentUse
from tests.conftest import MONDAY_MORNING, forget
from tests.empty_databases import POSTGRESQL
from tests.machine import LACKS
from tests.makers import make_article

FEW = ("KB-00101", "KB-00102", "KB-00201")
pytestmark = pytest.mark.skipif(not POSTGRESQL, reason=LACKS["PostgreSQL"])
_numbers = itertools.count()


def nobody_told(_done: int, _all: int) -> None:
    pass


def move(to: str) -> moving.Moved:
    return moving.move(to, nobody_told, nobody_told)


@pytest.fixture
def new_database() -> Iterator[Callable[[str], str]]:
    """Make an empty database and return its address; all go when the test ends."""
    made: list[str] = []

    def make(how: str = "") -> str:
        made.append(f"zhida_moved_{next(_numbers)}_{id(made)}")
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {made[-1]} {how}".encode())
        return make_url(POSTGRESQL).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    forget()
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def target(new_database: Callable[[str], str]) -> str:
    return new_database("")


@pytest.fixture
def working_centre(data_dir: Path) -> Path:
    """A centre in the newest format in which one team and one article are."""
    migrating.migrate()
    with database.unit_of_work() as session:
        session.add(Team(code="hotline1", name="热线一组"))
    make_article("宽带移机")
    return data_dir


def everything(address: str) -> dict[str, list[str]]:
    """Return every row of every table as the program reads it, in an order that no database decides."""
    engine = create_engine(through_psycopg(address))
    with engine.connect() as connection:
        read = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in SQLModel.metadata.sorted_tables
        }
    engine.dispose()
    return read


def tables_in(address: str) -> int:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        return int(found[0]) if found else 0


def work_on(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start anew on the database of that address."""
    monkeypatch.setenv("ZHIDA_DATABASE_URL", address)
    forget()


@pytest.fixture
def sample_centre(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Articles, staff, lexicon, golden queries with judgements, a month of searches; return the address."""
    few = [dict(one) for one in loading.articles() if one["code"] in FEW]
    monkeypatch.setattr(loading, "articles", lambda: iter(few))
    migrating.migrate()
    loading.load(MONDAY_MORNING)
    with database.unit_of_work() as session:
        stocking.stock(session, at=MONDAY_MORNING)
    searches.load(MONDAY_MORNING)
    return f"sqlite:///{data_dir / 'zhida.sqlite3'}"


def test_every_row_of_every_table_arrives_equal(sample_centre: str, target: str) -> None:
    before = everything(sample_centre)
    filled = {name for name, rows in before.items() if rows}
    assert {"kb_version", "search_query", "search_use", "search_judgement", "core_audit_entry"} <= filled

    moved = move(target)

    assert everything(target) == before
    assert everything(sample_centre) == before
    assert moved.rows == sum(map(len, before.values()))
    assert moved.tables == len(before)


def test_the_centre_goes_on_where_it_was_moved(
    sample_centre: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading() as session:
        trail = audit.verify(session)

    move(target)
    work_on(target, monkeypatch)

    assert migrating.is_current()
    assert not migrating.migrate()
    with database.reading() as session:
        assert trail.broken_at is None
        assert audit.verify(session) == trail
        last_use = session.scalars(select(DocumentUse).order_by(DocumentUse.number.desc())).first()  # type: ignore[union-attr]
    assert last_use
    assert last_use.number
    make_article("搬家之后")
    with database.unit_of_work() as session:
        another = DocumentUse(**last_use.model_dump(exclude={"number", "action"}), action="another")
        session.add(another)
        session.flush()
        assert another.number == last_use.number + 1


def test_the_trail_cannot_be_changed_where_it_was_moved_either(working_centre: Path, target: str) -> None:
    move(target)

    with (
        psycopg.connect(target) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute("DELETE FROM core_audit_entry")


def test_the_command_says_what_to_set_and_hides_the_password(working_centre: Path, target: str) -> None:
    secret = make_url(target).set(password="geheim").render_as_string(hide_password=False)

    result = CliRunner().invoke(app, ["move", "--to", secret], terminal_width=200)

    assert result.exit_code == 0, result.output
    assert f"ZHIDA_DATABASE_URL={make_url(secret).render_as_string(hide_password=True)}" in result.output
    assert "geheim" not in result.output
    assert str(working_centre) in result.output  # uploaded files stay there


def test_a_second_move_does_not_write_over_the_first(working_centre: Path, target: str) -> None:
    move(target)
    arrived = everything(target)

    with pytest.raises(TargetNotEmpty, match=r"core_api_client"):
        move(target)

    assert everything(target) == arrived


def test_a_centre_in_service_is_not_moved(working_centre: Path, target: str) -> None:
    with keeping.in_service(), pytest.raises(keeping.CentreRunning):
        move(target)

    assert tables_in(target) == 0


def test_a_centre_to_which_somebody_is_writing_is_not_moved(
    working_centre: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    forget()
    with database.unit_of_work() as session:
        session.add(Team(code="late", name="还没保存"))
        session.flush()
        with pytest.raises(keeping.CentreRunning):
            move(target)

    assert tables_in(target) == 0


def test_nothing_can_be_written_that_would_stay_behind(
    working_centre: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    forget()
    refused = []

    def write_meanwhile(_done: int, _all: int) -> None:
        with pytest.raises(database.DatabaseBusy), database.unit_of_work() as session:
            session.add(Team(code="late", name="晚了"))
        refused.append(True)

    moving.move(target, write_meanwhile, nobody_told)

    assert refused


@pytest.mark.parametrize(
    "address",
    [
        "",
        "主机/库名",
        "mysql://root@localhost/zhida",
        "sqlite:///else.sqlite3",
        "postgresql://localhost",
        "postgresql://localhost:port/zhida",
    ],
)
def test_an_address_that_is_none_is_refused_with_its_form(working_centre: Path, address: str) -> None:
    with pytest.raises(AddressWrong, match="postgresql://用户:密码@主机"):
        move(address)


@pytest.mark.parametrize("wrong", [{"port": 1}, {"database": "no_such"}, {"username": "no_such"}])
def test_a_server_that_does_not_let_us_in_is_said(
    working_centre: Path, target: str, wrong: dict[str, Any]
) -> None:
    elsewhere = make_url(target).set(**wrong).render_as_string(hide_password=False)

    with pytest.raises(Unreachable, match="请核对地址、用户、密码和库名"):
        move(elsewhere)


def test_a_database_that_cannot_hold_chinese_is_refused(
    working_centre: Path, new_database: Callable[[str], str]
) -> None:
    latin = new_database("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")

    with pytest.raises(TargetNotUnicode, match="LATIN1"):
        move(latin)


def test_a_user_who_may_not_make_tables_is_told_what_is_missing(working_centre: Path, target: str) -> None:
    name = make_url(target).database
    guest = make_url(target).set(username="zhida_guest").render_as_string(hide_password=False)
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS zhida_guest")
        connection.execute("CREATE ROLE zhida_guest LOGIN")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO zhida_guest".encode())

    with pytest.raises(TargetRefuses, match="OWNER"):
        move(guest)

    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM zhida_guest".encode())
        connection.execute("DROP ROLE zhida_guest")


def test_a_centre_that_is_there_already_has_nothing_to_move(
    working_centre: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_on(target, monkeypatch)

    with pytest.raises(AlreadyMoved):
        move(target)


def test_a_data_folder_without_a_centre_is_named(data_dir: Path, target: str) -> None:
    with pytest.raises(NothingToMove, match=r"zhida\.sqlite3"):
        move(target)

    assert not (data_dir / "zhida.sqlite3").exists()


def test_a_centre_in_an_older_format_is_upgraded_first(centre: Path, target: str) -> None:
    with pytest.raises(SourceOutdated, match="zhida migrate"):
        move(target)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE kb_version SET answer = 'a' || char(0)", "NUL"),
        ("UPDATE kb_version SET number = 3000000000", "out of range"),
        ("UPDATE kb_version SET saved_at = 'soon'", "isoformat"),
    ],
)
def test_a_value_that_cannot_be_carried_leaves_nothing_behind(
    working_centre: Path, target: str, damage: str, said: str
) -> None:
    with database.unit_of_work() as session:
        session.connection().exec_driver_sql(damage)

    with pytest.raises(MoveBroken, match=f"kb_version.*{said}"):
        move(target)

    assert tables_in(target) == 0


def test_a_row_that_refers_to_nothing_leaves_nothing_behind(working_centre: Path, target: str) -> None:
    with database.engine().connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DELETE FROM kb_article")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    with pytest.raises(MoveBroken, match="violates foreign key"):
        move(target)

    assert tables_in(target) == 0


def test_a_row_that_arrives_different_is_noticed(
    working_centre: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    faithful = copying.set_sequences

    def and_spoil(table: Table, connection: Any) -> None:
        faithful(table, connection)
        if table.name == "kb_version":
            connection.exec_driver_sql("UPDATE kb_version SET title = title || ' '")

    monkeypatch.setattr(copying, "set_sequences", and_spoil)

    with pytest.raises(MoveBroken, match=r"kb_version.*内容不相同"):
        move(target)

    assert tables_in(target) == 0


@pytest.mark.parametrize("when", ["copying", "comparing"])
def test_a_server_that_dies_half_way_leaves_nothing_behind(
    working_centre: Path, target: str, when: str
) -> None:
    def die(_done: int, _all: int) -> None:
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(target).database],
            )

    told = (die, nobody_told) if when == "copying" else (nobody_told, die)

    with pytest.raises(MoveBroken, match="没有搬成"):
        moving.move(target, *told)

    assert tables_in(target) == 0


KINDS = Table(
    "kinds",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("text", String),
    Column("moment", UTCDateTime()),
    Column("day", Date),
    Column("yes", Boolean),
    Column("share", Float(53)),
    Column("id", Uuid),
    Column("bytes", LargeBinary),
    Column("json", JSON, nullable=False),
    Column("maybe", JSON(none_as_null=True)),
)
_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.integers(-(2**31), 2**31 - 1),
            "text": st.none() | _text,
            "moment": st.none()
            | st.datetimes(timezones=st.timezones()).filter(lambda at: 1 < at.year < 9999),
            "day": st.none() | st.dates(),
            "yes": st.none() | st.booleans(),
            "share": st.none() | st.floats(allow_nan=False),
            "id": st.none() | st.uuids(),
            "bytes": st.none() | st.binary(max_size=20),
            "json": _json,
            "maybe": _json,
        }
    ),
    unique_by=lambda row: str(row["number"]),
    max_size=5,
)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Engine, Engine]]:
    engines = create_engine("sqlite://"), create_engine(through_psycopg(POSTGRESQL))
    for engine in engines:
        KINDS.drop(engine, checkfirst=True)
        KINDS.create(engine)
    yield engines
    KINDS.drop(engines[1])
    for engine in engines:
        engine.dispose()


@settings(deadline=None)
@given(rows=_rows)
def test_any_value_of_any_kind_arrives_as_it_was(
    both: tuple[Engine, Engine], rows: list[dict[str, Any]]
) -> None:
    with both[0].connect() as source, both[1].connect() as target:
        if rows:
            source.execute(KINDS.insert(), rows)

        read = copying.copy(KINDS, source, target)

        in_order = select(KINDS).order_by(KINDS.c.number)
        assert list(target.execute(in_order)) == list(source.execute(in_order))
        assert copying.content(KINDS, target) == read == copying.content(KINDS, source)
        assert read.rows == len(rows)


@given(
    rows=st.lists(st.tuples(_text, st.integers(), _json), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_the_checksum_knows_what_is_said_and_not_in_which_order(rows: list[Any], order: Any) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    changed = [*rows[:-1], (rows[-1][0] + " ", *rows[-1][1:])]

    assert copying.Content().plus(shuffled) == copying.Content().plus(rows)
    assert copying.Content().plus(changed) != copying.Content().plus(rows)
    assert copying.Content().plus(rows[:-1]) != copying.Content().plus(rows)
