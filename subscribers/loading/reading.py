"""Lines of a file, one at a time and from anywhere in it, and the text in each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from subscribers.loading.values import BadValue

LONGEST = 64 * 1024
SHOWN = 8_000
BOMS = {"utf-8": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
# Chinese of UTF-8 and nothing else beyond ASCII: no text in GB18030 looks like that but by a rare chance
_UTF8_CHINESE = re.compile(rb"[\x00-\x7f]*(?:[\xe3-\xe9\xef][\x80-\xbf]{2}[\x00-\x7f]*){2,}")


class Line(NamedTuple):
    number: int
    position: int
    ends_at: int
    content: bytes  # cut off if it is longer than any row can be


def lines(path: Path, encoding: str, *, after: int = 0, position: int = 0) -> Iterator[Line]:
    """Yield the lines from a position on, the first of them numbered `after` + 1."""
    with path.open("rb") as file:
        file.seek(position)
        number = after
        while content := file.readline(LONGEST):
            number += 1
            ends_at = position + len(content)
            if not content.endswith(b"\n"):
                ends_at += _skipped(file)
            yield Line(number, position, ends_at, _without_bom(content, encoding) if number == 1 else content)
            position = ends_at


def line_at(path: Path, encoding: str, number: int, position: int) -> Line:
    return next(lines(path, encoding, after=number - 1, position=position))


def _skipped(file: IO[bytes]) -> int:
    """Read on to the end of a line that is too long; return how many bytes that was."""
    skipped = 0
    while rest := file.readline(LONGEST):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _without_bom(content: bytes, encoding: str) -> bytes:
    return content.removeprefix(BOMS[encoding])


def text_of(line: bytes, encoding: str) -> str:
    """Return the text of a line without its end.

    :raises BadValue: if it is too long, not in that encoding, or has characters that nobody can see
    """
    if len(line) >= LONGEST:
        raise BadValue("too_long", "这一行太长，可能缺少换行")
    line = line.rstrip(b"\r\n")
    if encoding != "utf-8" and not line.isascii() and _UTF8_CHINESE.fullmatch(line):
        raise BadValue("encoding", "这一行是 UTF-8，文件声明的是 GB18030")
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadValue("encoding", f"这一行不是 {encoding.upper()}") from error
    if _CONTROL.search(text):
        raise BadValue("control", "含有不可见的控制字符或乱码")
    return text


def shown(line: bytes, encoding: str) -> str:
    """Return what a person sees of a line that cannot be read as it is; NUL cannot be stored."""
    return line.rstrip(b"\r\n").decode(encoding, errors="replace").replace("\0", "\ufffd")[:SHOWN]
