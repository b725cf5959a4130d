"""Where the embedded index lives: generations in folders, and a pointer to the current one."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from search.engines.base import IndexMissing, IndexOutOfDate

SCHEMA = 6
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Pointer:
    """Which generation is which. `schema` tells how they were built."""

    schema: int = SCHEMA
    current: str | None = None
    building: str | None = None
    previous: str | None = None

    @property
    def written(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.current, self.building)))


class IndexFolder:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "pointer.json"

    def stamp(self) -> Stamp:
        """Return what changes whenever the pointer does.

        :raises IndexMissing: if there is none
        """
        try:
            seen = self._pointer.stat()
        except FileNotFoundError as error:
            raise IndexMissing from error
        return seen.st_ino, seen.st_mtime_ns

    def pointer(self) -> Pointer:
        """
        :raises IndexMissing: if there is none
        :raises IndexOutOfDate: if another version of the program wrote it
        """
        try:
            kept = json.loads(self._pointer.read_text())
        except (FileNotFoundError, json.JSONDecodeError) as error:
            raise IndexMissing from error
        if kept["schema"] != SCHEMA:
            raise IndexOutOfDate
        return Pointer(**kept)

    def point(self, pointer: Pointer) -> None:
        """Replace the pointer in one step; after a power cut it is the old one or the new one."""
        beside = self._pointer.with_suffix(f".{uuid4().hex}.tmp")
        with beside.open("w") as file:
            json.dump(asdict(pointer), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._pointer)
        self._sync()

    def path(self, generation: str) -> Path:
        return self.root / generation

    def make(self) -> str:
        generation = uuid4().hex[:12]
        self.path(generation).mkdir(parents=True)
        return generation

    def sweep(self, keep: Pointer) -> None:
        """Delete generations that nothing points to, and what killed writers left behind."""
        kept = {keep.current, keep.building, keep.previous}
        for path in self.root.iterdir():
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        for left in (*self.root.glob("*.tmp"), *self.root.glob("*/words/.tmp*")):
            left.unlink(missing_ok=True)

    def _sync(self) -> None:
        folder = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
