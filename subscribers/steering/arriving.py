"""What other systems send over the interface: written down as a file, then a load like any other."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core import database
from core.clock import CENTRE_TIME
from core.errors import Invalid
from core.settings import settings
from subscribers.entities import Entity, Shape
from subscribers.loading.layouts import DELIMITED, HEAD, Cell, Delimited, layout_of
from subscribers.loading.merge_statements import tables
from subscribers.loading.models import Load, LoadKind, LoadState, Via
from subscribers.loading.reading import text_of
from subscribers.loading.receiving import GONE, Received
from subscribers.loading.values import BadValue, cents, count

SOURCE_LENGTH = 20
UPSERT = "U"
MERGED_WHOLE = (LoadState.MERGED, LoadState.RECONCILED, LoadState.ACKNOWLEDGED)


class SourceUnreadable(Invalid):
    message = "来源（source）应为字母开头的字母和数字，最长 20 个。"


class FullNeedsSequence(Invalid):
    message = "全量数据要带 sequence，按序号装载。"


class NothingSent(Invalid):
    message = "正文里没有数据行。"


class LineUnreadable(Invalid):
    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"第 {number} 行{why}，整份没有接收。请改正后重发。")


@dataclass(frozen=True)
class Sending:
    """How a body is to be read. `sequence` 0: its rows stand in no sequence."""

    source: str
    entity: Entity
    kind: LoadKind = LoadKind.DELTA
    sequence: int = 0
    previous: int = 0
    business_day: date | None = None
    encoding: str = "utf-8"
    layout: str = DELIMITED
    columns: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        return self.columns or tuple(one.name for one in self.entity.fields)


@dataclass
class _Written:
    path: Path
    rows: int = 0
    bytes: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    sums: dict[str, int] = field(default_factory=dict)


def receive_lines(sending: Sending, lines: Iterable[bytes], *, client_id: UUID, at: datetime) -> Received:
    """Keep the rows and note their load; the same content again is the same load while it still holds.

    :raises SourceUnreadable: if the source could not name a folder
    :raises FullNeedsSequence: if a full copy stands in no sequence
    :raises NothingSent: if there is no row
    """
    _refuse(sending)
    written = _write(sending, lines)
    if not written.rows:
        written.path.unlink()
        raise NothingSent
    load = _noted(sending, written, client_id, at)
    received = _kept_once(load)
    if received.is_replay:
        written.path.unlink()
    return received


def rows_of_json(entity: Entity, body: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the rows of a file for each line of JSON: `op`, `key`, `changed_at`, `version` and the fields.

    :raises LineUnreadable: if a line is no object, or names a field that there is not
    """
    known = {*HEAD, *(one.name for one in entity.fields)}
    for number, line in enumerate(body, start=1):
        if line.strip():
            yield row_of(entity, _object(number, line, known))


def row_of(entity: Entity, said: Mapping[str, Any]) -> bytes:
    """Return the row of a file: what is not named was not said, null is known to be nothing."""
    head: dict[str, Any] = {"op": UPSERT, "version": "0", **said}
    names = [*HEAD, *(one.name for one in entity.fields)]
    cells = [_cell(head.get(name, "")) for name in names]
    return (Delimited(len(names)).join(cells) + "\n").encode()


def _cell(value: Any) -> Cell:
    return None if value is None else str(value)


def _object(number: int, line: bytes, known: set[str]) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise LineUnreadable(number, "不是 JSON") from error
    if not isinstance(said, dict):
        raise LineUnreadable(number, "不是 JSON 对象")
    refuse_strange(number, said, known)
    return said


def refuse_strange(number: int, said: Mapping[str, Any], known: set[str]) -> None:
    """
    :raises LineUnreadable: if a field is not known, or its value is neither text, number nor null
    """
    strange = sorted(said.keys() - known)
    if strange:
        raise LineUnreadable(number, f"有不认识的字段：{'、'.join(strange)}")
    nested = [name for name, value in said.items() if isinstance(value, dict | list | bool)]
    if nested:
        raise LineUnreadable(number, f"的 {'、'.join(nested)} 应为文字、数字或 null")


def _refuse(sending: Sending) -> None:
    said = sending.source
    if not (said.isascii() and said.isalnum() and said[0].isalpha() and len(said) <= SOURCE_LENGTH):
        raise SourceUnreadable
    if sending.kind is LoadKind.FULL and not sending.sequence:
        raise FullNeedsSequence


def _write(sending: Sending, lines: Iterable[bytes]) -> _Written:
    """Write the file and take what a manifest would say of it."""
    folder = settings().data_dir / "loads" / "arrived"
    folder.mkdir(parents=True, exist_ok=True)
    written = _Written(folder / f"{uuid4().hex}.dat")
    summing = _Summing(sending)
    try:
        with written.path.open("wb") as file:
            for line in lines:
                whole = line if line.endswith(b"\n") else line + b"\n"
                file.write(whole)
                written.digest.update(whole)
                written.rows += 1
                written.bytes += len(whole)
                summing.add(whole)
    except BaseException:
        written.path.unlink()
        raise
    written.sums = summing.sums
    return written


class _Summing:
    """Control sums of what can be read; what cannot is put aside when the file is loaded."""

    def __init__(self, sending: Sending) -> None:
        named = sending.named
        self._encoding = sending.encoding
        self._layout = layout_of(sending.entity, named, sending.layout)
        summed = [one for one in sending.entity.sums if one.name in named]
        self._places = [
            (one.name, len(HEAD) + named.index(one.name), cents if one.shape is Shape.MONEY else count)
            for one in summed
        ]
        self.sums = dict.fromkeys((one.name for one in summed), 0)

    def add(self, line: bytes) -> None:
        if not self._places:
            return
        try:
            cells = self._layout.split(text_of(line, self._encoding))
        except BadValue:
            return
        for name, place, read in self._places:
            self.sums[name] += _or_nothing(read, cells[place])


def _or_nothing(read: Any, cell: Cell) -> int:
    try:
        return int(read(cell)) if cell else 0
    except BadValue:
        return 0


def _noted(sending: Sending, written: _Written, client_id: UUID, at: datetime) -> Load:
    letter = "F" if sending.kind is LoadKind.FULL else "D"
    made = at.astimezone(CENTRE_TIME).strftime("%Y%m%d%H%M")
    digest = written.digest.hexdigest()
    parts = (sending.source, sending.entity.name, letter, made, digest[:12])
    return Load(
        source=sending.source.lower(),
        entity=sending.entity.name,
        kind=sending.kind,
        via=Via.API,
        name="_".join(parts).upper(),
        path=str(written.path.absolute()),
        sequence=sending.sequence,
        previous=sending.previous,
        business_day=sending.business_day,
        rows=written.rows,
        bytes=written.bytes,
        sha256=digest,
        sums=written.sums,
        columns=list(sending.named),
        encoding=sending.encoding,
        layout=sending.layout,
        state_since=at,
        seen_at=at,
        staff_id=client_id,
    )


def _kept_once(load: Load) -> Received:
    """Keep it unless it was said and still holds; of two who bring it at once, one does."""
    with database.unit_of_work() as session:
        before = _twin(session, load)
        if before is not None and _still_said(session, before):
            return Received(before, is_replay=True)
        if before is not None:
            load.name = f"{load.name}_{before.id}"  # what is said again is a load of its own
        try:
            with session.begin_nested():
                session.add(load)
        except IntegrityError:
            before = _twin(session, load)
            return Received(before or load, is_replay=before is not None)
        return Received(load)


def _twin(session: Session, load: Load) -> Load | None:
    """Return the latest load of the same content, read in the same way."""
    same = (col(Load.source) == load.source) & (col(Load.entity) == load.entity)
    content = (col(Load.via) == Via.API) & (col(Load.sha256) == load.sha256) & (col(Load.kind) == load.kind)
    way = (col(Load.encoding) == load.encoding) & (col(Load.layout) == load.layout)
    numbered = (col(Load.sequence) == load.sequence) & col(Load.state).not_in(GONE)
    found = select(Load).where(same, content, way, numbered).order_by(col(Load.id).desc())
    return next((one for one in session.exec(found) if one.columns == load.columns), None)


def _still_said(session: Session, before: Load) -> bool:
    """Tell whether nothing that came after it spoke of its rows; what stands in a sequence is said once.

    What came after and is not merged yet may speak of them. In doubt it is said again: that changes nothing.
    """
    if not before.is_piece:
        return True
    same = (col(Load.source) == before.source) & (col(Load.entity) == before.entity)
    after = same & (col(Load.id) > before.id) & col(Load.state).not_in(GONE)
    is_merged = LoadState(before.state) in MERGED_WHOLE
    unsure = after & col(Load.state).not_in(MERGED_WHOLE) if is_merged else after
    if session.exec(select(Load.id).where(unsure).limit(1)).first() is not None:
        return False
    if not is_merged:
        return True
    staged, copied = tables(before.entity)
    mine = staged.c.load_id == before.id
    is_kept = session.execute(select(staged.c.key).where(mine).limit(1)).first() is not None
    overtaken = staged.join(copied, copied.c.key == staged.c.key)
    later = select(staged.c.key).select_from(overtaken).where(mine, copied.c.load_id > before.id).limit(1)
    is_cleared = before.staged > 0 and not is_kept  # nobody knows any more of which rows it spoke
    return not is_cleared and session.execute(later).first() is None
