"""The drop folder: what sources put there is taken, in order, and what waited goes on."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from core import database, jobs
from core.settings import settings
from subscribers.entities import ENTITIES
from subscribers.loading import acknowledging, naming, turning
from subscribers.loading.advancing import advance
from subscribers.loading.alone import LoadUnderWay
from subscribers.loading.failing import Looked
from subscribers.loading.models import Hold, Load, LoadState, Via
from subscribers.loading.naming import FileName, NameUnreadable
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from subscribers.loading.verifying import MERGED, is_its_turn

log = logging.getLogger(__name__)

WATCH = "subscribers.loads.watch"
EVERY = timedelta(seconds=30)
PATIENCE_SECONDS = 600  # for a .dat whose .chk is there already
_OVER = [state for state in LoadState if state.is_over]


def handler() -> jobs.Handler:
    return jobs.Handler(WATCH, _watch, label="装载用户资料文件", lane="slow")


def _watch(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    watch(at=at)


def watch(*, at: datetime) -> list[int]:
    """Take what is new in the folder, then let every load that can go on go on; return their numbers.

    What goes wrong with one pair or one load is logged and kept for an administrator, and stops no other.
    """
    looked = Looked()
    for chk, name in _in_order(_manifests(looked), looked):
        with looked.at(chk):
            take(chk, name, at=at)
    there = [load for load in _open_loads(at) if not looked.failed_at(load)]
    went_on = [id_of(load) for load in there if _goes_on(load, at)]
    looked.keep(at=at)
    return went_on


def _goes_on(load: Load, at: datetime) -> bool:
    try:
        advance(id_of(load), at=at)
    except LoadUnderWay:
        log.info("load %s: somebody else is at %s", load.name, load.entity)
        return False
    except Exception:
        log.exception("load %s goes no further", load.name)  # it keeps why
        return False
    return True


def _manifests(looked: Looked) -> list[Path]:
    """Return the manifests that are in; the folders of new sources are completed on the way."""
    found: list[Path] = []
    for home in sorted(settings().drop.glob("*/in")):
        with looked.at(home.parent):
            acknowledging.folder(home.parent.name)
            found += [one for one in home.iterdir() if fnmatch(one.name, f"*{naming.MANIFEST}")]
    return found


def _in_order(manifests: Sequence[Path], looked: Looked) -> list[tuple[Path, FileName]]:
    """Parents before children, and the files of an entity in their sequence; strangers are sent back."""
    named = []
    for chk in manifests:
        try:
            name = _from_here(chk)
        except NameUnreadable as error:
            with looked.at(chk):
                _send_back(chk, str(error))
        else:
            named.append((chk, name))
    entities = list(ENTITIES)
    return sorted(named, key=lambda one: (entities.index(one[1].entity), one[1].sequence))


def _from_here(chk: Path) -> FileName:
    name = naming.understood(chk.stem)
    if name.source != chk.parent.parent.name:
        raise NameUnreadable(chk.stem)
    return name


def _send_back(chk: Path, reason: str) -> None:
    home = acknowledging.folder(chk.parent.parent.name)
    said = f"version=1\nname={chk.stem}\nresult=rejected\nreason={reason}\nend\n"
    acknowledging.write_whole(home / "ack" / f"{chk.stem}{naming.ACK}", said)
    for one in (chk.with_suffix(naming.DATA), chk):
        if one.exists():
            one.replace(home / "err" / one.name).touch()


def take(chk: Path, name: FileName, *, at: datetime, staff_id: UUID | None = None) -> Load | None:
    """Take a pair from the folder and return its load; None as long as its .dat may still come."""
    dat = chk.with_suffix(naming.DATA)
    if not dat.exists() and time.time() - chk.stat().st_mtime < PATIENCE_SECONDS:
        return None
    received = receive(dat, Via.FOLDER, at=at, staff_id=staff_id)
    load = received.load
    kept = Path(load.path)
    if LoadState(load.state).is_over:
        acknowledging.put_pair_away(load, dat)
    elif received.is_replay and kept.exists():
        chk.unlink()
        dat.unlink(missing_ok=True)
        log.info("%s came again while %s", name, load.state)
    else:
        kept.parent.mkdir(exist_ok=True)
        if dat.exists():
            dat.replace(kept)
        chk.replace(kept.with_suffix(naming.MANIFEST))
    return load


def _open_loads(at: datetime) -> list[Load]:
    """Return those that can go on, parents first; what waits by itself is let go if its turn has come."""
    with database.unit_of_work() as session:
        found = list(session.exec(select(Load).where(col(Load.state).not_in(_OVER))))
        for load in found:
            if load.state == LoadState.HELD and _may_try_again(session, load):
                turning.try_again(session, load, at=at)
                session.refresh(load)
    entities = list(ENTITIES)
    going = [load for load in found if load.state != LoadState.HELD]
    return sorted(going, key=lambda load: (entities.index(load.entity), load.sequence, id_of(load)))


def _may_try_again(session: Session, load: Load) -> bool:
    if load.hold == Hold.GAP:
        return is_its_turn(session, load)
    if load.hold != Hold.PARENTS:
        return False
    of_parents = col(Load.entity).in_(ENTITIES[load.entity].parents)
    since = of_parents & col(Load.state).in_(MERGED) & (col(Load.state_since) >= load.state_since)
    return session.exec(select(Load.id).where(since).limit(1)).first() is not None
