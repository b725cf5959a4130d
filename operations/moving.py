"""Moving a centre from its SQLite file to PostgreSQL: all of it, compared, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL, Connection, Table, create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import SQLModel

from core import database
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.settings import settings, through_psycopg
from operations import copying, keeping, migrating, tables

SECONDS_TO_CONNECT = 10
Told = Callable[[int, int], None]


class AddressWrong(Invalid):
    message = "这不是 PostgreSQL 的地址。请写成 postgresql://用户:密码@主机:5432/库名。"


class AlreadyMoved(Conflict):
    message = (
        "设置里的数据库已经不是 SQLite，没有可搬的。要搬的是旧数据目录时，先去掉设置 ZHIDA_DATABASE_URL。"
    )


class NothingToMove(NotFound):
    def __init__(self, file: Path) -> None:
        super().__init__(f"没有这个数据库文件：{file}。请核对设置 ZHIDA_DATA_DIR。")


class SourceOutdated(Conflict):
    message = "现在的数据库还不是这个版本的格式。请先运行 zhida migrate，再搬。"


class Unreachable(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(f"连不上 PostgreSQL：{reason}。请核对地址、用户、密码和库名，并确认它在运行。")


class TargetNotEmpty(Conflict):
    def __init__(self, found: list[str]) -> None:
        named = "、".join(found[:3]) + ("等" if len(found) > 3 else "")
        super().__init__(
            f"目标数据库里已有 {len(found)} 张表（{named}），没有动它。请建一个空的库（createdb）再搬。"
        )


class TargetNotUnicode(Conflict):
    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"目标数据库的编码是 {encoding}，存不下中文。请用 createdb -E UTF8 -T template0 建库。"
        )


class TargetRefuses(Conflict):
    message = "这个用户不能在目标数据库里建表。请让它成为库的主人：ALTER DATABASE 库名 OWNER TO 用户。"


class MoveBroken(Conflict):
    def __init__(self, reason: str) -> None:
        super().__init__(f"没有搬成，目标数据库里什么都没有留下，原数据没有动。原因：{reason}")


@dataclass(frozen=True)
class Moved:
    tables: int
    rows: int
    address: str  # with the password hidden


def move(address: str, copied: Told, compared: Told) -> Moved:
    """Copy every table to the empty PostgreSQL database, and commit once both sides say the same.

    :raises AddressWrong: or another refusal, before anything was touched
    :raises MoveBroken: if a row cannot be taken there or comes back different; the target is empty again
    """
    url = _understood(address)
    keeping.refuse_running(_source_file().parent)
    tables.known()
    if not migrating.is_current():
        raise SourceOutdated
    in_order = SQLModel.metadata.sorted_tables
    with keeping.in_service(), _held_still() as source, _target(url) as target:
        _refuse_unfit(target)
        migrating.migrate_within(target)
        total = sum(copying.count(table, source) for table in in_order)
        rows = _carry(in_order, source, target, (copied, compared), total)
    return Moved(len(in_order), rows, _written(url))


def _carry(
    in_order: list[Table], source: Connection, target: Connection, told: tuple[Told, Told], total: int
) -> int:
    copied, compared = (_counting(one, total) for one in told)
    contents = {}
    for table in in_order:
        with _named(table):
            contents[table] = copying.copy(table, source, target, copied)
            copying.set_sequences(table, target)
    for table, read in contents.items():
        arrived = copying.content(table, target, compared)
        if arrived != read:
            raise MoveBroken(f"表 {table.name} 搬了 {read.rows} 行，读回 {arrived.rows} 行，内容不相同。")
    return sum(read.rows for read in contents.values())


def _counting(told: Told, total: int) -> Callable[[int], None]:
    done = 0

    def add(rows: int) -> None:
        nonlocal done
        done += rows
        told(done, total)

    return add


def _understood(address: str) -> URL:
    try:
        url = make_url(through_psycopg(address))
    except (ArgumentError, ValueError) as error:
        raise AddressWrong from error
    if url.drivername != "postgresql+psycopg" or not url.database:
        raise AddressWrong
    return url


def _written(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def _source_file() -> Path:
    if not settings().database.startswith("sqlite:///"):
        raise AlreadyMoved
    file = Path(settings().database.removeprefix("sqlite:///"))
    if not file.exists():
        raise NothingToMove(file)
    return file


@contextmanager
def _held_still() -> Iterator[Connection]:
    """Hold the writer's lock of SQLite, so that nothing can be written that would stay behind."""
    with database.engine().execution_options(writes=True).connect() as source:
        try:
            source.begin()
        except OperationalError as error:
            raise keeping.CentreRunning from error
        yield source


@contextmanager
def _target(url: URL) -> Iterator[Connection]:
    """One transaction there: committed when the block ends, nothing left when it raises."""
    engine = create_engine(url, connect_args={"connect_timeout": SECONDS_TO_CONNECT} | dict(url.query))
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unreachable(_first_line(error.orig)) from error
    try:
        with connection, connection.begin():
            yield connection
    except OperationalError as error:
        raise MoveBroken(f"与 PostgreSQL 的连接断了：{_first_line(error.orig)}") from error
    finally:
        engine.dispose()


def _refuse_unfit(target: Connection) -> None:
    encoding = target.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise TargetNotUnicode(encoding)
    found = sorted(inspect(target).get_table_names())
    if found:
        raise TargetNotEmpty(found)
    if not target.exec_driver_sql("SELECT has_schema_privilege(current_schema(), 'CREATE')").scalar():
        raise TargetRefuses


@contextmanager
def _named(table: Table) -> Iterator[None]:
    """Say which table holds what cannot be copied."""
    try:
        yield
    except (psycopg.Error, DBAPIError, TypeError, ValueError) as error:
        raise MoveBroken(f"表 {table.name}：{_first_line(error)}") from error


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
