"""What a person sends while typing a query, and queries that nobody has asked before."""

import random
from collections.abc import Iterator, Sequence

from benchmarks.hundred_thousand import PLACES

PAUSES = 4


def pauses(query: str) -> list[str]:
    """Return what stands in the box at the four moments at which a person pauses."""
    return [query[: max(1, len(query) * part // PAUSES)] for part in range(1, PAUSES + 1)]


def fresh(queries: Sequence[str], seed: int) -> Iterator[str]:
    """Yield each query for each place, in a random order, and then for two places.

    Their vectors are remembered from nowhere.
    """
    for places in (PLACES, [there + here for there in PLACES for here in PLACES if there != here]):
        asked = [place + query for place in places for query in queries]
        random.Random(seed).shuffle(asked)
        yield from asked
