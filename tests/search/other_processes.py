"""What the processes of test_processes do: run as `python -m tests.search.other_processes DO ROOT NAME`."""

import sys
from pathlib import Path

from search.engines.base import Engine
from search.engines.embedded import EmbeddedEngine
from tests.search.library import by_words, make_document, put
from tests.search.stand_ins import RECIPE, LetterEncoder

BATCH = 5


def write(engine: Engine, name: str) -> None:
    """Put batch after batch for ever; a number is said once its batch is acknowledged."""
    number = 0
    while True:
        put(engine, *(make_document(f"{name}{number}-{n}", f"第{name}{number}号公告") for n in range(BATCH)))
        print(number, flush=True)  # noqa: T201 - it is how a process speaks
        number += 1


def write_twenty(engine: Engine, name: str) -> None:
    for number in range(20):
        put(engine, make_document(f"{name}{number}", f"第{name}{number}号公告"))


def build(engine: Engine, name: str) -> None:
    """Build and switch for ever; a number is said after each switch."""
    number = 0
    while True:
        with engine.rebuilding():
            with engine.writing(wait=30) as writer:
                generation = writer.begin()
            for start in range(0, 40, 10):
                with engine.writing(wait=30) as writer:
                    writer.put(
                        [make_document(f"{n}", f"第{n}号公告") for n in range(start, start + 10)],
                        only=generation,
                    )
            with engine.writing(wait=30) as writer:
                writer.switch(generation)
        print(number, flush=True)  # noqa: T201 - it is how a process speaks
        number += 1


def encode(engine: Engine, name: str) -> None:
    while True:
        print(engine.encode_pending(LetterEncoder(), 3), flush=True)  # noqa: T201 - it is how a process speaks


def read(engine: Engine, name: str) -> None:
    """Search until told to stop; fail if the index is ever anything but whole."""
    while not Path(name).exists():
        found = by_words(engine, "公告")
        assert len(found) == 10, found
        print(len(found), flush=True)  # noqa: T201 - it is how a process speaks


if __name__ == "__main__":
    globals()[sys.argv[1]](EmbeddedEngine(Path(sys.argv[2]), RECIPE), sys.argv[3])
