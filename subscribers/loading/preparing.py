"""A row of a file made ready to be merged: its values as they will be kept, its sounds, its digest."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import NamedTuple
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
    """A row that is put aside; `key` is known if it could be read, and whose row it is: `parent`."""

    def __init__(
        self, problems: list[Problem], key: str = "", parent: str = "", parent_entity: str = ""
    ) -> None:
        super().__init__(problems)
        self.problems = problems
        self.key = key
        self.parent = parent
        self.parent_entity = parent_entity


def problem(name: str, code: str, message: str) -> Problem:
    return {"field": name, "code": code, "message": message}


class _Column(NamedTuple):
    """One column of the file and where its values stand among the own columns of the staged table.

    `read` gives the one value that it is kept as, `derive` those of one that is kept as several.
    """

    place: int  # in the row of the file
    start: int
    own: slice
    bit: int
    read: Reader
    derive: Callable[[Sequence[Cell]], Prepared] | None
    field: Field
    empties: Prepared


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
        self._bits = {one.name: 1 << place for place, one in enumerate(entity.fields)}
        self._kept_as = {one.name: _DERIVED.get((entity.name, one.name), (None, 1)) for one in entity.fields}
        widths = [width for _, width in self._kept_as.values()]
        self._starts = dict(zip(self._bits, accumulate(widths, initial=0), strict=False))
        self._kind_at = fields.index("certificate_kind") + len(HEAD) if "certificate_kind" in fields else 0
        self.sums = Sums()
        self._columns = [self._column(place, entity.field(name)) for place, name in enumerate(fields)]
        self._not_sent = sum(bit for name, bit in self._bits.items() if name not in fields)
        self._nothing: list[Value | None] = [None] * sum(widths)
        # a certificate is compared by its hash: a seal says nothing
        self._said = [self._starts[one.name] + (one.shape is Shape.CERTIFICATE) for one in entity.fields]

    def _column(self, place: int, one: Field) -> _Column:
        empty: Value = "" if one.shape in _TEXTS else 0
        nothing = None if one.shape in {Shape.DATE, Shape.MOMENT, Shape.REFERENCE} else empty
        start = self._starts[one.name]
        derive, width = self._kept_as[one.name]
        read = reader_of(one)
        if one in self._entity.sums:
            read = self._summing(one.name, read)
        return _Column(
            place=place + len(HEAD),
            start=start,
            own=slice(start, start + width),
            bit=self._bits[one.name],
            read=read,
            derive=derive and self._deriving(one, place + len(HEAD), read, derive),
            field=one,
            empties=(nothing,) * width,
        )

    def _summing(self, name: str, read: Reader) -> Reader:
        def summed(cell: str) -> Value:
            try:
                value = int(read(cell))
            except BadValue:
                self.sums.unread += 1
                raise
            totals = self.sums.totals
            totals[name] = totals.get(name, 0) + value
            return value

        return summed

    def _deriving(
        self, one: Field, place: int, read: Reader, derive: Callable[[str], Prepared]
    ) -> Callable[[Sequence[Cell]], Prepared]:
        def derived(cells: Sequence[Cell]) -> Prepared:
            return derive(str(read(cells[place] or "")))

        def of_certificate(cells: Sequence[Cell]) -> Prepared:
            kind = cells[self._kind_at] if self._kind_at else ""
            return derive(certificate(str(read(cells[place] or "")), (kind or "").strip()))

        return of_certificate if one.shape is Shape.CERTIFICATE else derived

    def begin_sums(self) -> None:
        self.sums = Sums()

    def prepare(self, cells: Sequence[Cell]) -> Prepared:  # noqa: PLR0912 - a call for each cell would cost more
        """Return the values of a staged row from `verdict` on.

        :raises BadRow: naming everything that is wrong with it
        """
        problems: list[Problem] = []
        op, key, version, changed_at = self._head(cells, problems)
        own = self._nothing.copy()
        unknown, cleared = self._not_sent, 0
        for place, start, whole, bit, read, derive, told, empties in self._columns:
            cell = cells[place]
            if cell:
                try:
                    if derive is None:
                        own[start] = read(cell)
                    else:
                        own[whole] = derive(cells)
                except BadValue as bad:
                    problems.append(problem(told.name, bad.code, told.label + bad.message))
            elif told.required and op != "D":
                problems.append(problem(told.name, "required", f"{told.label}不能为空"))
            elif cell is None:
                cleared |= bit
                own[whole] = empties
            else:
                unknown |= bit
        if problems:
            raise BadRow(problems, key, *self._parent(cells))
        said = _digest([key, *[str(value) if (value := own[place]) else "" for place in self._said]])
        bucket = crc32(key.encode()) % BUCKETS
        return (ACCEPTED, op, key, version, changed_at, said, bucket, unknown, cleared, *own)

    def _parent(self, cells: Sequence[Cell]) -> tuple[str, str]:
        """Return the key that the row names first, and of what: what is put aside stays somebody's."""
        for column in self._columns:
            said = (cells[column.place] or "").strip()
            if column.field.shape is Shape.REFERENCE and 0 < len(said) <= LONGEST_KEY:
                return said, column.field.refers_to
        return "", ""

    def _head(self, cells: Sequence[Cell], problems: list[Problem]) -> tuple[str, str, int, str | None]:
        op, key, changed, version = [cell or "" for cell in cells[: len(HEAD)]]
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


def digest(entity: Entity, key: str, said: dict[str, Value | None]) -> int:
    """Return 44 bits of what a source said of a row: 256 sums of them still fit in a column.

    Nothing said, said to be nothing and zero are the same, as they are in the table.
    """
    return _digest([key, *(str(said.get(one.name) or "") for one in entity.fields)])


def _digest(parts: list[str]) -> int:
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


def _with_sounds(name: str) -> Prepared:
    return name, *spoken(name)


@lru_cache(maxsize=50_000)
def spoken(name: str) -> tuple[str, str]:
    """Return how a name sounds and its initials; Latin letters and digits are taken as they are."""
    parts: list[str] = []
    if HANZI.fullmatch(name):
        parts += syllables(name)
        return "".join(parts), "".join([part[:1] for part in parts])
    for hanzi, latin in _SPOKEN.findall(half_width(name)):
        parts += syllables(hanzi) if hanzi else [latin.lower()]
    return "".join(parts), "".join(part[:1] for part in parts)


def _with_parts(number: str) -> Prepared:
    return number, number[3:], number[::-1]


_TEXTS = {Shape.TEXT, Shape.CHOICE, Shape.PHONE, Shape.CERTIFICATE}
# What a field is kept as when one column is not enough: by which function, in how many columns.
_DERIVED: dict[tuple[str, str], tuple[Callable[[str], Prepared], int]] = {
    ("customer", "name"): (_with_sounds, 3),
    ("customer", "certificate"): (_sealed, 2),
    ("number", "number"): (_with_parts, 3),
}
