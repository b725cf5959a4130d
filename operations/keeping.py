"""Backup and restore of an embedded centre: one file, made while people work, proved before it is trusted."""

import hashlib
import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import Conflict, Invalid, Unavailable
from core.sealing import KEY_FILE
from core.settings import settings

DATABASE = "zhida.sqlite3"
MANIFEST = "manifest.json"
KEPT_FOLDERS = ("imports",)  # the index is not kept: it is built again from the database


class NotEmbedded(Conflict):
    message = "数据库不是数据目录里的 SQLite 文件。PostgreSQL 请用 pg_dump 和 pg_restore 备份、恢复。"


class BackupBroken(Invalid):
    message = "备份文件不完整或已损坏，没有恢复任何内容。请换一份备份。"


class CentreNotEmpty(Conflict):
    message = "数据目录里已有数据。确认要替换请加 --replace，原数据会改名保留。"


class CentreRunning(Unavailable):
    message = "直答正在运行。请先停止服务和后台任务，再运行这条命令。"


@contextmanager
def in_service() -> Iterator[None]:
    """Hold, with others, the sign that processes work on this data folder; it goes with the process."""
    folder = settings().data_dir / "in-service"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".lock") as sign, FileLock(sign.name):
        yield


def backup(to: Path, *, at: datetime) -> dict[str, str]:
    """Write one .tar.gz with a consistent copy of the database and the uploaded files; return its manifest.

    :raises NotEmbedded: if the database is elsewhere
    :raises BackupBroken: if the copy does not prove sound
    """
    database = _database_file()
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / DATABASE
        _copy_online(database, copy)
        _prove(copy)
        manifest = {"made_at": at.isoformat(), "sha256": _sha256(copy)}
        note = Path(scratch) / MANIFEST
        note.write_text(json.dumps(manifest))
        partial = to.with_name(to.name + ".partial")
        with tarfile.open(partial, "w:gz") as archive:
            archive.add(note, MANIFEST)
            archive.add(copy, DATABASE)
            for name in KEPT_FOLDERS:
                if (settings().data_dir / name).is_dir():
                    archive.add(settings().data_dir / name, name)
        partial.replace(to)
    return manifest


def restore(source: Path, *, replace: bool, at: datetime) -> Path | None:
    """Put a backup in place of the data folder's content; return where the former content lies, if any.

    :raises BackupBroken: before anything was touched
    :raises CentreNotEmpty: if there is data and `replace` was not said
    :raises CentreRunning: if a process is at work on it
    """
    target = _database_file().parent
    refuse_running(target)
    occupied = (target / DATABASE).exists()
    if occupied and not replace:
        raise CentreNotEmpty
    scratch = target.with_name(f"{target.name}.restoring")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        _unpack(source, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    former = target.with_name(f"{target.name}.before-{at:%Y%m%d-%H%M%S}") if target.exists() else None
    if former:
        target.rename(former)
    if former and (former / KEY_FILE).exists():
        shutil.copy2(former / KEY_FILE, scratch / KEY_FILE)  # a backup holds no keys
    scratch.rename(target)
    return former if occupied else None


def refuse_running(data_dir: Path) -> None:
    """:raises CentreRunning: if a process is at work on the data folder"""
    for sign in (data_dir / "in-service").glob("*.lock"):
        try:
            with FileLock(sign, timeout=0):
                pass
        except Timeout as error:
            raise CentreRunning from error


def _database_file() -> Path:
    url = settings().database
    if not url.startswith("sqlite:///"):
        raise NotEmbedded
    return Path(url.removeprefix("sqlite:///"))


def _copy_online(source: Path, to: Path) -> None:
    with closing(sqlite3.connect(source)) as living, closing(sqlite3.connect(to)) as copy:
        living.backup(copy, pages=2000)


def _prove(database: Path) -> None:
    with closing(sqlite3.connect(database)) as copy:
        sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        orphans = copy.execute("PRAGMA foreign_key_check").fetchone()
    if not sound or orphans:
        raise BackupBroken


def _unpack(source: Path, to: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(to, filter="data")
        manifest = json.loads((to / MANIFEST).read_text())
        if manifest["sha256"] != _sha256(to / DATABASE):
            raise BackupBroken
        _prove(to / DATABASE)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, sqlite3.DatabaseError) as error:
        raise BackupBroken from error
    (to / MANIFEST).unlink()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
