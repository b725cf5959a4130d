"""CSV, and what Excel calls text: separated by commas, tabs or semicolons."""

import csv
from collections.abc import Iterator
from pathlib import Path

from kb.importing.guarding import is_ours, unguarded
from kb.importing.rows import Line

_SEPARATORS = ",\t;，"
_LONGEST_FIELD = 1 << 30  # an overlong cell is refused with its line; the module's limit would end the file
csv.field_size_limit(_LONGEST_FIELD)


def lines_of(path: Path, encoding: str) -> Iterator[Line]:
    """Return each record with the line on which it begins."""
    with path.open(encoding=encoding, newline="") as file:
        separator = max(_SEPARATORS, key=file.readline().count)
        file.seek(0)
        reader = csv.reader(file, delimiter=separator)
        begins, guarded = 1, False
        for values in reader:
            guarded = guarded or (begins == 1 and is_ours(values))
            yield Line(begins, [unguarded(value) for value in values] if guarded else values)
            begins = reader.line_num + 1
