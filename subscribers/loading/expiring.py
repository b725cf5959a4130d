"""Files of the drop folder that are done with do not lie there for ever: they say everything in clear."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from core.settings import settings

DONE = ("arch", "err", "ack", "out")  # never in/: what lies there has yet to be taken


def drop_files(before: datetime, dry: bool) -> int:  # noqa: FBT001 - as every sweep is called
    """Delete what was put away before that moment, or only count it; return how many files."""
    count = 0
    for file in _older(before):
        if not dry:
            file.unlink(missing_ok=True)
        count += 1
    return count


def _older(before: datetime) -> Iterator[Path]:
    for part in DONE:
        for file in sorted(settings().drop.glob(f"*/{part}/*")):
            if file.is_file() and file.stat().st_mtime < before.timestamp():
                yield file
