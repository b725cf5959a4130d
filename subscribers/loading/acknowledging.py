"""What a source is told of its file: taken or not, how many rows, and which of them why not."""

import os
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from core import database
from core.settings import settings
from subscribers.loading import naming, turning
from subscribers.loading.manifest import VERSION
from subscribers.loading.models import Load, LoadState, QuarantinedRow, Via
from subscribers.loading.progress import Told
from subscribers.loading.turning import id_of

MOST_PROBLEMS = 1_000
_COUNTS = (
    "rows",
    "inserted",
    "updated",
    "unchanged",
    "stale",
    "superseded",
    "removed",
    "absent",
    "bad",
    "orphans",
)


def acknowledge(load: Load, *, at: datetime, told: Told) -> None:
    """Tell the source, and put its files where done ones are kept."""
    put_away(load)
    with database.unit_of_work() as session:
        turning.turn(session, id_of(load), LoadState.ACKNOWLEDGED, at=at, finished_at=at)
    told(LoadState.ACKNOWLEDGED, load.rows, load.rows)


def put_away(load: Load) -> None:
    """Write the answer of a load that came through the folder, and move its pair; harmless to do twice."""
    dat = Path(load.path)
    if load.via in {Via.MENDED, Via.API}:
        dat.unlink(missing_ok=True)
    if load.via == Via.FOLDER:
        put_pair_away(load, dat)


def put_pair_away(load: Load, dat: Path) -> None:
    home = folder(load.source)
    with database.reading() as session:
        written = answer(session, load)
    write_whole(home / "ack" / f"{load.name}{naming.ACK}", written)
    kept = home / ("err" if load.state == LoadState.REJECTED else "arch")
    for one in (dat, dat.with_suffix(naming.MANIFEST)):
        if one.exists():
            one.replace(kept / f"{load.name}{one.suffix}").touch()  # it is kept from now on


def answer(session: Session, load: Load) -> str:
    is_taken = load.state != LoadState.REJECTED
    said: dict[str, object] = {
        "version": VERSION,
        "name": load.name,
        "sha256": load.sha256,
        "result": "accepted" if is_taken else "rejected",
    }
    if load.reason:
        said["reason"] = " ".join(load.reason.split())
    said |= {name: getattr(load, name) for name in _COUNTS} if is_taken else {}
    lines = [f"{name}={value}" for name, value in said.items()]
    mine = select(QuarantinedRow).where(QuarantinedRow.load_id == load.id)
    for row in session.exec(mine.order_by(col(QuarantinedRow.row_number)).limit(MOST_PROBLEMS)):
        lines += [f"problem={row.row_number}|{row.key}|{one['field']}|{one['code']}" for one in row.problems]
    return "\n".join([*lines, "end", ""])


def folder(source: str) -> Path:
    """Return the folder of a source, with its five parts."""
    home = settings().drop / source
    for part in ("in", "out", "ack", "err", "arch"):
        (home / part).mkdir(parents=True, exist_ok=True)
    return home


def write_whole(path: Path, content: str) -> None:
    """Let a file appear under its name only when all of it is there."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(content, "utf-8")
    half.replace(path)
