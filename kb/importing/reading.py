"""The files of a batch as one stream of rows, the same each time it is read."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import Invalid
from core.settings import settings
from kb.importing import delimited, documents, json_lines, spreadsheets
from kb.importing.encodings import encoding_of
from kb.importing.file_kinds import FileKind, kind_of
from kb.importing.rows import Problem, Row
from kb.importing.tables import Table, table_of


class KeptFileGone(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"服务器上已没有“{name}”的原文件。请重新上传后再试。")


@dataclass(frozen=True)
class KeptFile:
    """A file as it was brought in; one that nothing can be read from keeps the reason in `refused`.

    `place` is where it lies among all that were brought in: the data folder may move.
    """

    name: str
    place: str
    kind: str = ""
    encoding: str = ""
    refused: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Survey:
    """What is seen of a file at first sight."""

    kind: FileKind
    encoding: str = ""
    tables: list[list[str]] = field(default_factory=list)  # the headings of each
    notes: list[str] = field(default_factory=list)


def kept_files() -> Path:
    return settings().data_dir.absolute() / "imports"


def survey(path: Path, name: str) -> Survey:
    """
    :raises Invalid: if nothing can be read from it; each reason is a class of its own
    """
    kind = kind_of(path, name)
    seen = Survey(kind)
    if kind in {FileKind.CSV, FileKind.JSONL, FileKind.HTML}:
        seen.encoding = encoding_of(path, name)
    if kind is FileKind.XLSX:
        with spreadsheets.opened(path, name) as book:
            seen.tables = [table.headings for table in book.tables]
            seen.notes = [f"“{name}”的工作表“{sheet}”没有问题列，不导入。" for sheet in book.skipped]
    elif kind.is_table:
        seen.tables = [_table(path, kind, seen.encoding, name).headings]
    else:
        document = documents.read(path, kind, seen.encoding, name)
        seen.tables = [documents.HEADINGS]
        seen.notes = _about_images(name, document.dropped_images)
    return seen


def rows_of(files: Iterable[KeptFile]) -> Iterator[Row]:
    """
    :raises BrokenFile: where a file stops making sense
    :raises KeptFileGone: if somebody deleted one
    """
    for file in files:
        yield from _rows(file)


def _rows(file: KeptFile) -> Iterator[Row]:
    if file.refused:
        yield Row(file.name, 0, {}, (Problem("", file.refused),))
        return
    path, kind = kept_files() / file.place, FileKind(file.kind)
    if not path.exists():
        raise KeptFileGone(file.name)
    if kind is FileKind.XLSX:
        with spreadsheets.opened(path, file.name) as book:
            for table in book.tables:
                yield from table.rows
    elif kind.is_table:
        yield from _table(path, kind, file.encoding, file.name).rows
    else:
        yield documents.read(path, kind, file.encoding, file.name).row(file.name)


def _table(path: Path, kind: FileKind, encoding: str, name: str) -> Table:
    if kind is FileKind.JSONL:
        return json_lines.table_of(path, encoding, name)
    return table_of(delimited.lines_of(path, encoding), name, full_lines=True)


def _about_images(name: str, count: int) -> list[str]:
    return [f"“{name}”里有 {count} 张图片没有导入，请在知识里用文字说明。"] if count else []
