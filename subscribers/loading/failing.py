"""What could not be done and will be tried again: why a load does not go on, why a pair is not taken."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col, select

from core import database
from core.database import DatabaseBusy
from core.errors import DomainError
from subscribers.loading.models import Load

log = logging.getLogger(__name__)

_AGAIN = "每半分钟会自动再试。"


class Untaken(SQLModel, table=True):
    """A pair in the folder, or a folder, with which nothing can be begun, until it is taken or gone."""

    __tablename__ = "subscribers_untaken"

    path: str = Field(primary_key=True)
    reason: str
    since: datetime

    @property
    def name(self) -> str:
        return Path(self.path).stem


def reason_of(error: Exception) -> str:
    """Say to an administrator what stands in the way; never what a row says."""
    if isinstance(error, DatabaseBusy):
        return f"数据库一直在忙。{_AGAIN}"
    if isinstance(error, DomainError):
        return str(error)
    if isinstance(error, OSError):
        return f"文件读写不了（{error.strerror or error}）。请检查文件夹的权限和磁盘。{_AGAIN}"
    return f"程序出错（{type(error).__name__}），经过在日志里。{_AGAIN}一直不行，请联系技术支持。"


@contextmanager
def noted(load_id: int, *, at: datetime) -> Iterator[None]:
    """Keep on the load why it went no further; what is raised goes on being raised."""
    try:
        yield
    except Exception as error:
        _note(load_id, reason_of(error), at)
        raise


def _note(load_id: int, reason: str, at: datetime) -> None:
    try:
        with database.unit_of_work() as session:
            failed = {"failure": reason, "failed_at": at}
            session.execute(update(Load).where(col(Load.id) == load_id).values(failed))
    except Exception:  # a full disk takes no note either: what stopped the load is what its caller hears
        log.exception("load %s: no note could be taken of %s", load_id, reason)


@dataclass
class Looked:
    """One look into the folder: what went wrong with a path stays with it, and stops no other."""

    found: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            log.exception("%s is not taken", path)
            self.found[str(path)] = reason_of(error)

    def failed_at(self, load: Load) -> bool:
        """Tell whether the pair of this load is still where its source put it."""
        return any(
            (path.parent.parent.name, path.stem) == (load.source, load.name) for path in map(Path, self.found)
        )

    def keep(self, *, at: datetime) -> None:
        """Let what is known to be untaken be what was found in this look."""
        with database.reading() as session:
            known = {one.path: one.reason for one in untaken(session)}
        if known == self.found:
            return
        with database.unit_of_work() as session:
            for one in untaken(session):
                if one.path not in self.found:
                    session.delete(one)
            for path, reason in self.found.items():
                before = session.get(Untaken, path)
                session.merge(Untaken(path=path, reason=reason, since=before.since if before else at))


def untaken(session: Session) -> Sequence[Untaken]:
    return session.exec(select(Untaken).order_by(col(Untaken.since), col(Untaken.path))).all()
