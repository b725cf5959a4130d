"""Our side of one encoder process: start it, ask it, and end it when it dies or hangs."""

import json
import os
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from core.errors import Unavailable

Vectors = npt.NDArray[np.float32]
BUNDLED_PROGRAM = (sys.executable, "-P", str(Path(__file__).with_name("encoder_process.py")))
START_SECONDS = 30.0
NEARLY = 0.01
_LENGTH = struct.Struct(">I")


class EncoderDied(Unavailable):
    message = "语义模型的进程意外退出，正在重新启动。本次按关键词查找。"


class EncoderHangs(Unavailable):
    message = "语义模型的进程没有响应，正在重新启动。本次按关键词查找。"


class VectorsRefused(Unavailable):
    message = "语义模型给出的结果不可用，本次按关键词查找。"


class EncoderWorker:
    """One process, for one thread at a time. After an error it is over: make another."""

    def __init__(self, program: Sequence[str], dimension: int) -> None:
        self._dimension = dimension
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def encode(self, texts: Sequence[str], *, is_query: bool, seconds: float) -> Vectors:
        """Return one unit vector a text.

        :raises EncoderDied: if the process ends meanwhile
        :raises EncoderHangs: if it does not answer in time; it is killed
        :raises VectorsRefused: if what comes back has the wrong shape or is not a number
        """
        if not self._ready:
            self._receive(START_SECONDS)
            self._ready = True
        self._send(json.dumps({"texts": list(texts), "is_query": is_query}).encode())
        return checked(self._receive(seconds), len(texts), self._dimension)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, payload: bytes) -> None:
        try:
            _stream(self._process.stdin).write(_LENGTH.pack(len(payload)) + payload)
        except BrokenPipeError as error:
            self.close()
            raise EncoderDied from error

    def _receive(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        stream, received = _stream(self._process.stdout), bytearray()
        with selectors.DefaultSelector() as waiting:
            waiting.register(stream, selectors.EVENT_READ)
            while len(received) < length:
                if not waiting.select(max(0.0, deadline - time.monotonic())):
                    self.close()
                    raise EncoderHangs
                piece = os.read(stream.fileno(), length - len(received))
                if not piece:
                    self.close()
                    raise EncoderDied
                received += piece
        return bytes(received)


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


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise EncoderDied
    return stream
