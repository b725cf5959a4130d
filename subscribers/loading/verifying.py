"""Before a row is read: the file is whole, is what its manifest says, and its turn has come."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import database
from subscribers.loading import turning
from subscribers.loading.models import Hold, Load, LoadKind, LoadState, Via
from subscribers.loading.progress import Told
from subscribers.loading.turning import Held, Rejected, id_of

AT_ONCE = 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
MERGED = (LoadState.MERGING, LoadState.MERGED, LoadState.RECONCILED, LoadState.ACKNOWLEDGED)


def verify(load: Load, *, at: datetime, told: Told) -> None:
    """
    :raises Rejected: if the file is cut short, damaged, or older than what is here
    :raises Held: if files before it are missing
    """
    _refuse_damaged(load, told)
    if load.via != Via.MENDED:
        with database.reading() as session:
            _refuse_out_of_turn(session, load)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.VERIFIED, at=at)


def _refuse_damaged(load: Load, told: Told) -> None:
    path = Path(load.path)
    if not path.exists():
        raise Rejected("只有清单（.chk），没有数据文件（.dat）。请来源重发。")
    size = path.stat().st_size
    if size != load.bytes:
        raise Rejected(f"清单说有 {load.bytes} 字节，文件是 {size} 字节，可能没有传完。请来源重发。")
    found = sha256()
    done = 0
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            raise Rejected("文件是 UTF-16。请来源改用 UTF-8 或 GB18030 重发。")
        file.seek(0)
        while part := file.read(AT_ONCE):
            found.update(part)
            done += len(part)
            told(LoadState.SEEN, done, size)
    if found.hexdigest() != load.sha256:
        raise Rejected("文件内容与清单的 sha256 不符，传输中可能损坏。请来源重发。")


def _refuse_out_of_turn(session: Session, load: Load) -> None:
    last = last_merged(session, load)
    if last is not None and load.sequence <= last:
        raise Rejected(f"已经装载到序号 {last}，这份是 {load.sequence}。要重装请用新的序号。")
    if Hold.GAP in load.waived or is_its_turn(session, load):
        return
    if last is None:
        raise Held(Hold.GAP, "还没有装载过全量文件，增量先等着。请来源先发全量。")
    raise Held(Hold.GAP, f"上一份应是序号 {load.previous}，本中心只到 {last}。请来源补发中间的文件。")


def is_its_turn(session: Session, load: Load) -> bool:
    """Tell whether what came before is in: a full file needs nothing, a changed one the file before it.

    What has come too late is not held back either: it is refused when it is looked at.
    """
    last = last_merged(session, load)
    late = last is not None and load.sequence <= last
    return load.kind == LoadKind.FULL or late or (last is not None and load.previous == last)


def last_merged(session: Session, load: Load) -> int | None:
    """Return the sequence up to which this source's files of this entity are in the copy."""
    same = (col(Load.source) == load.source) & (col(Load.entity) == load.entity)
    ours = (col(Load.via) != Via.MENDED) & col(Load.state).in_(MERGED)
    return session.exec(select(func.max(Load.sequence)).where(same, ours)).one()
