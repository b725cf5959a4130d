"""What a file is, by its content and never by its name, and whether it is safe to open."""

import zipfile
from enum import StrEnum
from pathlib import Path

from core.errors import Invalid
from kb.importing.encodings import encoding_of

_HEAD = 4096
_MEGABYTE = 1 << 20
MOST_ENTRIES = 5_000
MOST_RATIO = 150
SMALL = 16 * _MEGABYTE  # below this even an extreme ratio does no harm


class FileKind(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    DOCX = "docx"
    HTML = "html"

    @property
    def is_table(self) -> bool:
        return self not in {FileKind.DOCX, FileKind.HTML}


_LARGEST_UNPACKED = {FileKind.XLSX: 512 * _MEGABYTE, FileKind.DOCX: 256 * _MEGABYTE}
_LARGEST_PART = {FileKind.XLSX: 256 * _MEGABYTE, FileKind.DOCX: 32 * _MEGABYTE}
_MARKS = {FileKind.DOCX: "word/document.xml", FileKind.XLSX: "xl/workbook.xml"}
_OTHERS = {
    b"MZ": "可执行程序",
    b"\x7fELF": "可执行程序",
    b"\xd0\xcf\x11\xe0": "旧版 Office 文件或有密码的文件（请去掉密码，另存为 .docx 或 .xlsx）",
    b"%PDF": "PDF（请先转成 .docx）",
    b"{\\rtf": "RTF（请另存为 .docx）",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "RAR 压缩包（请解压后上传里面的文件）",
    b"7z\xbc\xaf": "7z 压缩包（请解压后上传里面的文件）",
    b"\x1f\x8b": "gzip 压缩包（请解压后上传里面的文件）",
}
_HTML_STARTS = (
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<meta",
    "<div",
    "<p>",
    "<p ",
    "<h1",
    "<h2",
    "<table",
    "<?xml",
)
_JSON_SUFFIXES, _HTML_SUFFIXES = {".jsonl", ".ndjson", ".json"}, {".html", ".htm"}


class UnsupportedFile(Invalid):
    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"“{name}”的内容是{what}，不能导入。可以导入 JSONL、CSV、XLSX、DOCX 和 HTML。")


class EmptyFile(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”是空文件，没有可导入的内容。请检查后重新选择文件。")


class BrokenFile(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”已损坏，打不开。请用 Office 打开后另存一份，再导入另存的文件。")


class ArchiveBomb(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"“{name}”解压后异常庞大，为安全起见没有打开。请删去多余的空白行列和图片，另存后重新导入。"
        )


def kind_of(path: Path, name: str) -> FileKind:
    """
    :raises EmptyFile: if there is nothing in it
    :raises UnsupportedFile: if its content is none of ours
    :raises BrokenFile: if it is an Office file that cannot be opened
    :raises ArchiveBomb: if it would unpack to something enormous
    :raises BrokenEncoding: if it is text in no known encoding
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise EmptyFile(name)
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(path, name)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise UnsupportedFile(name, what)
    if _is_binary(head):
        raise UnsupportedFile(name, "无法识别的二进制数据")
    return _text_kind(path, name)


def _office_kind(path: Path, name: str) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BrokenFile(name) from error
    for kind, mark in _MARKS.items():
        if mark in parts:
            _refuse_bomb(kind, parts, path.stat().st_size, name)
            return kind
    raise UnsupportedFile(name, "压缩包（请解压后上传里面的文件）")


def _refuse_bomb(kind: FileKind, parts: dict[str, int], packed: int, name: str) -> None:
    unpacked = sum(parts.values())
    largest = max(size for part, size in parts.items() if "/media/" not in part)
    swollen = unpacked > SMALL and unpacked > MOST_RATIO * packed
    too_large = unpacked > _LARGEST_UNPACKED[kind] or largest > _LARGEST_PART[kind]
    if swollen or too_large or len(parts) > MOST_ENTRIES:
        raise ArchiveBomb(name)


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v" for byte in head)
    return control * 10 > len(head)


def _text_kind(path: Path, name: str) -> FileKind:
    with path.open(encoding=encoding_of(path, name), errors="strict") as file:
        beginning = file.read(_HEAD).lstrip().casefold()
    suffix = Path(name).suffix.casefold()
    if beginning.startswith("{") or suffix in _JSON_SUFFIXES:
        return FileKind.JSONL
    if beginning.startswith(_HTML_STARTS) or suffix in _HTML_SUFFIXES:
        return FileKind.HTML
    return FileKind.CSV
