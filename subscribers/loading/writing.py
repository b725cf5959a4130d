"""Writing a pair of files as a source does: rows as they come, the manifest once all of them are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.clock import day_of
from subscribers.entities import ENTITIES, Shape
from subscribers.loading import naming
from subscribers.loading.layouts import DELIMITED, HEAD, Cell, layout_of
from subscribers.loading.manifest import Manifest
from subscribers.loading.naming import FileName
from subscribers.loading.values import cents, count


@dataclass
class PairWriter:
    """A context: `write` each row; leaving it names the files, the manifest last. An error leaves no pair."""

    folder: Path
    name: FileName
    previous: int = 0
    business_day: date | None = None
    encoding: str = "utf-8"
    layout: str = DELIMITED
    columns: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0
    sums: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        entity = ENTITIES[self.name.entity]
        named = self.columns or tuple(one.name for one in entity.fields)
        self._layout = layout_of(entity, named, self.layout)
        summed = [one for one in entity.sums if one.name in named]
        self.sums = {one.name: 0 for one in summed}
        self._summed = [
            (one.name, len(HEAD) + named.index(one.name), cents if one.shape is Shape.MONEY else count)
            for one in summed
        ]
        self._digest = sha256()
        self._half = self.folder / f".{self.name}{naming.DATA}.part"
        self._file: IO[bytes] = self._half.open("wb")
        return self

    def write(self, cells: Sequence[Cell]) -> None:
        """Write one row: op, key, changed_at and version, then the fields."""
        line = (self._layout.join(cells) + "\n").encode(self.encoding)
        for name, place, read in self._summed:
            if cell := cells[place]:
                self.sums[name] += read(cell)
        self._digest.update(line)
        self.rows += 1
        self.bytes += len(line)
        self._file.write(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is not None:
            self._half.unlink()
            return
        manifest = self.folder / f".{self.name}{naming.MANIFEST}.part"
        manifest.write_text(self.manifest().written(), "utf-8")
        self._half.replace(self.folder / f"{self.name}{naming.DATA}")
        manifest.replace(self.folder / f"{self.name}{naming.MANIFEST}")

    def manifest(self) -> Manifest:
        return Manifest(
            entity=self.name.entity,
            kind=self.name.kind,
            business_day=self.business_day or day_of(self.name.made_at),
            sequence=self.name.sequence,
            previous=self.previous,
            rows=self.rows,
            bytes=self.bytes,
            sha256=self._digest.hexdigest(),
            encoding=self.encoding,
            layout=self.layout,
            columns=self.columns,
            sums=self.sums,
        )
