"""In which encoding a text file is written: UTF-8 or GB18030, each strictly, or refused by name."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from core.errors import Invalid

UTF_8, UTF_16, GB18030 = "utf-8-sig", "utf-16", "gb18030"
LABELS = {UTF_8: "UTF-8", UTF_16: "UTF-16", GB18030: "GB18030"}
_CHUNK = 1 << 20
_BROKEN = "\ufffd"


class BrokenEncoding(Invalid):
    def __init__(self, name: str, line: int) -> None:
        super().__init__(
            f"“{name}”第 {line} 行有损坏的字符，既不是完好的 UTF-8，也不是 GB18030。"
            "请用 Excel 或记事本打开核对，另存为 UTF-8 后重新导入。"
        )


def encoding_of(path: Path, name: str) -> str:
    """
    :raises BrokenEncoding: if it is neither
    """
    with path.open("rb") as file:
        head = file.read(2)
    marked = head in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    for encoding in (UTF_16,) if marked else (UTF_8, GB18030):
        if _decodes(path, encoding):
            return encoding
        if encoding != GB18030 and (marked or _is_mostly_sound(path, encoding)):
            break  # damaged UTF-8 may still decode as GB18030, to nonsense
    raise BrokenEncoding(name, _first_broken_line(path, encoding))


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _texts(path, encoding, "strict"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_sound(path: Path, encoding: str) -> bool:
    """Tell whether more characters beyond ASCII came out whole than broken."""
    whole = broken = 0
    for text in _texts(path, encoding, "replace"):
        bad = text.count(_BROKEN)
        broken += bad
        whole += len(text) - len(text.encode("ascii", "ignore")) - bad
    return whole > broken


def _first_broken_line(path: Path, encoding: str) -> int:
    line = 1
    for text in _texts(path, encoding, "replace"):
        before, broken, _ = text.partition(_BROKEN)
        line += before.count("\n")
        if broken:
            break
    return line


def _texts(path: Path, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors=errors)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
