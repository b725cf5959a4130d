"""Taking files in: kept outside the web root, looked at, their columns guessed."""

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlmodel import Session, col, select

from core import audit, database
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from core.settings import settings
from kb.importing import headings as meanings
from kb.importing.batches import BEFORE_IMPORT, held
from kb.importing.chunks import storable
from kb.importing.guarding import ADDED
from kb.importing.headings import Meaning
from kb.importing.models import BatchState, ImportBatch
from kb.importing.reading import KeptFile, kept_files, rows_of, survey

MOST_FILES = 500
LONGEST_NAME = 200
LONGEST_SOURCE = 40
SAMPLED_FILES, SAMPLED_ROWS = 10, 10
SHOWN_CELLS, EXCERPT = 3, 120
LOOKED_BACK = 20
SUFFIXES = frozenset(
    {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".xlsx", ".docx", ".html", ".htm"}
)
_CHUNK = 1 << 20


class NothingToImport(Invalid):
    message = "没有可导入的文件。请选择 JSONL、CSV、XLSX、DOCX 或 HTML 文件，或含有这些文件的文件夹。"


class TooManyFiles(Invalid):
    message = f"一次最多导入 {MOST_FILES} 个文件，请分几批导入。"


class FileTooLarge(Invalid):
    def __init__(self, name: str) -> None:
        limit = settings().upload_limit_mb
        super().__init__(f"“{name}”超过 {limit} MB 的上限。请拆成较小的文件，或请管理员调大上限。")


class SourceTooLong(Invalid):
    message = f"来源名称最多 {LONGEST_SOURCE} 个字，请缩短。"


@dataclass(frozen=True)
class Upload:
    name: str
    content: BinaryIO


@dataclass(frozen=True)
class _Kept:
    """The files of a batch in its folder, and what was seen of them."""

    files: list[KeptFile]
    tables: list[list[str]]
    notes: list[str]
    digest: str


def gathered(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return the files that a command line names, and those of the known kinds in its folders.

    :raises NothingToImport: if there are none
    """
    found: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file()
            )
            found += [
                (one.relative_to(path).as_posix(), one)
                for one in inside
                if not one.name.startswith((".", "~$"))
            ]
        else:
            found.append((path.name, path))
    if not found:
        raise NothingToImport
    return found


def prepare(uploads: Sequence[Upload], *, source: str = "", actor: Actor, at: datetime) -> UUID:
    """Return the id of a batch whose columns are guessed, or of the same one that was interrupted half-way.

    Rows of one `source` that carry the same number are the same row.

    :raises Invalid: if nothing can be read from any file; each reason is a class of its own
    """
    require(actor, Permission.IMPORT_ARTICLES)
    _refuse_unusable(uploads, source)
    batch = ImportBatch(staff_id=actor.staff_id, source=source.strip(), digest="", created_at=at)
    folder = kept_files() / str(batch.id)
    try:
        kept = _keep(uploads, folder)
        batch.digest, batch.notes, batch.tables = kept.digest, kept.notes, kept.tables
        batch.files = [file.as_json() for file in kept.files]
        batch.sample = _sample(kept.files)
        opened = _open(batch, actor=actor, at=at)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if opened != batch.id:
        shutil.rmtree(folder)
    return opened


def remap(
    session: Session,
    batch_id: UUID,
    mapping: Mapping[str, Meaning],
    *,
    source: str,
    actor: Actor,
    at: datetime,
) -> ImportBatch:
    """Correct what the columns mean, before anything was written.

    :raises MappingIncomplete: if no column is the question
    :raises MappingAmbiguous: if two columns are what only one can be
    :raises BatchElsewhere: if it is being checked or imported, or was
    """
    require(actor, Permission.IMPORT_ARTICLES)
    batch = held(session, batch_id, BEFORE_IMPORT)
    known = {heading: meaning for heading, meaning in mapping.items() if heading in batch.headings}
    meanings.refuse_unusable(known, batch.tables)
    if len(source.strip()) > LONGEST_SOURCE:
        raise SourceTooLong(field="source")
    batch.mapping = {heading: meaning.value for heading, meaning in known.items()}
    batch.source, batch.state, batch.error = source.strip(), BatchState.MAPPED, ""
    session.add(batch)
    audit.record(
        session, actor=actor, action="kb.import.mapped", subject_id=batch_id, at=at, details=batch.mapping
    )
    return batch


def _refuse_unusable(uploads: Sequence[Upload], source: str) -> None:
    if not uploads:
        raise NothingToImport(field="files")
    if len(uploads) > MOST_FILES:
        raise TooManyFiles(field="files")
    if len(source.strip()) > LONGEST_SOURCE:
        raise SourceTooLong(field="source")


def _keep(uploads: Sequence[Upload], folder: Path) -> _Kept:
    folder.mkdir(parents=True)
    told = hashlib.sha256()
    files, tables, notes = [], list[list[str]](), []
    reasons = []
    for number, upload in enumerate(uploads, 1):
        name, path = _clean_name(upload.name), folder / f"{number:04d}"
        place = f"{folder.name}/{path.name}"
        told.update(name.encode() + _copy(upload.content, path, name))
        try:
            seen = survey(path, name)
        except Invalid as error:
            reasons.append(error)
            files.append(KeptFile(name, place, refused=str(error)))
        else:
            files.append(KeptFile(name, place, seen.kind, seen.encoding))
            tables += [table for table in seen.tables if table not in tables]
            notes += seen.notes
    if len(reasons) == len(files):
        raise reasons[0]
    return _Kept(files, tables, notes, told.hexdigest())


def _clean_name(name: str) -> str:
    plain = "".join(c for c in name.replace("\\", "/") if c.isprintable()).lstrip("/")
    return plain[-LONGEST_NAME:] or "未命名"


def _copy(content: BinaryIO, path: Path, name: str) -> bytes:
    """Return the hash of what was copied.

    :raises FileTooLarge: if it is more than the setting allows
    """
    limit = settings().upload_limit_mb * 1024 * 1024
    told, size = hashlib.sha256(), 0
    with path.open("wb") as kept:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise FileTooLarge(name)
            told.update(chunk)
            kept.write(chunk)
    return told.digest()


def _sample(files: Sequence[KeptFile]) -> dict[str, list[str]]:
    """Return the beginnings of a few cells of each column."""
    sample: dict[str, list[str]] = defaultdict(list)
    for file in files[:SAMPLED_FILES]:
        for row in islice(rows_of([file]), SAMPLED_ROWS):
            for heading, text in row.cells.items():
                if len(sample[storable(heading)]) < SHOWN_CELLS:
                    sample[storable(heading)].append(storable(text[:EXCERPT]))
    return sample


def _open(batch: ImportBatch, *, actor: Actor, at: datetime) -> UUID:
    with database.unit_of_work() as session:
        mine = select(ImportBatch).where(ImportBatch.staff_id == actor.staff_id)
        same = (ImportBatch.digest == batch.digest) & (ImportBatch.state == BatchState.IMPORTING)
        interrupted = session.exec(mine.where(same)).first()
        if interrupted and interrupted.source == (batch.source or interrupted.source):
            return interrupted.id
        _understand(
            batch, session.exec(mine.order_by(col(ImportBatch.created_at).desc()).limit(LOOKED_BACK)).all()
        )
        session.add(batch)
        session.flush()
        details = {"files": [file["name"] for file in batch.files]}
        audit.record(
            session, actor=actor, action="kb.import.received", subject_id=batch.id, at=at, details=details
        )
    return batch.id


def _understand(batch: ImportBatch, former: Sequence[ImportBatch]) -> None:
    """Take the columns as the person took them in an earlier file with the same ones, or guess."""
    columns = set(batch.headings) - set(ADDED)
    for one in former:
        if one.mapping and set(one.headings) - set(ADDED) == columns:
            batch.mapping, batch.source = dict(one.mapping), batch.source or one.source
            return
    guessed = meanings.guess_all(batch.tables)
    batch.mapping = {heading: meaning.value for heading, meaning in guessed.items()}
