"""Our side of one encoder process: what it is asked, and whether what comes back can be used."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from core.errors import Unavailable
from search.own_process import OwnProcess, program_of

Vectors = npt.NDArray[np.float32]
BUNDLED_PROGRAM = program_of("encoder_process")
Program = Callable[[], Sequence[str]]
START_SECONDS = 120.0
NEARLY = 0.01


class VectorsRefused(Unavailable):
    message = "语义模型给出的结果不可用，本次按关键词查找。"


class EncoderWorker:
    """One process after the other, for one thread at a time. After an error it must be started anew."""

    def __init__(self, program: Program, dimension: int, *, start_seconds: float | None = None) -> None:
        """`program` is asked for the command at each start, and may refuse it."""
        self._program, self._dimension = program, dimension
        self._start_seconds = start_seconds or START_SECONDS
        self._process: OwnProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> OwnProcess:
        """Let it load its model; nobody waits for that here."""
        self.close()
        self._process = OwnProcess(self._program(), start_seconds=self._start_seconds)
        return self._process

    def encode(self, texts: Sequence[str], *, is_query: bool, seconds: float) -> Vectors:
        """Return one unit vector a text.

        :raises ProcessFailed: if the process ends meanwhile, or does not answer in time
        :raises VectorsRefused: if what comes back has the wrong shape or is not a number
        """
        process = self._process or self.start()
        payload = process.ask({"texts": list(texts), "is_query": is_query}, seconds=seconds)
        return checked(payload, len(texts), self._dimension)

    def kill(self) -> None:
        """End it at once, from whichever thread; the one that asks is told that it died."""
        if process := self._process:
            process.kill()

    def close(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def checked(payload: bytes, count: int, dimension: int) -> Vectors:
    """Return the vectors in a reply.

    :raises VectorsRefused: if their number, size or values are not what an encoder gives
    """
    if len(payload) != 4 * count * dimension:
        raise VectorsRefused
    vectors = np.frombuffer(payload, dtype="<f4").reshape(count, dimension)
    if not all(is_sound(vector, dimension) for vector in vectors):
        raise VectorsRefused
    return vectors


def is_sound(vector: Vectors, dimension: int) -> bool:
    """Tell whether this is a unit vector of that size; NaN is not, being never smaller than anything."""
    return vector.shape == (dimension,) and bool(abs(np.linalg.norm(vector) - 1) < NEARLY)
