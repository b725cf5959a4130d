"""A process of its own for what may die or hang: start it, ask it, and end it when it does."""

import json
import os
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from core.errors import Unavailable

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
_LENGTH = struct.Struct(">I")


class ProcessFailed(Unavailable):
    message = "模型的进程出错，正在重新启动。"


class ProcessDied(ProcessFailed):
    message = "模型的进程意外退出，正在重新启动。"


class ProcessHangs(ProcessFailed):
    message = "模型的进程没有响应，正在重新启动。"


def program_of(answerer: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs `answering` of this module of ours, alone, in a process."""
    return (sys.executable, "-P", str(Path(__file__).with_name("piped_program.py")), answerer, *arguments)


class OwnProcess:
    """One process, for one thread at a time. After an error it is over: make another."""

    def __init__(self, program: Sequence[str], *, start_seconds: float) -> None:
        self._start_seconds = start_seconds
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """
        :raises ProcessFailed: if it does not come up in time; it is killed
        """
        if not self._ready:
            self._receive(self._start_seconds)
            self._ready = True

    def ask(self, request: Mapping[str, object], *, seconds: float) -> bytes:
        """Return what it replies, once it is up.

        :raises ProcessDied: if the process ends meanwhile
        :raises ProcessHangs: if it does not answer in time; it is killed
        """
        self.wait_until_ready()
        self._send(json.dumps(request).encode())
        return self._receive(seconds)

    def kill(self) -> None:
        """End it at once, from whichever thread; the one that asks is told that it died."""
        self._process.kill()

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
            raise ProcessDied from error

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
                    raise ProcessHangs
                piece = os.read(stream.fileno(), length - len(received))
                if not piece:
                    self.close()
                    raise ProcessDied
                received += piece
        return bytes(received)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ProcessDied
    return stream


class Pause:
    """Keeps a process that fails again and again from being started for every query."""

    def __init__(self) -> None:
        self._failures, self._until = 0, 0.0

    @property
    def holds(self) -> bool:
        return time.monotonic() < self._until

    def failed(self) -> None:
        self._failures += 1
        if self._failures > 2:  # a death or two may be the fault of the text
            pause = min(FIRST_PAUSE_SECONDS * 2.0**self._failures, LONGEST_PAUSE_SECONDS)
            self._until = time.monotonic() + pause

    def worked(self) -> None:
        self._failures = 0
