"""The manifest of a file (.chk): what its sender says is in it, one `name=value` a line, `end` last."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.errors import Invalid
from subscribers.entities import ENTITIES, Entity, Shape
from subscribers.loading.layouts import DELIMITED, FIXED
from subscribers.loading.models import LoadKind
from subscribers.loading.values import BadValue, cents, count, day

VERSION = 1
MOST_BYTES = 64 * 1024
MOST_SEQUENCE = 999_999_999  # nine digits, as the name of a file has
ENCODINGS = ("utf-8", "gb18030")
LAYOUTS = (DELIMITED, FIXED)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ManifestWrong(Invalid):
    def __init__(self, what: str) -> None:
        super().__init__(f"清单（.chk）有误：{what}。请来源更正后连同数据文件重新发送。")


@dataclass(frozen=True)
class Manifest:
    """`previous` is the sequence of the file before it; `sums` are in cents, or plain counts."""

    entity: str
    kind: LoadKind
    business_day: date
    sequence: int
    previous: int
    rows: int
    bytes: int
    sha256: str
    encoding: str = "utf-8"
    layout: str = DELIMITED
    columns: tuple[str, ...] = ()
    sums: dict[str, int] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the columns of the file after the head: all fields, unless it says which."""
        return self.columns or tuple(one.name for one in ENTITIES[self.entity].fields)

    def written(self) -> str:
        entity = ENTITIES[self.entity]
        said: dict[str, object] = {
            "version": VERSION,
            "entity": self.entity,
            "kind": self.kind,
            "business_day": self.business_day.isoformat(),
            "sequence": self.sequence,
            "previous": self.previous,
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "encoding": self.encoding,
            "layout": self.layout,
        }
        if self.columns:
            said["columns"] = ",".join(self.columns)
        said |= {f"sum.{name}": _sum_written(entity, name, total) for name, total in self.sums.items()}
        return "".join(f"{name}={value}\n" for name, value in said.items()) + "end\n"


def _sum_written(entity: Entity, name: str, total: int) -> str:
    if entity.field(name).shape is not Shape.MONEY:
        return str(total)
    return f"{'-' if total < 0 else ''}{abs(total) // 100}.{abs(total) % 100:02}"


def understood(content: bytes) -> Manifest:
    """
    :raises ManifestWrong: naming what is missing or cannot be read
    """
    said = _lines(content)
    if said.get("version") != str(VERSION):
        raise ManifestWrong(f"version 应为 {VERSION}")
    entity = ENTITIES.get(said.get("entity", ""))
    if entity is None:
        raise ManifestWrong(f"entity 应为 {'、'.join(ENTITIES)} 之一")
    columns = tuple(filter(None, said.get("columns", "").split(",")))
    _refuse_columns(entity, columns)
    return Manifest(
        entity=entity.name,
        kind=_one(said, "kind", LoadKind),
        business_day=_one(said, "business_day", lambda text: date.fromisoformat(day(text))),
        sequence=_one(said, "sequence", _numbered),
        previous=_one(said, "previous", _numbered),
        rows=_one(said, "rows", count),
        bytes=_one(said, "bytes", count),
        sha256=_one(said, "sha256", _digest),
        encoding=_one(said, "encoding", _among(ENCODINGS)) if "encoding" in said else "utf-8",
        layout=_one(said, "layout", _among(LAYOUTS)) if "layout" in said else DELIMITED,
        columns=columns,
        sums=_sums(entity, columns, said),
    )


def _lines(content: bytes) -> dict[str, str]:
    try:
        lines = content.decode("utf-8-sig").split()
    except UnicodeDecodeError as error:
        raise ManifestWrong("应为 UTF-8 文本") from error
    if b"\0" in content:
        raise ManifestWrong("含有不可见的控制字符")
    if not lines or lines[-1] != "end":
        raise ManifestWrong("没有以 end 结束，可能没有传完")
    pairs = [line.partition("=") for line in lines[:-1]]
    if len({name for name, _, _ in pairs}) != len(pairs):
        raise ManifestWrong("同一项写了两次")
    return {name: value for name, _, value in pairs}


def _one(said: dict[str, str], name: str, read: Callable[[str], Any]) -> Any:
    if not said.get(name):
        raise ManifestWrong(f"缺少 {name}")
    try:
        return read(said[name])
    except (BadValue, ValueError) as error:
        why = f"，{error.message}" if isinstance(error, BadValue) else ""
        raise ManifestWrong(f"{name}={said[name]} 读不出来{why}") from error


def _numbered(text: str) -> int:
    number = count(text)
    if number > MOST_SEQUENCE:
        raise BadValue("count", f"序号最大 {MOST_SEQUENCE}")
    return number


def _among(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in known:
            raise ValueError(text)
        return text.lower()

    return read


def _digest(text: str) -> str:
    if not _SHA256.fullmatch(text.lower()):
        raise ValueError(text)
    return text.lower()


def _refuse_columns(entity: Entity, columns: tuple[str, ...]) -> None:
    if not columns:
        return
    known = {one.name for one in entity.fields}
    strange = [name for name in columns if name not in known]
    missing = [one.name for one in entity.fields if one.required and one.name not in columns]
    if strange or missing or len(set(columns)) != len(columns):
        raise ManifestWrong(f"columns 里有不认识、重复或缺少的必填列：{'、'.join(strange + missing)}")


def _sums(entity: Entity, columns: tuple[str, ...], said: dict[str, str]) -> dict[str, int]:
    wanted = [one for one in entity.sums if not columns or one.name in columns]
    read: dict[Shape, Callable[[str], int]] = {Shape.MONEY: cents, Shape.COUNT: count}
    return {one.name: _one(said, f"sum.{one.name}", read[one.shape]) for one in wanted}
