"""A long list in pieces."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

One = TypeVar("One")


def batches(items: Sequence[One], size: int) -> Iterator[Sequence[One]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
