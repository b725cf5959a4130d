"""A row of a file made ready to be merged: its values as they will be kept, its sounds, its digest."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from core import sealing
from search.pinyin import HANZI, syllables
from subscribers.entities import Entity, Field, Shape
from subscribers.loading import certificates
from subscribers.loading.layouts import HEAD, Cell
from subscribers.loading.staged import ACCEPTED
from subscribers.loading.values import BadValue, Reader, Value, count, half_width, moment, reader_of

OPS = frozenset({"I", "U", "D"})
CERTIFICATE = "certificate"  # the purpose of its seal and hash
BUCKETS = 256
LONGEST_KEY = 40
AHEAD = timedelta(days=1)  # a clock at the source that is further ahead is wrong
_SPOKEN = re.compile(rf"({HANZI.pattern})|([A-Za-z0-9]+)")

Prepared = tuple[Value | None, ...]
Problem = dict[str, str]


class BadRow(Exception):
    """A row that is put aside; `key` is known if it could be read."""

    def __init__(self, problems: list[Problem], key: str = "") -> None:
        super().__init__(problems)
        self.problems = problems
        self.key = key


def problem(name: str, code: str, message: str) -> Problem:
    return {"field": name, "code": code, "message": message}


@dataclass(frozen=True)
class _Column:
    """One column of the file; `empties` is what its own columns hold when it is known to be empty."""

    field: Field
    bit: int
    read: Reader
    empties: Prepared
    is_summed: bool


@dataclass
class Sums:
    """Of what the file declares: totals, and how many values could not be read."""

    totals: dict[str, int] = field(default_factory=dict)
    unread: int = 0


class Preparer:
    """Prepares the rows of one file; it keeps nothing of a row but what it adds to the sums."""

    def __init__(self, entity: Entity, fields: Sequence[str], at: datetime) -> None:
        self._entity = entity
        self._latest = (at + AHEAD).strftime("%Y-%m-%d %H:%M:%S.000000")
        self._order = {one.name: place for place, one in enumerate(entity.fields)}
        self._columns = [self._column(entity.field(name)) for name in fields]
        # a certificate is compared by its hash: a seal says nothing
        self._said = [(one.name, -1 if one.shape is Shape.CERTIFICATE else 0) for one in entity.fields]
        self._made = [(one.name, (None,) * len(_made_of(entity, one))) for one in entity.fields]
        self._not_sent = sum(1 << place for name, place in self._order.items() if name not in fields)
        self._kind_at = fields.index("certificate_kind") + len(HEAD) if "certificate_kind" in fields else None
        self.sums = Sums()

    def _column(self, one: Field) -> _Column:
        empty: Value = "" if one.shape in _TEXTS else 0
        nothing = None if one.shape in {Shape.DATE, Shape.MOMENT, Shape.REFERENCE} else empty
        return _Column(
            one,
            1 << self._order[one.name],
            reader_of(one),
            (nothing,) * len(_made_of(self._entity, one)),
            one in self._entity.sums,
        )

    def begin_sums(self) -> None:
        self.sums = Sums()

    def prepare(self, cells: Sequence[Cell]) -> Prepared:
        """Return the values of a staged row from `verdict` on.

        :raises BadRow: naming everything that is wrong with it
        """
        problems: list[Problem] = []
        op, key, version, changed_at = self._head(cells, problems)
        kept: dict[str, Prepared] = {}
        unknown, cleared = self._not_sent, 0
        for column, cell in zip(self._columns, cells[len(HEAD) :], strict=True):
            if cell:
                value = self._value(column, cell, cells, problems)
                if value is not None:
                    kept[column.field.name] = value
            elif column.field.required and op != "D":
                problems.append(problem(column.field.name, "required", f"{column.field.label}不能为空"))
            elif cell is None:
                cleared |= column.bit
                kept[column.field.name] = column.empties
            else:
                unknown |= column.bit
        if problems:
            raise BadRow(problems, key)
        own = self._own(kept)
        said = digest(self._entity, key, {name: kept[name][at] for name, at in self._said if name in kept})
        bucket = crc32(key.encode()) % BUCKETS
        return (ACCEPTED, op, key, version, changed_at, said, bucket, unknown, cleared, *own)

    def _head(self, cells: Sequence[Cell], problems: list[Problem]) -> tuple[str, str, int, str | None]:
        op, key, changed, version = (cell or "" for cell in cells[: len(HEAD)])
        key = key.strip()
        if op not in OPS:
            problems.append(problem("op", "op", "第一列应为 I、U 或 D"))
        if not key or len(key) > LONGEST_KEY:
            problems.append(problem("key", "key", f"编号不能为空，最长 {LONGEST_KEY} 个字"))
        at, number = None, 0
        try:
            number = count(version)
            at = moment(changed) if changed else None
        except BadValue as bad:
            problems.append(problem("version", bad.code, f"来源的版本号或变更时间{bad.message}"))
        if at and at > self._latest:
            problems.append(problem("changed_at", "future", "来源的变更时间在未来，请核对来源的时钟"))
        return op, key, number, at

    def _value(
        self, column: _Column, cell: str, cells: Sequence[Cell], problems: list[Problem]
    ) -> Prepared | None:
        name = column.field.name
        try:
            value = column.read(cell)
            if column.is_summed:
                self.sums.totals[name] = self.sums.totals.get(name, 0) + int(value)
            if column.field.shape is Shape.CERTIFICATE:
                kind = cells[self._kind_at] if self._kind_at is not None else ""
                return _sealed(certificate(str(value), (kind or "").strip()))
        except BadValue as bad:
            self.sums.unread += column.is_summed
            problems.append(problem(name, bad.code, f"{column.field.label}{bad.message}"))
            return None
        derive = _DERIVED.get((self._entity.name, name))
        return (value,) if derive is None else (value, *derive(str(value)))

    def _own(self, kept: dict[str, Prepared]) -> list[Value | None]:
        own: list[Value | None] = []
        for name, nothing in self._made:
            own += kept.get(name, nothing)
        return own


def digest(entity: Entity, key: str, said: dict[str, Value | None]) -> int:
    """Return 44 bits of what a source said of a row: 256 sums of them still fit in a column.

    Nothing said, said to be nothing and zero are the same, as they are in the table.
    """
    parts = [key, *(str(said.get(one.name) or "") for one in entity.fields)]
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=6).digest()) >> 4


def certificate(written: str, kind: str) -> str:
    """Return a number as it is kept and hashed: half width, capitals, eighteen digits.

    :raises BadValue: if an identity card's check digit or birthday is wrong
    """
    number = half_width(written).replace(" ", "").upper()
    if kind not in certificates.IDENTITY_CARDS:
        return number
    number = certificates.as_eighteen(number)
    if not certificates.is_sound(number):
        raise BadValue("certificate", "不是有效的身份证号，校验位或生日不对")
    return number


def _sealed(number: str) -> Prepared:
    return sealing.seal(number, CERTIFICATE), sealing.hash_now(number, CERTIFICATE)


@lru_cache(maxsize=200_000)
def spoken(name: str) -> tuple[str, str]:
    """Return how a name sounds and its initials; Latin letters and digits are taken as they are."""
    parts: list[str] = []
    for hanzi, latin in _SPOKEN.findall(half_width(name)):
        parts += syllables(hanzi) if hanzi else [latin.lower()]
    return "".join(parts), "".join(part[:1] for part in parts)


def _number_parts(number: str) -> tuple[str, str]:
    return number[3:], number[::-1]


_TEXTS = {Shape.TEXT, Shape.CHOICE, Shape.PHONE, Shape.CERTIFICATE}
_DERIVED: dict[tuple[str, str], Callable[[str], tuple[str, str]]] = {
    ("customer", "name"): spoken,
    ("number", "number"): _number_parts,
}


def _made_of(entity: Entity, one: Field) -> tuple[str, ...]:
    """Return the own columns that a field fills, in the order of the staged table."""
    if one.shape is Shape.CERTIFICATE:
        return "certificate_sealed", "certificate_hash"
    if one.shape is Shape.REFERENCE:
        return (f"{one.refers_to}_key",)
    more = {"customer": ("name_sound", "name_initials"), "number": ("middle", "backwards")}
    return (one.name, *more[entity.name]) if (entity.name, one.name) in _DERIVED else (one.name,)
