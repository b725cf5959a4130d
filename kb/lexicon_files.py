"""The lexicon as a CSV file: written out, looked at row by row, and taken in without doing anything twice."""

import csv
import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID, uuid4

from sqlmodel import Session

from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.settings import settings
from kb import pinning
from kb.importing.delimited import lines_of
from kb.importing.encodings import encoding_of
from kb.importing.file_kinds import FileKind, kind_of
from kb.importing.guarding import guarded, unguarded
from search.lexicon import current, wording
from search.lexicon.changing import Move
from search.lexicon.clashing import Rivals
from search.lexicon.models import Direction, Kind
from search.lexicon.wording import BETWEEN, Wording

T = TypeVar("T")
HEADINGS = ("类型", "词", "对应词", "方向", "知识编号", "匹配", "方式", "截止日期")
WHOLE, PART = "整句", "包含"
PINNED, PROMOTED = "置顶", "提升"
MOST_ROWS = 20_000
KEPT_FOR = timedelta(days=1)
_KINDS = {kind.label: kind for kind in Kind}
_DIRECTIONS = {direction.label: direction for direction in Direction}
_EXTENTS, _WEIGHTS = {one: one for one in (WHOLE, PART)}, {one: one for one in (PINNED, PROMOTED)}


class NotALexicon(Invalid):
    message = "第一行要有“词”这一列（可以先导出一份，照着填）。请改好标题后重新上传。"


class NotCsv(Invalid):
    message = "词库要用 CSV 导入。Excel 表请“另存为 CSV UTF-8”后再上传。"


class TooManyRows(Invalid):
    message = f"一次最多导入 {MOST_ROWS:,} 行，请拆成几个文件。"


class UploadGone(NotFound):
    message = "这份上传的文件已导入或已过期。请重新上传。"


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return {"added": "新增", "changed": "更新", "unchanged": "无变化", "refused": "退回"}[self]


@dataclass(frozen=True)
class Row:
    """A row of the file and what would become of it; a refused one says why."""

    line: int
    shown: str
    outcome: Outcome
    reason: str = ""
    move: Move | None = None


@dataclass(frozen=True)
class Checked:
    rows: tuple[Row, ...]

    @property
    def moves(self) -> list[Move]:
        return [row.move for row in self.rows if row.move]

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.outcome is Outcome.REFUSED]

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome is outcome for row in self.rows)


def export(session: Session, *, actor: Actor, at: datetime) -> Iterator[str]:
    """Yield the whole lexicon as a file that opens right in Excel and can be imported again."""
    yield "\ufeff" + _line(HEADINGS)
    kept = [one for _, one in current.entries(session)]
    pinned = pinning.named(session, {one.key for one in kept if one.key}, actor=actor, at=at)
    codes = {str(key): article.code for key, article in pinned.items()}
    for one in kept:
        direction = one.direction.label if one.direction else ""
        cells = [one.kind.label, one.said, BETWEEN.join(one.meant), direction]
        yield _line([*cells, *(_pin_cells(one, codes) if one.kind is Kind.PIN else [""] * 4)])


def _pin_cells(pin: Wording, codes: Mapping[str, str]) -> list[str]:
    return [
        codes.get(str(pin.key), ""),
        WHOLE if pin.is_whole else PART,
        PROMOTED if pin.is_promotion else PINNED,
        pin.until.isoformat() if pin.until else "",
    ]


def keep_upload(content: BinaryIO, name: str, *, at: datetime) -> UUID:
    """Keep a file until it is imported or a day has passed; return by what it is asked for.

    :raises Invalid: if it is no CSV of a known encoding with a column of terms
    """
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder, at)
    token = uuid4()
    path = folder / f"{token}.csv"
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        _refuse_unusable(path, name)
    except BaseException:
        path.unlink()
        raise
    return token


def _refuse_unusable(path: Path, name: str) -> None:
    if kind_of(path, name) is not FileKind.CSV:
        raise NotCsv(field="file")
    if next(_records(path, name), None) is None:
        raise NotALexicon(field="file")


def forget_upload(token: UUID) -> None:
    """It was imported, or is not wanted."""
    _path(token).unlink(missing_ok=True)


def check(session: Session, token: UUID, kind: Kind) -> Checked:
    """Return what each row would do; `kind` is that of a row which says none.

    :raises UploadGone: if the file was imported or is too old
    :raises TooManyRows: if it has too many
    """
    read = [_worded(session, line, cells, kind) for line, cells in _records(_path(token), "上传的文件")]
    if len(read) > MOST_ROWS:
        raise TooManyRows
    rivals, taken = Rivals(session, [one for _, one in read if one]), set[UUID]()
    return Checked(tuple(_judged(row, one, rivals, taken) for row, one in read))


def _judged(row: Row, one: Wording | None, rivals: Rivals, taken: set[UUID]) -> Row:
    twin = rivals.twin_of(one) if one else None
    if one is None or (twin and _says_the_same(one, twin[1])):
        return row if one is None else replace(row, outcome=Outcome.UNCHANGED)
    if twin and twin[0] in taken:
        return replace(row, reason=f"与前面的行矛盾（{twin[1].shown}），请只留一行。")
    move = Move(twin[0], twin[1], one) if twin else Move(uuid4(), None, one)
    try:
        rivals.refuse(one, move.entry_id)
    except Conflict as clash:
        return replace(row, reason=str(clash))
    rivals.take(one, move.entry_id)
    taken.add(move.entry_id)
    return replace(row, outcome=Outcome.CHANGED if twin else Outcome.ADDED, move=move)


def _says_the_same(one: Wording, other: Wording) -> bool:
    return one == other or one.direction is Direction.TWO_WAY


def _worded(session: Session, line: int, cells: dict[str, str], kind: Kind) -> tuple[Row, Wording | None]:
    shown = " · ".join(cell for cell in cells.values() if cell)[:80]
    try:
        return Row(line, shown, Outcome.REFUSED), _wording(session, cells, kind)
    except Invalid as error:
        return Row(line, shown, Outcome.REFUSED, str(error)), None


def _wording(session: Session, cells: dict[str, str], kind: Kind) -> Wording:
    kind = _choice(cells.get("类型", ""), _KINDS, kind, "类型")
    said = cells.get("词", "")
    if kind is not Kind.PIN:
        direction = _choice(cells.get("方向", ""), _DIRECTIONS, Direction.TWO_WAY, "方向")
        return wording.entry(kind, said, cells.get("对应词", ""), direction)
    return wording.pin(
        wording.term(said),
        pinning.key_by_code(session, cells.get("知识编号", "")),
        is_whole=_choice(cells.get("匹配", ""), _EXTENTS, PART, "匹配") == WHOLE,
        is_promotion=_choice(cells.get("方式", ""), _WEIGHTS, PINNED, "方式") == PROMOTED,
        until=_day(cells.get("截止日期", "")),
    )


def _choice(typed: str, choices: Mapping[str, T], otherwise: T, heading: str) -> T:
    if typed and typed not in choices:
        raise Invalid(f"“{heading}”只能填：{BETWEEN.join(choices)}。")
    return choices.get(typed, otherwise)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.replace("/", "-")) if typed else None
    except ValueError as error:
        raise Invalid(f"截止日期“{typed[:20]}”不是日期，请写成 2026-12-31。") from error


def _records(path: Path, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by its headings.

    :raises NotALexicon: if no column holds the terms
    """
    lines = lines_of(path, encoding_of(path, name))
    headings = [value.strip() for value in next(lines).values]
    if "词" not in headings:
        raise NotALexicon(field="file")
    for line in lines:
        values = [unguarded(value.strip()) for value in line.values]
        if any(values):
            yield line.number, dict(zip(headings, values, strict=False))


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([guarded(cell) for cell in cells])
    return written.getvalue()


def _folder() -> Path:
    return settings().data_dir.absolute() / "lexicon-imports"


def _path(token: UUID) -> Path:
    path = _folder() / f"{token}.csv"
    if not path.exists():
        raise UploadGone
    return path


def _forget_old(folder: Path, at: datetime) -> None:
    for path in folder.glob("*.csv"):
        if path.stat().st_mtime < (at - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)
