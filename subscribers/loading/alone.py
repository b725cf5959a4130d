"""One load of an entity at a time, whatever process does it; the lock goes with the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from filelock import FileLock, Timeout
from sqlalchemy import text

from core import database
from core.errors import Unavailable
from core.settings import settings


class LoadUnderWay(Unavailable):
    message = "同一类数据的另一次装载正在进行，这一份会接着做。请稍后再看。"


@contextmanager
def alone_with(entity: str) -> Iterator[None]:
    """
    :raises LoadUnderWay: if somebody else has the entity
    """
    if database.engine().dialect.name == "postgresql":
        with _alone_on_postgresql(crc32(f"load {entity}".encode())):
            yield
        return
    folder = settings().data_dir / "loads"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{entity}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LoadUnderWay from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _alone_on_postgresql(number: int) -> Iterator[None]:
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar():
            raise LoadUnderWay
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
