"""A pair of files becomes a load, once: the same content again is the same load."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core import database
from core.errors import NotFound
from subscribers.loading import manifest, naming, turning
from subscribers.loading.manifest import Manifest, ManifestWrong
from subscribers.loading.models import Load, LoadState, Via
from subscribers.loading.naming import FileName

TAKEN = ".taken"
GONE = (LoadState.REJECTED, LoadState.UNDONE)


class NoSuchPair(NotFound):
    def __init__(self, path: Path) -> None:
        super().__init__(f"找不到 {path}。数据文件（.dat）和清单（.chk）要放在一起，请核对路径。")


@dataclass(frozen=True)
class Received:
    load: Load
    is_replay: bool = False


def receive(path: Path, via: Via, *, at: datetime, staff_id: UUID | None = None) -> Received:
    """Take note of a pair, given by its .dat or its .chk; what is wrong with it is kept as a rejected load.

    :raises NoSuchPair: if the manifest is not there
    :raises NameUnreadable: if the name says neither source nor entity
    """
    name = naming.understood(path.stem)
    chk = path.with_suffix(naming.MANIFEST)
    if not chk.exists():
        raise NoSuchPair(chk)
    load = _noted(path.with_suffix(naming.DATA).absolute(), name, via, at)
    load.staff_id = staff_id
    try:
        said = manifest.understood(_content(chk))
    except ManifestWrong as error:
        return Received(_refused(load, str(error), at))
    _fill(load, said)
    if via is Via.FOLDER:
        load.path = str(taken(path, said))
    wrong = _unlike_name(said, name)
    if wrong:
        return Received(_refused(load, wrong, at))
    return _kept_once(load, at)


def taken(path: Path, said: Manifest) -> Path:
    """Return where a pair from the folder is kept while it is worked on: nobody writes over it there."""
    return path.parent.absolute() / TAKEN / f"{path.stem}.{said.sha256[:12]}{naming.DATA}"


def _content(chk: Path) -> bytes:
    with chk.open("rb") as file:
        return file.read(manifest.MOST_BYTES)


def _noted(dat: Path, name: FileName, via: Via, at: datetime) -> Load:
    return Load(
        source=name.source,
        entity=name.entity,
        kind=name.kind,
        via=via,
        name=dat.stem,
        path=str(dat),
        sequence=name.sequence,
        state_since=at,
        seen_at=at,
    )


def _fill(load: Load, said: Manifest) -> None:
    load.previous, load.business_day = said.previous, said.business_day
    load.rows, load.bytes, load.sha256 = said.rows, said.bytes, said.sha256
    load.sums, load.columns = said.sums, list(said.fields)
    load.encoding, load.layout = said.encoding, said.layout


def _unlike_name(said: Manifest, name: FileName) -> str:
    if (said.entity, said.kind, said.sequence) == (name.entity, name.kind, name.sequence):
        return ""
    return "清单里的实体、全量或增量、序号与文件名不一致。请来源核对后重发。"


def _kept_once(load: Load, at: datetime) -> Received:
    """Keep it, unless it was here before; of two who bring it at once, one does."""
    with database.unit_of_work() as session:
        before = _namesake(session, load)
        if before is None:
            try:
                with session.begin_nested():
                    session.add(load)
            except IntegrityError:
                before = _namesake(session, load)
            else:
                return Received(load)
    if before is not None and before.sha256 == load.sha256:
        return Received(before, is_replay=True)
    return Received(_refused(load, "同名文件已经装载过，内容却不同。请来源换一个新的序号重发。", at))


def _namesake(session: Session, load: Load) -> Load | None:
    same = (col(Load.source) == load.source) & (col(Load.name) == load.name)
    return session.exec(select(Load).where(same, col(Load.state).not_in(GONE))).first()


def _refused(load: Load, reason: str, at: datetime) -> Load:
    with database.unit_of_work() as session:
        session.add(load)
        session.flush()
        turning.reject(session, load, reason, at=at)
        session.refresh(load)
    return load
