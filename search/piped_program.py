"""The program of a process of its own: requests come in, replies go out, until the input ends.

It loads nothing of ours but the one module that answers, so that it starts fast and its death takes nothing
along.
"""

import json
import runpy
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")


def main() -> None:
    answerer, *arguments = sys.argv[1:]
    path = str(Path(__file__).with_name(f"{answerer}.py"))
    serve(lambda: runpy.run_path(path)["answering"](arguments))


def serve(made_ready: Callable[[], Callable[[Any], bytes]]) -> None:
    """Answer what is asked with what this returns, once it has."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr  # a library that prints must not garble a reply
    answer = made_ready()
    _write(replies, b"ready")
    while request := _read(sys.stdin.buffer):
        _write(replies, answer(json.loads(request)))


def _read(stream: BinaryIO) -> bytes:
    head = stream.read(LENGTH.size)
    return stream.read(*LENGTH.unpack(head)) if len(head) == LENGTH.size else b""


def _write(stream: BinaryIO, payload: bytes) -> None:
    stream.write(LENGTH.pack(len(payload)) + payload)
    stream.flush()


if __name__ == "__main__":
    main()
